"""Whether a device computes what the CPU computes in float32: losses to plans, method by method."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn

from smwm.benchmark.gpu.kit import SEED, Kit
from smwm.benchmark.gpu.rows import Row
from smwm.benchmark.gpu.scales import Scale
from smwm.models.world_model import WorldModel
from smwm.planning.latent import plan_to_goal
from smwm.training.train import prepare, training_step

CPU = torch.device("cpu")
WINDOWS, PROBLEMS, RANDOM_PLANS, ACTION_DIM = 8, 2, 16, 2
# Largest difference from the CPU's float32 (see `differences`).
TOLERANCES = {
    "float32": {"losses": 1e-4, "latents": 1e-4, "gradients": 1e-3, "plans": 0.05},
    "bfloat16": {"losses": 0.02, "latents": 0.02, "gradients": 0.3, "plans": 0.5},
}


@dataclass(frozen=True)
class Case:
    """A model of one method, after a step of training on the CPU, and what it is tried on."""

    method: str
    parts: nn.ModuleList  # the model and, if the method has one, its helper
    scale: Scale
    batch: tuple[Tensor, Tensor]


def agreement(kit: Kit, name: str, method: str) -> list[Row]:
    """A row a precision: the largest difference of all quantities, as a share of its tolerance."""
    case = case_of(kit, name, method)
    expected = outcome(case, "float32", CPU)
    rows = []
    for precision, tolerances in TOLERANCES.items():
        found = differences(case, outcome(case, precision, kit.device), expected)
        shares = {name: found[name] / tolerance for name, tolerance in tolerances.items()}
        # What is no number is the largest, and reaches no goal.
        worst = max(shares.values(), key=lambda share: math.inf if math.isnan(share) else share)
        note = ", ".join(f"{name} {found[name]:.1e} of {tolerances[name]:g}" for name in shares)
        what = f"{method}, scale {name}, {precision}"
        rows.append(Row("agreement", what, worst, "of tolerance", at_most=1.0, note=note))
    return rows


def case_of(kit: Kit, name: str, method: str) -> Case:
    """A model of the method whose gates are open, so that actions count, after a step."""
    scale = kit.scales[name]
    # Dropout draws other numbers on another device.
    scale = replace(
        scale,
        model=replace(scale.model, dropout=0.0),
        planner=replace(scale.planner, samples=64, iterations=3, elites=16),
    )
    torch.manual_seed(SEED)
    model = WorldModel(scale.model, scale.image_size, ACTION_DIM * scale.train.block)
    for weights in model.forward_model.parameters():
        if weights.ndim > 1 and not weights.any():  # AdaLN-zero lets no action through
            nn.init.normal_(weights, std=weights.shape[-1] ** -0.5)
    helper = prepare(method, model)
    parts = nn.ModuleList([model] if helper is None else [model, helper])
    optimiser = torch.optim.AdamW(learned(parts), 3e-3)
    batches = [random_batch(scale) for _ in range(2)]
    training_step(method, model, helper, optimiser, *batches[0], scale.train, "float32")
    return Case(method, parts, scale, batches[1])


def random_batch(scale: Scale) -> tuple[Tensor, Tensor]:
    """Images (B, L, S, S, 3) uint8 with a colour each, and noise; and actions (B, L - 1, K).

    An encoder without training tells these apart. Images of a room it hardly does: batch
    normalisation would magnify the differences that bfloat16 has no digits for.
    """
    frames, size = scale.train.frames, scale.image_size
    colours = 200 * torch.rand(WINDOWS, frames, 1, 1, 3)
    noise = 55 * torch.rand(WINDOWS, frames, size, size, 3)
    actions = torch.randn(WINDOWS, frames - 1, ACTION_DIM * scale.train.block)
    return (colours + noise).to(torch.uint8), actions


def learned(parts: nn.Module) -> list[nn.Parameter]:
    return [weights for weights in parts.parameters() if weights.requires_grad]


def outcome(case: Case, precision: str, device: torch.device) -> dict[str, Tensor]:
    """Losses (terms), latents (B, L, D), gradients and plans (E, H, K), on the CPU.

    They are those of a training step that changes no weight and clips no gradient.
    """
    parts = copy.deepcopy(case.parts)
    parts.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
    model, helper = with_helper(parts)
    pixels, actions = (part.to(device) for part in case.batch)
    train = replace(case.scale.train, gradient_clip=1e30)
    still = torch.optim.SGD(learned(parts), 0.0)
    with drawn_on_the_cpu():
        torch.manual_seed(SEED)
        terms, latents = training_step(
            case.method, model, helper, still, pixels, actions, train, precision
        )
        terms.pop("gradient_norm")
        gradients = [w.grad.flatten() for w in learned(parts) if w.grad is not None]
        model.eval()
        low, high = bounds(model)
        plans = plan_to_goal(
            model, pixels[:PROBLEMS, 0], pixels[:PROBLEMS, -1], low, high,
            replace(case.scale.planner, precision=precision), torch.Generator().manual_seed(SEED),
        )  # fmt: skip
    found = {
        "losses": torch.stack(list(terms.values())),
        "latents": latents,
        "gradients": torch.cat(gradients),
        "plans": plans,
    }
    return {name: value.detach().float().cpu() for name, value in found.items()}


def with_helper(parts: nn.ModuleList) -> tuple[WorldModel, nn.Module | None]:
    model: Any = parts[0]
    return model, parts[1] if len(parts) > 1 else None


def bounds(model: WorldModel) -> tuple[Tensor, Tensor]:
    """Normalised blocks (K,) of the lowest and the highest actions."""
    low, high = (model.normalise(torch.full_like(model.action_mean, x)) for x in (-1.0, 1.0))
    return low, high


@contextmanager
def drawn_on_the_cpu() -> Iterator[None]:
    """Normal random numbers are the same on every device: they come from the CPU's generators."""
    draw = torch.randn

    def randn(*size: int, device: torch.device | None = None, **more: Any) -> Tensor:
        return draw(*size, **more).to(device)

    with patch.object(torch, "randn", randn):
        yield


def differences(
    case: Case, found: dict[str, Tensor], expected: dict[str, Tensor]
) -> dict[str, float]:
    """Relative differences; of plans that of their costs, by how much those of any plans differ.

    Plans that cost the same are the same.
    """
    generator = torch.Generator().manual_seed(SEED)
    plans = torch.randn(RANDOM_PLANS, *expected["plans"].shape, generator=generator)
    spread = torch.stack([planned_costs(case, chosen) for chosen in plans]).std(0)
    costs = [planned_costs(case, one["plans"]) for one in (found, expected)]
    losses = [one["losses"] for one in (found, expected)]
    return {
        "losses": ((losses[0] - losses[1]) / losses[1]).abs().max().item(),
        **{
            name: ((found[name] - expected[name]).norm() / expected[name].norm()).item()
            for name in ("latents", "gradients")
        },
        "plans": ((costs[0] - costs[1]) / spread).abs().max().item(),
    }


@torch.inference_mode()
def planned_costs(case: Case, plans: Tensor) -> Tensor:
    """Squared distance (E,) of where `plans` lead to the goal, by the CPU's model."""
    model = copy.deepcopy(with_helper(case.parts)[0]).eval()
    pixels = case.batch[0][:PROBLEMS]
    reached = model.rollout(model.encode(pixels[:, 0]), plans)
    return (reached - model.encode(pixels[:, -1])).square().sum(-1)
