"""Whether a latent is folded: how latent distance grows with distance in the true state.

A latent that mirrors the state puts far apart what is far apart. A folded one lays distant
states onto each other: its distances stop growing early, whatever its components count.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import pdist

BINS = 50  # each of equally many pairs
PLATEAU = 0.95  # share of the largest mean latent distance; a bin that reaches it ends the growth


class Growth(NamedTuple):
    """Mean distances of the pairs of images in each bin, nearest first."""

    state: np.ndarray  # (BINS,)
    latent: np.ndarray  # (BINS,), relative to its largest

    @property
    def reach(self) -> float:
        """The distance in state from which on latent distance no longer grows."""
        return float(self.state[np.argmax(self.latent >= PLATEAU)])


def growth(latents: np.ndarray, distances: np.ndarray) -> Growth:
    """The growth of latents (N, D), given their pairs' distances in state in `pdist`'s order."""
    parts = np.array_split(np.argsort(distances, kind="stable"), min(BINS, len(distances)))
    apart = pdist(latents.astype(np.float64))
    state, latent = (
        np.array([values[part].mean() for part in parts]) for values in (distances, apart)
    )
    return Growth(state, latent / max(latent.max(), 1e-30))


def straight(positions: np.ndarray) -> np.ndarray:
    """Distances of the pairs of positions (N, d)."""
    return pdist(positions)


def around(angles: np.ndarray) -> np.ndarray:
    """Distances on the torus of the pairs of angles (N, d) [rad], in degrees."""
    total = np.zeros(len(angles) * (len(angles) - 1) // 2)
    for angle in angles.T:
        turn = pdist(angle[:, None])
        total += np.minimum(turn, 2 * np.pi - turn) ** 2
    return np.degrees(np.sqrt(total))
