"""The way that planning took through each task, state by state."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smwm.system import arrays


@dataclass(frozen=True)
class Paths:
    """n tasks attempted with one model: every state restores exactly, as an environment's do."""

    env: str
    method: str
    seed: int
    states: np.ndarray  # (n, budget + 1, S) float64, NaN after the last step
    steps: np.ndarray  # (n,) steps taken until the task was solved or the budget spent
    solved: np.ndarray  # (n,) bool

    def __post_init__(self) -> None:
        """Raises ValueError if the arrays do not fit together."""
        count, length, _ = self.states.shape
        if not self.steps.shape == self.solved.shape == (count,):
            raise ValueError(f"steps and solved must be of shape ({count},)")
        taken = np.arange(length) <= self.steps[:, None]
        if self.steps.min() < 0 or self.steps.max() >= length:
            raise ValueError(f"steps must be from 0 to {length - 1}")
        if not np.isfinite(self.states[taken]).all():
            raise ValueError("states that were passed must be finite")


def save_paths(path: Path, paths: Paths) -> None:
    arrays.save(path, paths)


def load_paths(path: Path) -> Paths:
    """Read paths. Raises InputError naming a file that holds none."""
    return arrays.load(path, Paths, "file of paths")
