"""Environments on a simulator that knows one scene: the copies take turns in it.

Every step of every copy starts from a restored state, so restoring is exact by construction:
what a simulator keeps beside the state (caches, leftovers of another copy) cannot matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

import numpy as np


class Simulator(Protocol):
    """One scene. S: dimensions of the state, A: of an action."""

    def start(self, rng: np.random.Generator) -> np.ndarray:
        """A random first state (S,)."""

    def advance(self, state: np.ndarray, action: np.ndarray) -> np.ndarray:
        """The state (S,) one action (A,) after `state` (S,), whatever was simulated before."""

    def image(self, state: np.ndarray, size: int) -> np.ndarray:
        """The scene in `state` as an RGB image (size, size, 3) uint8."""


class SimulatedCopies:
    """n copies of one scene: the part of `smwm.envs.base.Environment` that simulators share."""

    action_low: ClassVar[np.ndarray]
    action_high: ClassVar[np.ndarray]

    def __init__(self, copies: int, simulator: Callable[[bool], Simulator], state_dim: int) -> None:
        """`simulator` gives the scene in the light look, or in the full one if True."""
        self._simulator, self._look = simulator(False), simulator
        self._states = np.zeros((copies, state_dim))

    def reset(self, rngs: Sequence[np.random.Generator]) -> None:
        self._states = np.stack([self._simulator.start(rng) for rng in rngs])

    def restore(self, states: np.ndarray) -> None:
        self._states = np.array(states, np.float64)

    def states(self) -> np.ndarray:
        return self._states.copy()

    def step(self, actions: np.ndarray) -> None:
        clipped = np.clip(actions, self.action_low, self.action_high).astype(np.float64)
        pairs = zip(self._states, clipped, strict=True)
        self._states = np.stack([self._simulator.advance(*pair) for pair in pairs])

    def keep(self, mask: np.ndarray) -> None:
        self._states = self._states[mask]

    def render(self, size: int, full: bool = False) -> np.ndarray:
        simulator = self._look(True) if full else self._simulator
        return np.stack([simulator.image(state, size) for state in self._states])
