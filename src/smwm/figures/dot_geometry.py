"""One dot: what the latent keeps of it, with and without the inverse term (paper, C2)."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from smwm.analysis.measured import read_measured
from smwm.figures.style import add_table, new_figure, save_drawn
from smwm.methods import METHODS

COLUMNS = ("method", "seed", "component", "variance", "share", "r2_position")
GRID = ("method", "row", "column", "x", "y", "first", "second")


def draw(table: pd.DataFrame, grids: pd.DataFrame) -> Figure:
    """One row a method: spectrum, the grid of positions, the same grid in the latent."""
    methods = list(dict.fromkeys(table["method"]))
    figure = new_figure(7.0, 2.4 * len(methods))
    panels = figure.subplots(len(methods), 3, squeeze=False)
    largest = table["variance"].max()
    for row, name in zip(panels, methods, strict=True):
        method, mine = METHODS[name], table[table["method"] == name]
        mine = mine[mine["seed"] == mine["seed"].min()]
        grid = grids[grids["method"] == name].sort_values(["row", "column"])
        row[0].bar(mine["component"], mine["variance"], color=method.colour)
        row[0].set_yscale("log")
        row[0].set_ylim(largest * 1e-9, largest * 3)
        row[0].set_ylabel(f"{method.label}\nvariance")
        row[0].set_xlabel("principal component")
        _draw_grid(row[1], grid[["x", "y"]])
        row[1].invert_yaxis()
        _draw_grid(row[2], grid[["first", "second"]])
        r2, share = mine["r2_position"].iloc[0], mine["share"][:2].sum()
        row[2].set_xlabel(f"R² of x, y: {r2:.3f}\ntwo components: {share:.1f} %")
    for panel, words in zip(panels[0], ("spectrum", "positions [px]", "embedded"), strict=True):
        panel.set_title(words)
    return figure


def _draw_grid(panel: Axes, points: pd.DataFrame) -> None:
    """Lines along the rows and columns of a grid of n by n points, and dots coloured by position.

    points: two columns, row by row of the grid.
    """
    side = round(len(points) ** 0.5)
    grid = points.to_numpy().reshape(side, side, 2)
    for line in (*grid, *grid.swapaxes(0, 1)):
        panel.plot(*line.T, color="#BBBBBB", lw=0.6, zorder=1)
    shade = np.stack(np.broadcast_arrays(*np.ix_(*[np.linspace(0, 1, len(grid))] * 2)), -1)
    colours = np.concatenate([shade, np.full((*shade.shape[:2], 1), 0.5)], -1).reshape(-1, 3)
    x, y = grid.reshape(-1, 2).T
    panel.scatter(x, y, c=colours, s=10, zorder=2)
    panel.set_aspect("equal", adjustable="datalim")
    panel.locator_params(nbins=5)
    panel.ticklabel_format(scilimits=(-2, 3))
    panel.grid(False)


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)
    parser.add_argument("--grid", required=True, type=Path, help="of `smwm measure dot_grid`")


def run(arguments: argparse.Namespace) -> None:
    measured, grid = read_measured(arguments.table, COLUMNS), read_measured(arguments.grid, GRID)
    figure = draw(measured.table, grid.table)
    save_drawn(arguments.out / "dot_geometry", __name__, figure, measured, grid)
