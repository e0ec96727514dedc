"""What collection and planning need of an environment.

An environment holds n independent copies that step together, so that a fast one can compute
them as arrays; `smwm.envs.simulated` lets them take turns in a simulator. `smwm.envs.gym` turns
any of them into a Gymnasium environment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol

import numpy as np

Policy = Callable[[np.ndarray], np.ndarray]  # states (n, S) -> actions (n, A)


class Environment(Protocol):
    """n copies of one environment. A, S: dimensions of an action and of a state."""

    action_low: ClassVar[np.ndarray]  # (A,) float32
    action_high: ClassVar[np.ndarray]  # (A,) float32
    state_names: ClassVar[tuple[str, ...]]  # S names with units
    probes: ClassVar[dict[str, str]]  # physical quantities that a latent should hold: their unit
    time_step: ClassVar[str]  # what one step lasts, for people
    left_out: ClassVar[str]  # what `render` leaves out of the full look, for people

    def __init__(self, copies: int) -> None: ...

    def reset(self, rngs: Sequence[np.random.Generator]) -> None:
        """Draw a start for each copy from the generator of that copy."""

    def restore(self, states: np.ndarray) -> None:
        """Put the copies into `states` (n, S) exactly: what follows is as it was recorded."""

    def states(self) -> np.ndarray:
        """Complete states (n, S) float64."""

    def step(self, actions: np.ndarray) -> None:
        """Apply one action (n, A) a copy, clipped to the allowed range."""

    def keep(self, mask: np.ndarray) -> None:
        """Drop the copies where `mask` (n,) is False; the others stay as they are."""

    def render(self, size: int, full: bool = False) -> np.ndarray:
        """RGB images (n, size, size, 3) uint8; `full`: as the scene's authors meant it, slow."""

    def collection_policy(self, rngs: Sequence[np.random.Generator]) -> Policy:
        """The reward-free policy that collects data; copy i draws from rngs[i] alone."""

    def quantities(self, states: np.ndarray) -> dict[str, np.ndarray]:
        """The quantities named in `probes` for states (n, S): (n, d) each.

        Angles come as their sines followed by their cosines.
        """

    def events(self, states: np.ndarray) -> dict[str, np.ndarray]:
        """What to count in data: whether it is the case in each state (n, S), (n,) bool."""

    @staticmethod
    def success(states: np.ndarray, goals: np.ndarray) -> np.ndarray:
        """Whether each state (n, S) reaches its goal state (n, S): (n,) bool."""
