"""A distractor in the image: a dot that moves by itself, whatever the actions do.

The paper shows on dot worlds that SMWM drops what actions do not control; with these variants
of the planning environments the same can be asked of planning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from smwm.envs.base import Environment, Policy

# Shares of the image's side, per step where they are speeds.
RADIUS, SPEED = 0.05, 0.02
COLOUR = np.array([30, 130, 60], np.float32)


class Distracted:
    """n copies of `inner`, each with a dot that flies straight on and bounces off the edges.

    State: the inner one, then the dot's position and velocity. Its start and heading are random
    and no image shows the heading, so no model can tell where it will be. Nothing in the inner
    environment touches it, and success does not count it.
    """

    inner: ClassVar[type[Environment]]
    action_low: ClassVar[np.ndarray]
    action_high: ClassVar[np.ndarray]
    state_names: ClassVar[tuple[str, ...]]
    probes: ClassVar[dict[str, str]]
    time_step: ClassVar[str]
    left_out: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.action_low, cls.action_high = cls.inner.action_low, cls.inner.action_high
        own = ("distractor_x", "distractor_y", "distractor_dx", "distractor_dy")
        cls.state_names = (*cls.inner.state_names, *(f"{name} [image side]" for name in own))
        cls.probes = {**cls.inner.probes, "distractor_position": "image side"}
        cls.time_step, cls.left_out = cls.inner.time_step, cls.inner.left_out

    def __init__(self, copies: int) -> None:
        self._inner = self.inner(copies)
        self._dots = np.tile([0.5, 0.5, 0.0, 0.0], (copies, 1))

    def reset(self, rngs: Sequence[np.random.Generator]) -> None:
        self._inner.reset(rngs)
        positions = np.stack([rng.uniform(RADIUS, 1 - RADIUS, 2) for rng in rngs])
        headings = np.array([rng.uniform(0, 2 * np.pi) for rng in rngs])
        steps = SPEED * np.stack([np.cos(headings), np.sin(headings)], 1)
        self._dots = np.concatenate([positions, steps], 1)

    def restore(self, states: np.ndarray) -> None:
        self._inner.restore(states[:, :-4])
        self._dots = np.array(states[:, -4:], np.float64)

    def states(self) -> np.ndarray:
        return np.concatenate([self._inner.states(), self._dots], 1)

    def step(self, actions: np.ndarray) -> None:
        self._inner.step(actions)
        position, step = self._dots[:, :2] + self._dots[:, 2:], self._dots[:, 2:]
        outside = (position < RADIUS) | (position > 1 - RADIUS)
        step = np.where(outside, -step, step)
        self._dots = np.concatenate([np.clip(position, RADIUS, 1 - RADIUS), step], 1)

    def keep(self, mask: np.ndarray) -> None:
        self._inner.keep(mask)
        self._dots = self._dots[mask]

    def render(self, size: int, full: bool = False) -> np.ndarray:
        """The inner image with the dot on top, its edge smooth over a pixel."""
        images = self._inner.render(size, full).astype(np.float32)
        centres = (np.arange(size) + 0.5) / size
        x, y = (centres - self._dots[:, None, axis] for axis in (0, 1))
        distance = np.hypot(x[:, None, :], y[:, :, None])
        cover = np.clip((RADIUS - distance) * size + 0.5, 0, 1)[..., None].astype(np.float32)
        return (images + cover * (COLOUR - images) + 0.5).astype(np.uint8)

    def collection_policy(self, rngs: Sequence[np.random.Generator]) -> Policy:
        return _Blind(self._inner.collection_policy(rngs))

    def quantities(self, states: np.ndarray) -> dict[str, np.ndarray]:
        inner = self._inner.quantities(states[:, :-4])
        return {**inner, "distractor_position": states[:, -4:-2]}

    def events(self, states: np.ndarray) -> dict[str, np.ndarray]:
        return self._inner.events(states[:, :-4])

    @classmethod
    def success(cls, states: np.ndarray, goals: np.ndarray) -> np.ndarray:
        return cls.inner.success(states[:, :-4], goals[:, :-4])


class _Blind:
    """A policy of the inner environment, which does not see the dot."""

    def __init__(self, policy: Any) -> None:
        self._policy = policy
        self.__doc__ = type(policy).__doc__

    def __call__(self, states: np.ndarray) -> np.ndarray:
        return self._policy(states[:, :-4])
