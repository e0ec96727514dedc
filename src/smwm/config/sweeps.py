"""What a scale does beside training and planning as they are: the paper's sweeps, and extensions.

Environments and methods that a run lacks are left out of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from smwm.config.settings import setting
from smwm.envs import DISTRACTOR, ENVIRONMENTS
from smwm.methods import METHODS, TRAINED


@dataclass(frozen=True)
class LambdaSweep:
    """Sweep over the weight of the inverse term (C8).

    As in the paper, some environments get a longer budget than in the main comparison.
    """

    envs: tuple[str, ...] = setting(
        ("two_room", "push_t"), "environments", choices=tuple(ENVIRONMENTS)
    )
    weights: tuple[float, ...] = setting(
        (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0), "weights of SMWM", at_least=0.0
    )
    seeds: tuple[int, ...] = setting((0,), "seeds", at_least=0)
    steps: int = setting(
        0, "optimiser steps of each model; 0: as many as the environment's main models", at_least=0
    )
    iterations: int = setting(10, "iterations of the planner", at_least=1)
    long_envs: tuple[str, ...] = setting(
        ("two_room", "push_t"), "environments with the longer budget", choices=tuple(ENVIRONMENTS)
    )
    long_budget: int = setting(150, "steps allowed there", at_least=1)

    def training(self) -> dict[str, int]:
        """Training settings other than those of the environment's main models."""
        return {"steps": self.steps} if self.steps else {}

    def tasks(self, env: str) -> dict[str, int]:
        """Settings of tasks other than those of the environment's main tasks."""
        return {"budget": self.long_budget} if env in self.long_envs else {}


@dataclass(frozen=True)
class HorizonSweep:
    """Sweep over the distance of the goal in steps (C9); the budget is twice that."""

    envs: tuple[str, ...] = setting(("two_room",), "environments", choices=tuple(ENVIRONMENTS))
    methods: tuple[str, ...] = setting(("smwm", "sigreg"), "methods", choices=tuple(METHODS))
    offsets: tuple[int, ...] = setting((25, 40, 55, 70, 85, 100), "steps to the goal", at_least=1)
    seeds: tuple[int, ...] = setting((0,), "seeds", at_least=0)
    iterations: int = setting(10, "iterations of the planner", at_least=1)


@dataclass(frozen=True)
class Scaling:
    """Success over training and over data, beyond the paper; the main models are part of it."""

    envs: tuple[str, ...] = setting(
        ("reacher", "push_t", "cube"), "environments", choices=tuple(ENVIRONMENTS)
    )
    methods: tuple[str, ...] = setting(("smwm", "sigreg"), "methods", choices=TRAINED)
    steps: tuple[float, ...] = setting(
        (0.25, 0.5, 2.0, 4.0), "optimiser steps, in multiples of the main models'", above=0.0
    )
    data: tuple[float, ...] = setting(
        (0.25, 0.5), "shares of the training episodes", above=0.0, at_most=1.0
    )
    most_seeds: int = setting(3, "of an environment's seeds, the first so many", at_least=1)

    def variants(self) -> list[tuple[float, float]]:
        """Multiples of steps, each with all episodes, and shares of these with the main steps."""
        longer = [(steps, 1.0) for steps in sorted({*self.steps, 1.0})]
        return longer + [(1.0, data) for data in sorted({*self.data} - {1.0})]


@dataclass(frozen=True)
class Extension:
    """Beyond the paper: baselines (named in `baselines`), and distractors in the image."""

    target: str = setting(
        "extension", "which target makes their figures", choices=("all", "extension")
    )
    baseline_envs: tuple[str, ...] = setting(
        ("two_room",), "environments of the baselines", choices=tuple(ENVIRONMENTS)
    )
    distractor_envs: tuple[str, ...] = setting(
        ("two_room",),
        "environments that get a distractor",
        choices=tuple(env for env in ENVIRONMENTS if env + DISTRACTOR in ENVIRONMENTS),
    )
    distractor_methods: tuple[str, ...] = setting(
        ("smwm", "sigreg", "reconstruction", "forward_only"),
        "methods that plan with and without it",
        choices=TRAINED,
    )
    most_seeds: int = setting(3, "of an environment's seeds, the first so many", at_least=1)


# Keys of the sweeps that name environments, and keys that name methods.
NAMING_ENVS = ("envs", "long_envs", "baseline_envs", "distractor_envs")
NAMING_METHODS = ("methods", "distractor_methods")
SWEEPS = {
    "lambda_sweep": LambdaSweep,
    "horizon_sweep": HorizonSweep,
    "scaling": Scaling,
    "extension": Extension,
}
