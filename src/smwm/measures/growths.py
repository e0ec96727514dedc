"""How latent distance grows with distance in state, model by model (paper, C10)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smwm.analysis.exports import Export, read_export
from smwm.analysis.folding import Growth, around, growth, straight
from smwm.envs import make_environment

COLUMNS = (
    "env", "method", "seed", "unit", "distance", "latent_distance", "reach", "reach_share",
)  # fmt: skip
QUANTITIES = {"two_room": "agent_position", "reacher": "joint_angles"}


def distances_in_state(export: Export) -> tuple[np.ndarray, np.ndarray, str]:
    """Distances of all pairs of held-out images, the states (N, d) behind them, and the unit.

    Angles come as sines and cosines, and their distance is measured around the circle.
    """
    environment = make_environment(export.domain, 1)
    name = QUANTITIES[export.domain]
    states = environment.quantities(export.states)[name]
    if environment.probes[name] == "sine and cosine":
        return around(np.arctan2(*np.split(states, 2, axis=1))), states, "degrees"
    return straight(states), states, environment.probes[name]


def folding_table(exports: list[Export]) -> pd.DataFrame:
    """Rows of COLUMNS: a bin of pairs; the reach of a model, also in percent of the state's."""
    rows = []
    for export in exports:
        distances, states, unit = distances_in_state(export)
        found: Growth = growth(export.latents, distances)
        share = 100 * found.reach / growth(states, distances).reach
        known = (export.domain, export.method, export.seed, unit)
        rows += [(*known, *pair, found.reach, share) for pair in zip(*found, strict=True)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def folding(embeddings: list[Path]) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    exports = [read_export(path, QUANTITIES) for path in embeddings]
    return folding_table(exports), [export.origin for export in exports]
