"""Latents of each environment as points: by principal components, and where the state was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smwm.analysis.dimension import principal_axes
from smwm.analysis.exports import Export, first_seeds, read_export
from smwm.envs import ENVIRONMENTS, make_environment

POINTS, COMPONENTS = 2000, 4
COLUMNS = (
    "env", "method", "seed", "quantity", "unit", "x", "y", "x_share", "y_share",
    *(f"component_{number}" for number in range(1, COMPONENTS + 1)),
)  # fmt: skip


def physical(export: Export) -> tuple[np.ndarray, str, str]:
    """Two numbers (N, 2) that tell most of the held-out states, what they are, and their unit."""
    environment = make_environment(export.domain, 1)
    quantities = environment.quantities(export.states)
    if export.domain == "reacher":
        angles = np.arctan2(*np.split(quantities["joint_angles"], 2, axis=1))
        return np.degrees(angles), "joint_angles", "degrees"
    name = {"push_t": "agent_position", "cube": "gripper_position"}.get(export.domain)
    name = name or next(iter(quantities))
    return quantities[name][:, :2], name, environment.probes[name]


def points_table(exports: list[Export]) -> pd.DataFrame:
    """Rows of COLUMNS: the first POINTS held-out images of each method's first seed.

    x and y: the state by `physical`; x_share, y_share: the same between the lowest and the
    highest of all held-out states, from 0 to 1. Components are those of training images.
    """
    tables = []
    for export in first_seeds(exports):
        positions, quantity, unit = physical(export)
        low, high = positions.min(0), positions.max(0)
        share = (positions - low) / np.maximum(high - low, 1e-9)
        axes = principal_axes(export.fit_latents)
        components = axes.project(export.latents[:POINTS], COMPONENTS)
        columns = (*positions[:POINTS].T, *share[:POINTS].T, *components.T)
        known = (export.domain, export.method, export.seed, quantity, unit)
        tables.append(pd.DataFrame(dict(zip(COLUMNS, (*known, *columns), strict=True))))
    return pd.concat(tables, ignore_index=True)


def latent_points(embeddings: list[Path]) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    exports = [read_export(path, ENVIRONMENTS) for path in embeddings]
    return points_table(exports), [export.origin for export in exports]
