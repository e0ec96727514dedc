"""Whether encoding and predicting commute: five steps in the latent of one dot (paper, C3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from smwm.analysis.dimension import principal_axes
from smwm.analysis.exports import Export, read_export, read_models
from smwm.data.worlds import HELD_OUT, WORLDS, pairs
from smwm.models.world_model import WorldModel

Settings = list[dict[str, Any]]
STEPS, PATHS, SHOWN = 5, 500, 6
ERRORS = ("method", "seed", "step", "error")
POINTS = ("method", "seed", "kind", "path", "step", "first", "second")


@torch.inference_mode()
def roll_out(model: WorldModel, world: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Encoded and predicted latents (PATHS, STEPS + 1, D) along paths that were never seen."""
    data = pairs(world, HELD_OUT, PATHS, seed, steps=STEPS)
    encoded = model.encode(torch.from_numpy(data.pixels)).reshape(PATHS, STEPS + 1, -1)
    actions = model.normalise(torch.from_numpy(data.actions)).reshape(PATHS, STEPS + 1, -1)
    predicted = [encoded[:, 0]]
    for step in range(STEPS):
        predicted.append(model.predict(predicted[-1], actions[:, step]))
    return encoded.numpy(), torch.stack(predicted, 1).numpy()


def rollout_table(
    encoded: np.ndarray, predicted: np.ndarray, method: str, seed: int
) -> pd.DataFrame:
    """Rows of ERRORS; error [%]: distance of predicted from encoded latents, in units of the
    distance moved since the start; both are means over paths.
    """
    error = np.linalg.norm(predicted - encoded, axis=-1)[:, 1:].mean(0)
    moved = np.linalg.norm(encoded[:, 1:] - encoded[:, :1], axis=-1).mean(0)
    steps = np.arange(1, len(error) + 1)
    share = 100 * error / np.maximum(moved, 1e-30)
    return pd.DataFrame({"method": method, "seed": seed, "step": steps, "error": share})


def path_table(export: Export, encoded: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """Rows of POINTS, in the first two principal components of the latent.

    kind: encoded or predicted, of the first SHOWN paths (P, STEPS + 1, D); embedded, of the
    export's held-out images, each a path of its own.
    """
    axes = principal_axes(export.fit_latents)
    kinds = {
        "embedded": export.latents[:, None],
        "encoded": encoded[:SHOWN],
        "predicted": predicted[:SHOWN],
    }
    rows = [
        (export.method, export.seed, kind, path, step, *point)
        for kind, latents in kinds.items()
        for path, points in enumerate(latents)
        for step, point in enumerate(axes.project(points, 2))
    ]
    return pd.DataFrame(rows, columns=list(POINTS))


def _rolled_out(
    embeddings: list[Path], checkpoints: list[Path], first: int | None = None
) -> dict[Export, tuple[np.ndarray, np.ndarray]]:
    """What `roll_out` gives for each export, or for the `first` ones."""
    exports = [read_export(path, WORLDS) for path in embeddings]
    models = read_models(exports, checkpoints)
    return {
        export: roll_out(model, export.domain, export.origin["pairs"]["world_seed"])
        for export, model in list(zip(exports, models, strict=True))[:first]
    }


def latent_rollout(
    embeddings: list[Path], checkpoints: list[Path]
) -> tuple[pd.DataFrame, Settings]:
    found = _rolled_out(embeddings, checkpoints)
    tables = [rollout_table(*path, one.method, one.seed) for one, path in found.items()]
    return pd.concat(tables, ignore_index=True), [export.origin for export in found]


def rollout_paths(embeddings: list[Path], checkpoints: list[Path]) -> tuple[pd.DataFrame, Settings]:
    ((export, paths),) = _rolled_out(embeddings, checkpoints, first=1).items()
    return path_table(export, *paths), [export.origin]
