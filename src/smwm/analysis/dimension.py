"""Principal components of embeddings, and how many of them matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

COLLAPSED = 0.01  # summed variance under which nothing is left to count
SMALLEST = 0.02  # components under this share of the largest are noise

DEFINITION = (
    "effective dimension: the number of principal components before the largest gap, that is "
    "the largest ratio of two neighbouring variances, where variances under 2 % of the largest "
    "count as 2 %; 0 if all variances together are under 0.01"
)


@dataclass(frozen=True)
class Axes:
    """Principal components, fitted once and applied to anything."""

    mean: np.ndarray  # (D,)
    directions: np.ndarray  # (D, D), one a column, largest variance first
    variances: np.ndarray  # (D,)

    def project(self, latents: np.ndarray, count: int) -> np.ndarray:
        """The first `count` coordinates (N, count) of latents (N, D)."""
        return (latents - self.mean) @ self.directions[:, :count]


def principal_axes(latents: np.ndarray) -> Axes:
    """Fit axes to latents (N, D); a direction's largest entry is positive, so that signs hold."""
    mean = latents.mean(0)
    centred = (latents - mean).astype(np.float64)
    variances, directions = np.linalg.eigh(centred.T @ centred / len(latents))
    directions = directions[:, ::-1]
    largest = np.abs(directions).argmax(0)
    directions = directions * np.sign(directions[largest, np.arange(len(mean))])
    return Axes(mean, directions, np.maximum(variances[::-1], 0))


def shares(variances: np.ndarray) -> np.ndarray:
    """Variances (D,) in percent of their sum; zeros where nothing varies."""
    return 100 * variances / max(variances.sum(), 1e-30)


def effective_dimension(variances: np.ndarray) -> int:
    """How many components matter; variances (D,), largest first. See DEFINITION."""
    if variances.sum() < COLLAPSED:
        return 0
    floored = np.append(np.maximum(variances, SMALLEST * variances[0]), SMALLEST * variances[0])
    return int(np.argmax(floored[:-1] / floored[1:])) + 1
