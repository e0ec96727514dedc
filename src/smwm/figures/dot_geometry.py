"""One dot: what the latent keeps of it, with and without the inverse term (paper, C2)."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from smwm.analysis.dimension import Axes as PrincipalAxes
from smwm.analysis.dimension import principal_axes, shares
from smwm.analysis.exports import Export, first_seeds, read_export, read_models
from smwm.analysis.probes import probe_r2
from smwm.data.worlds import SIZE, paint_dots
from smwm.figures.style import new_figure, save_all
from smwm.methods import METHODS
from smwm.models.world_model import WorldModel

COLUMNS = ("method", "seed", "component", "variance", "share", "r2_position")
COMPONENTS = 8  # shown of the spectrum
LINES = 9  # of the grid, each way


def grid_positions() -> np.ndarray:
    """A square grid of positions (LINES, LINES, 2) over the canvas."""
    ticks = np.linspace(6, SIZE - 6, LINES)
    return np.stack(np.meshgrid(ticks, ticks, indexing="xy"), axis=-1)


@torch.inference_mode()
def embed_grid(model: WorldModel, axes: PrincipalAxes) -> np.ndarray:
    """The grid's dots in the first two principal components: (LINES, LINES, 2)."""
    pixels = paint_dots(grid_positions().reshape(-1, 2))
    latents = model.encode(torch.from_numpy(pixels)).numpy()
    return axes.project(latents, 2).reshape(LINES, LINES, 2)


def geometry_table(exports: list[Export]) -> pd.DataFrame:
    """Rows of COLUMNS: a component's variance and share [%], a model's linear R^2 of x and y."""
    rows = []
    for export in exports:
        variances = principal_axes(export.fit_latents).variances
        known = (export.fit_latents, export.fit_states, export.latents, export.states)
        r2 = probe_r2("linear", *known)
        spectrum = zip(variances[:COMPONENTS], shares(variances), strict=False)
        for component, (variance, share) in enumerate(spectrum, start=1):
            rows.append((export.method, export.seed, component, variance, share, r2))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def draw(models: dict[Export, WorldModel], table: pd.DataFrame) -> Figure:
    """One row a method: spectrum, the grid of positions, the same grid in the latent."""
    exports = first_seeds(models)
    figure = new_figure(7.0, 2.4 * len(exports))
    panels = figure.subplots(len(exports), 3, squeeze=False)
    largest = table["variance"].max()
    for row, export in zip(panels, exports, strict=True):
        method = METHODS[export.method]
        mine = table[(table["method"] == export.method) & (table["seed"] == export.seed)]
        row[0].bar(mine["component"], mine["variance"], color=method.colour)
        row[0].set_yscale("log")
        row[0].set_ylim(largest * 1e-9, largest * 3)
        row[0].set_ylabel(f"{method.label}\nvariance")
        row[0].set_xlabel("principal component")
        _draw_grid(row[1], grid_positions())
        row[1].invert_yaxis()
        _draw_grid(row[2], embed_grid(models[export], principal_axes(export.fit_latents)))
        r2, share = mine["r2_position"].iloc[0], mine["share"][:2].sum()
        row[2].set_xlabel(f"R² of x, y: {r2:.3f}\ntwo components: {share:.1f} %")
    for panel, words in zip(panels[0], ("spectrum", "positions [px]", "embedded"), strict=True):
        panel.set_title(words)
    return figure


def _draw_grid(panel: Axes, grid: np.ndarray) -> None:
    """Lines along the rows and columns of a grid (n, n, 2), and dots coloured by position."""
    for line in (*grid, *grid.swapaxes(0, 1)):
        panel.plot(*line.T, color="#BBBBBB", lw=0.6, zorder=1)
    shade = np.stack(np.broadcast_arrays(*np.ix_(*[np.linspace(0, 1, len(grid))] * 2)), -1)
    colours = np.concatenate([shade, np.full((*shade.shape[:2], 1), 0.5)], -1).reshape(-1, 3)
    panel.scatter(*grid.reshape(-1, 2).T, c=colours, s=10, zorder=2)
    panel.set_aspect("equal", adjustable="datalim")
    panel.locator_params(nbins=5)
    panel.ticklabel_format(scilimits=(-2, 3))
    panel.grid(False)


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--embeddings", required=True, nargs="+", type=Path, help="`smwm embed`")
    parser.add_argument(
        "--checkpoints", required=True, nargs="+", type=Path, help="the models, in the same order"
    )
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")


def run(arguments: argparse.Namespace) -> None:
    exports = [read_export(path, ["single_dot"]) for path in arguments.embeddings]
    models = read_models(exports, arguments.checkpoints)
    table = geometry_table(exports)
    figure = draw(dict(zip(exports, models, strict=True)), table)
    inputs = [*arguments.embeddings, *arguments.checkpoints]
    settings = [export.origin for export in exports]
    save_all(arguments.out / "dot_geometry", __name__, table, figure, inputs, settings)
