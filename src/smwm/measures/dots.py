"""What the latent keeps of dots: their principal components, and what can be read of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from smwm.analysis.dimension import (
    DEFINITION,
    Axes,
    effective_dimension,
    principal_axes,
    shares,
)
from smwm.analysis.exports import Export, first_seeds, read_export, read_models
from smwm.analysis.probes import probe_r2
from smwm.analysis.spectrum import effective_rank
from smwm.data.worlds import SIZE, WORLDS, paint_dots, pairs
from smwm.models.world_model import WorldModel

Settings = list[dict[str, Any]]
COMPONENTS, SHOWN = 8, 10  # kept of a spectrum: of one dot, of the worlds of several
LINES = 9  # of the grid, each way
GEOMETRY = ("method", "seed", "component", "variance", "share", "r2_position")
GRID = ("method", "seed", "row", "column", "x", "y", "first", "second")
SHARES = tuple(f"share_{component}" for component in range(1, SHOWN + 1))
DIMENSION = (
    "world", "seed", "controllable_dof", "effective_dim", "effective_rank",
    "variance_in_true_dim", "r2_controlled", "r2_distractor", *SHARES,
)  # fmt: skip


def geometry_table(exports: list[Export]) -> pd.DataFrame:
    """Rows of GEOMETRY: a component's variance and share [%], a model's linear R^2 of x and y."""
    rows = []
    for export in exports:
        variances = principal_axes(export.fit_latents).variances
        known = (export.fit_latents, export.fit_states, export.latents, export.states)
        r2 = probe_r2("linear", *known)
        spectrum = zip(variances[:COMPONENTS], shares(variances), strict=False)
        for component, (variance, share) in enumerate(spectrum, start=1):
            rows.append((export.method, export.seed, component, variance, share, r2))
    return pd.DataFrame(rows, columns=list(GEOMETRY))


def grid_positions() -> np.ndarray:
    """A square grid of positions (LINES, LINES, 2) over the canvas."""
    ticks = np.linspace(6, SIZE - 6, LINES)
    return np.stack(np.meshgrid(ticks, ticks, indexing="xy"), axis=-1)


@torch.inference_mode()
def embed_grid(model: WorldModel, axes: Axes) -> np.ndarray:
    """The grid's dots in the first two principal components: (LINES, LINES, 2)."""
    pixels = paint_dots(grid_positions().reshape(-1, 2))
    latents = model.encode(torch.from_numpy(pixels)).numpy()
    return axes.project(latents, 2).reshape(LINES, LINES, 2)


def grid_table(models: dict[Export, WorldModel]) -> pd.DataFrame:
    """Rows of GRID: a position [px] of the grid, embedded by the first seed of each method."""
    rows = []
    for export in first_seeds(models):
        embedded = embed_grid(models[export], principal_axes(export.fit_latents))
        for at in np.ndindex(LINES, LINES):
            rows.append((export.method, export.seed, *at, *grid_positions()[at], *embedded[at]))
    return pd.DataFrame(rows, columns=list(GRID))


def steps_of(
    rows: np.ndarray, latents: np.ndarray, states: np.ndarray, world: str
) -> tuple[np.ndarray, np.ndarray]:
    """Changes of latent and of what the action tells, for an export's pairs: (n, D), (n, A).

    Rows 2 i and 2 i + 1 of a world are before and after; a row without its partner is left out.
    """
    (before,) = np.nonzero((rows[:-1] % 2 == 0) & (np.diff(rows) == 1))
    moved = states[before + 1] - states[before]
    return latents[before + 1] - latents[before], moved[:, controlled_columns(world)]


def told(world: str) -> np.ndarray:
    """Which state column moves as which dimension of the action tells: (S, A) bool."""
    data = pairs(world, 0, 50, 0)
    assert data.states is not None  # as of every world
    moved, actions = data.states[1::2] - data.states[::2], data.actions[::2]
    return np.abs(moved[:, :, None] - actions[:, None]).max(0) < 1e-3


def controlled_columns(world: str) -> list[int]:
    """The first state column that each dimension of the action moves; others move alike."""
    return told(world).argmax(0).tolist()


def distractor_columns(world: str) -> list[int]:
    """State columns that move unlike any action."""
    return np.flatnonzero(~told(world).any(1)).tolist()


def dimension_row(export: Export) -> tuple:
    """One row of DIMENSION, shares in percent of the variance.

    r2_controlled: linear R^2 of the action's displacement from the change of the latent;
    r2_distractor: linear R^2 of the distractor's position from the latent.
    """
    world = WORLDS[export.domain]
    variances = principal_axes(export.fit_latents).variances
    inside = shares(variances)[: world.controllable].sum()
    fitted = steps_of(export.fit_rows, export.fit_latents, export.fit_states, export.domain)
    held_out = steps_of(export.rows, export.latents, export.states, export.domain)
    r2 = probe_r2("linear", *fitted, *held_out)
    others = distractor_columns(export.domain)
    noise = np.nan
    if others:
        targets = export.fit_states[:, others], export.states[:, others]
        noise = probe_r2("linear", export.fit_latents, targets[0], export.latents, targets[1])
    rank = effective_rank(torch.from_numpy(export.fit_latents)).item()
    known = (export.domain, export.seed, world.controllable, effective_dimension(variances))
    shown = np.full(SHOWN, np.nan)
    shown[: len(variances)] = shares(variances)[:SHOWN]
    return *known, rank, inside, r2, noise, *shown


def latent_dimension(embeddings: list[Path]) -> tuple[pd.DataFrame, Settings]:
    dots = [name for name, world in WORLDS.items() if "angle [rad]" not in world.state_names]
    exports = [read_export(path, dots) for path in embeddings]
    table = pd.DataFrame([dimension_row(export) for export in exports], columns=list(DIMENSION))
    return table, [{"definition": DEFINITION}, *(export.origin for export in exports)]


def dot_geometry(embeddings: list[Path]) -> tuple[pd.DataFrame, Settings]:
    exports = [read_export(path, ["single_dot"]) for path in embeddings]
    return geometry_table(exports), [export.origin for export in exports]


def dot_grid(embeddings: list[Path], checkpoints: list[Path]) -> tuple[pd.DataFrame, Settings]:
    exports = [read_export(path, ["single_dot"]) for path in embeddings]
    models = read_models(exports, checkpoints)
    table = grid_table(dict(zip(exports, models, strict=True)))
    return table, [export.origin for export in exports]
