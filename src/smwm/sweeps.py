"""The sweeps of the paper: over the weight λ, and over the distance of the goal."""

from __future__ import annotations

from dataclasses import dataclass

from smwm.envs import ENVIRONMENTS
from smwm.objectives import METHODS
from smwm.settings import setting


@dataclass(frozen=True)
class LambdaSweep:
    """Sweep over the weight of the inverse term (C8)."""

    envs: tuple[str, ...] = setting(
        ("two_room", "push_t"), "environments", choices=tuple(ENVIRONMENTS)
    )
    weights: tuple[float, ...] = setting(
        (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0), "weights of SMWM", at_least=0.0
    )
    seeds: tuple[int, ...] = setting((0,), "seeds", at_least=0)
    steps: int = setting(3000, "optimiser steps of each model", at_least=1)
    iterations: int = setting(10, "iterations of the planner", at_least=1)


@dataclass(frozen=True)
class HorizonSweep:
    """Sweep over the distance of the goal in steps (C9); the budget is twice that."""

    envs: tuple[str, ...] = setting(("two_room",), "environments", choices=tuple(ENVIRONMENTS))
    methods: tuple[str, ...] = setting(("smwm", "sigreg"), "methods", choices=tuple(METHODS))
    offsets: tuple[int, ...] = setting((25, 40, 55, 70, 85, 100), "steps to the goal", at_least=1)
    seeds: tuple[int, ...] = setting((0,), "seeds", at_least=0)
    iterations: int = setting(10, "iterations of the planner", at_least=1)


SWEEPS = {"lambda_sweep": LambdaSweep, "horizon_sweep": HorizonSweep}
