"""What the checks of the kit share: the device, the scales, and data that is collected at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from smwm.benchmark.gpu.scales import ENV, Scale
from smwm.data.collect import CollectSettings, collect
from smwm.data.dataset import Trajectories, read_dataset
from smwm.models.world_model import WorldModel
from smwm.system.speed import synchronise
from smwm.training.train import set_action_statistics

SEED = 0
SECONDS = {False: 1.5, True: 0.1}  # that a repeated piece of work is timed; small: True
# Collected at once, held-out episodes with more tasks than are planned. At the paper's image size
# far fewer than the paper has: what is timed does not depend on it.
COLLECTED = {
    "gpu": CollectSettings(episodes=60, steps=100, storage="raw"),
    "paper": CollectSettings(episodes=20, steps=50, storage="raw"),
}


@dataclass(frozen=True, eq=False)
class Kit:
    """One run of the kit. `small`: sizes that a CPU computes in a minute."""

    device: torch.device
    small: bool
    folder: Path  # for data and models, removed afterwards
    scales: dict[str, Scale]
    jobs: dict[str, Any]

    def split(self, scale: str, name: str = "train") -> Path:
        """A split of two rooms at the scale's image size, stored raw; collected if need be."""
        folder, size = self.folder / scale, self.scales[scale].image_size
        if not (folder / f"{name}.h5").exists():
            collect(ENV, folder, replace(COLLECTED[scale], image_size=size), workers=0)
        return folder / f"{name}.h5"

    def data(self, scale: str) -> Trajectories:
        return read_dataset(self.split(scale))

    def model(self, scale: str) -> WorldModel:
        """An untrained model of the scale, on the CPU: the same one each time."""
        chosen = self.scales[scale]
        return untrained(chosen, self.data(scale))

    def goal(self, bound: float) -> float | None:
        """A goal of speed, which small sizes do not have."""
        return None if self.small else bound

    def seconds(self, work: Callable[[], Any], warm_up: int = 3) -> float:
        """Seconds of one call of `work`, the mean of as many as take some time."""
        return seconds_of(work, self.device, SECONDS[self.small], warm_up)


def untrained(scale: Scale, data: Trajectories) -> WorldModel:
    """The model of a scale for `data`, with the weights of SEED."""
    torch.manual_seed(SEED)
    model = WorldModel(scale.model, data.image_size, data.action_dim * scale.train.block)
    set_action_statistics(model, data, scale.train.block)
    return model


def seconds_of(
    work: Callable[[], Any], device: torch.device, least: float, warm_up: int = 3
) -> float:
    """Mean seconds of a call of `work`, repeated for at least `least` seconds.

    The device is waited for at the end alone, as training does not wait for it at each step.
    """
    for _ in range(warm_up):
        work()
    synchronise(device)
    began, count = time.perf_counter(), 0
    while count == 0 or time.perf_counter() - began < least:
        work()
        count += 1
    synchronise(device)
    return (time.perf_counter() - began) / count
