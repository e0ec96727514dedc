"""The cross-entropy method, for a batch of planning problems at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from smwm.config.settings import setting
from smwm.errors import InputError
from smwm.system.device import PRECISIONS

CANDIDATES, RETURNS = ("clipped", "free"), ("best", "mean")


@dataclass(frozen=True)
class PlannerSettings:
    """Planner."""

    samples: int = setting(300, "candidate plans an iteration", at_least=2)
    iterations: int = setting(30, "iterations", at_least=1)
    elites: int = setting(30, "best candidates that the next iteration is fitted to", at_least=2)
    horizon: int = setting(5, "action blocks in a plan", at_least=1)
    execute: int = setting(0, "action blocks executed between plans; 0: the whole plan", at_least=0)
    initial_std: float = setting(1.0, "first deviation, in normalised actions", above=0.0)
    candidates: str = setting(
        "clipped", "clipped to the bounds of actions, or free beyond them", choices=CANDIDATES
    )
    returns: str = setting(
        "best", "plan: the best candidate of all, or the last elites' mean", choices=RETURNS
    )
    precision: str = setting("float32", "arithmetic of the networks", choices=PRECISIONS)

    def __post_init__(self) -> None:
        if self.elites > self.samples:
            raise InputError(
                f"elites: {self.elites} is not allowed, it must be at most samples ({self.samples})"
            )
        if self.execute > self.horizon:
            raise InputError(
                f"execute: {self.execute} is not allowed, "
                f"it must be at most horizon ({self.horizon})"
            )


@torch.inference_mode()
def plan(
    cost: Callable[[Tensor], Tensor],
    low: Tensor,
    high: Tensor,
    problems: int,
    settings: PlannerSettings,
    generator: torch.Generator,
    horizon: int | None = None,
) -> Tensor:
    """Minimise `cost` over plans; return one for each problem, (E, H, K).

    `cost` maps candidates (E, N, H, K) to costs (E, N) for E problems. `low`, `high` (K,) bound
    a block; candidates are clipped to them, because the environment clips too and no training
    action lies outside. The mean of the elites is a candidate of the next iteration, and
    the best candidate so far is never forgotten. The paper's planner clips no candidate and
    returns the last mean. `horizon` H in place of the settings' makes a shorter plan.
    """
    device = low.device
    if settings.candidates == "free":
        low, high = torch.full_like(low, -torch.inf), torch.full_like(high, torch.inf)
    shape = (problems, horizon or settings.horizon, len(low))
    mean = torch.zeros(shape, device=device).clamp(low, high)
    std = torch.full(shape, settings.initial_std, device=device)
    best, best_cost = mean, torch.full((problems,), torch.inf, device=device)
    each = torch.arange(problems, device=device)

    for _ in range(settings.iterations):
        noise = torch.randn(
            problems, settings.samples, *shape[1:], generator=generator, device=device
        )
        candidates = mean[:, None] + std[:, None] * noise
        candidates[:, 0] = mean
        candidates = candidates.clamp(low, high)

        costs = cost(candidates)
        elite_costs, order = costs.topk(settings.elites, dim=1, largest=False, sorted=True)
        elites = candidates[each[:, None], order]  # (E, elites, H, K), the best one first
        better = elite_costs[:, 0] < best_cost
        best = torch.where(better[:, None, None], elites[:, 0], best)
        best_cost = torch.where(better, elite_costs[:, 0], best_cost)
        mean, std = elites.mean(1), elites.std(1)
    return best if settings.returns == "best" else mean
