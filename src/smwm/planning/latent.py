"""Planning in latent space: from images of now and of the goal to action blocks (section 4)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from smwm.models.world_model import WorldModel
from smwm.planning.cem import PlannerSettings, plan
from smwm.system.device import autocast, choose_precision

ROWS = {"cpu": 2400, "cuda": 60_000}  # candidates that are predicted side by side


@torch.inference_mode()
def plan_to_goal(
    model: WorldModel,
    start: Tensor,
    goal: Tensor,
    low: Tensor,
    high: Tensor,
    settings: PlannerSettings,
    generator: torch.Generator,
    horizon: int | None = None,
) -> Tensor:
    """Normalised action blocks (E, H, K) that lead from images `start` to images `goal`.

    start, goal (E, S, S, 3) uint8 are encoded once; low, high (K,) bound a normalised block.
    `horizon` H in place of the settings' makes a shorter plan.
    """
    precision = choose_precision(settings.precision, start.device)
    cost = goal_distance(model, model.encode(start), model.encode(goal), precision)
    return plan(cost, low, high, len(start), settings, generator, horizon)


def goal_distance(
    model: WorldModel, start: Tensor, goal: Tensor, precision: str = "float32"
) -> Callable[[Tensor], Tensor]:
    """The planner's cost: squared distance of the last predicted latent to the goal's.

    start, goal (E, D). The forward model computes in `precision`, the distance in float32.
    Problems are taken a few at a time: enough to fill the processor, so few that their
    activations stay in a CPU's cache, or in a GPU's memory.
    """
    rows = ROWS[start.device.type]

    def cost(candidates: Tensor) -> Tensor:
        count = max(1, rows // candidates.shape[1])
        costs = []
        for z, target, blocks in zip(
            *(x.split(count) for x in (start, goal, candidates)), strict=True
        ):
            starts = z[:, None].expand(-1, blocks.shape[1], -1)
            with autocast(precision, start.device):
                reached = model.rollout(starts, blocks)
            costs.append((reached - target[:, None]).square().sum(-1))
        return torch.cat(costs)

    return cost
