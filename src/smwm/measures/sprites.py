"""What the latent keeps of a triangle, by what its actions control (paper, C5)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from smwm.analysis.dimension import DEFINITION, effective_dimension, principal_axes
from smwm.analysis.exports import Export, read_export
from smwm.analysis.probes import PROBES, probe_r2
from smwm.analysis.spectrum import effective_rank
from smwm.data.worlds import WORLDS

COLUMNS = (
    "world", "seed", "controllable_dof", "effective_dim", "effective_rank", "dof", "r2_linear",
    "r2_mlp",
)  # fmt: skip
SPRITES = [name for name in WORLDS if name.startswith("sprite_")]


def targets_of(states: np.ndarray) -> dict[str, np.ndarray]:
    """Poses (N, 3) as x, y and the angle's sine and cosine."""
    angle = states[:, 2:]
    turned = np.concatenate([np.sin(angle), np.cos(angle)], axis=1)
    return {"x": states[:, :1], "y": states[:, 1:2], "angle": turned}


def decoding_table(exports: list[Export]) -> pd.DataFrame:
    """Rows of COLUMNS: one an export and freedom of the triangle."""
    rows = []
    for export in exports:
        true = WORLDS[export.domain].controllable
        found = effective_dimension(principal_axes(export.fit_latents).variances)
        rank = effective_rank(torch.from_numpy(export.fit_latents)).item()
        fit = targets_of(export.fit_states)
        for freedom, targets in targets_of(export.states).items():
            data = (export.fit_latents, fit[freedom], export.latents, targets)
            values = [probe_r2(kind, *data, seed=export.seed) for kind in PROBES]
            rows.append((export.domain, export.seed, true, found, rank, freedom, *values))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def sprite_decoding(embeddings: list[Path]) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    exports = [read_export(path, SPRITES) for path in embeddings]
    settings = [{"definition": DEFINITION}, *(export.origin for export in exports)]
    return decoding_table(exports), settings
