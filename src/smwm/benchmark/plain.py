"""The plain reference that the benchmark compares with: how such code is usually written.

A data path that reads windows from HDF5 one by one, and a planner that takes one episode at a
time, encodes its start and goal at every iteration, and computes scores of attention that a
single token does not need.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from smwm.models.transformer import Attention
from smwm.models.world_model import WorldModel
from smwm.planning.cem import PlannerSettings


class PlainWindows(Dataset):
    """One window after the other, read from HDF5 and made float on the CPU."""

    def __init__(self, path: Path, starts: np.ndarray, frames: int, block: int) -> None:
        self.path, self.starts, self.frames, self.block = path, starts, frames, block
        self.file: h5py.File | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        pixels, actions = self.stored(i)
        return pixels.float().div(127.5).sub(1), actions

    def stored(self, i: int) -> tuple[Tensor, Tensor]:
        """A window (L, S, S, 3) uint8 and its actions (L - 1, block * A), as they are stored."""
        self.file = self.file or h5py.File(self.path, "r")  # once in each worker
        first, last = self.starts[i], self.starts[i] + (self.frames - 1) * self.block
        pixels = torch.from_numpy(self.file["pixels"][first : last + 1 : self.block])
        actions = torch.from_numpy(self.file["action"][first:last])
        return pixels, actions.reshape(self.frames - 1, -1)


def plain_plan(
    model: WorldModel,
    start: Tensor,
    goal: Tensor,
    low: Tensor,
    high: Tensor,
    settings: PlannerSettings,
    noise: list[Tensor],
    encode_once: bool = False,
) -> Tensor:
    """The cross-entropy method for images start, goal (E, S, S, 3), one problem at a time.

    `noise`: standard normal numbers (E, N, H, K) of each iteration. With `encode_once` the images
    of a problem are encoded before its first iteration instead of in each. Returns (E, H, K).
    """
    if settings.candidates == "free":
        low, high = torch.full_like(low, -torch.inf), torch.full_like(high, torch.inf)
    plans = []
    for i in range(len(start)):
        mean = torch.zeros(noise[0].shape[2:], device=low.device).clamp(low, high)
        std = torch.full_like(mean, settings.initial_std)
        best, best_cost = mean, torch.inf
        encoded: tuple[Tensor, Tensor] | None = None
        for draws in noise:
            candidates = mean + std * draws[i]
            candidates[0] = mean
            candidates = candidates.clamp(low, high)
            if encoded is None or not encode_once:
                encoded = model.encode(start[i : i + 1]), model.encode(goal[i : i + 1])
            z, target = encoded
            starts = z.expand(len(candidates), -1)
            costs = (model.rollout(starts, candidates) - target).square().sum(-1)
            order = costs.argsort()[: settings.elites]
            if costs[order[0]] < best_cost:
                best, best_cost = candidates[order[0]], costs[order[0]].item()
            mean, std = candidates[order].mean(0), candidates[order].std(0)
        plans.append(best if settings.returns == "best" else mean)
    return torch.stack(plans)


@contextmanager
def every_score() -> Iterator[None]:
    """Attention as it is usually written: with scores, also for a single token."""
    # mypy advises against it: a method is replaced for the time of the block.
    forward, Attention.forward = Attention.forward, Attention.attend  # type: ignore[method-assign]
    try:
        yield
    finally:
        Attention.forward = forward  # type: ignore[method-assign]
