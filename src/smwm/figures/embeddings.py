"""What the latents of each environment look like: `embeddings_<method>` (paper, C10)."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure

from smwm.analysis.measured import read_measured
from smwm.envs import ENVIRONMENTS
from smwm.errors import InputError
from smwm.figures.style import add_table, new_figure, save_drawn
from smwm.methods import METHODS, TRAINED

COLUMNS = ("env", "method", "seed", "component", "share", "effective_dim")
PAIRS = ((1, 2), (3, 4))  # components shown: a torus of two joints takes four
AXES = [f"component_{number}" for pair in PAIRS for number in pair]
POINTS: dict[str, type] = {
    "env": str, "method": str, "seed": int, "quantity": str, "unit": str,
    **dict.fromkeys(("x", "y", "x_share", "y_share", *AXES), float),
}  # fmt: skip


def colours(shares: np.ndarray, around: bool) -> np.ndarray:
    """Colours (N, 3) by position in its range (N, 2): hue by the first, lightness by the second.

    `around`: the first is an angle, so that its ends meet in one hue.
    """
    hue = shares[:, 0] * (1.0 if around else 0.75)
    return hsv_to_rgb(np.stack([hue, np.full(len(hue), 0.8), 0.35 + 0.6 * shares[:, 1]], 1))


def draw(points: pd.DataFrame, table: pd.DataFrame) -> Figure:
    """One row an environment: spectrum, physical state, and pairs of components in its colours."""
    models = list(points.groupby(["env", "method", "seed"], sort=False))
    figure = new_figure(9.2, 2.2 * len(models))
    rows = figure.subplots(len(models), 2 + len(PAIRS), squeeze=False)
    for (spectrum, state, *clouds), ((env, method, seed), shown) in zip(rows, models, strict=True):
        mine = table[(table["env"] == env) & (table["seed"] == seed)]
        spectrum.bar(mine["component"], mine["share"], color=METHODS[method].colour)
        spectrum.set_xticks(range(2, len(mine) + 1, 2))
        spectrum.set_ylabel(f"{ENVIRONMENTS[env].label}\nvariance [%]")
        spectrum.set_title(f"effective dimension {mine['effective_dim'].iloc[0]}", fontsize=8)
        quantity, unit = shown[["quantity", "unit"]].iloc[0]
        paint = colours(shown[["x_share", "y_share"]].to_numpy(), around=unit == "degrees")
        state.scatter(shown["x"], shown["y"], c=paint, s=2, rasterized=True)
        state.set_title(f"{quantity.replace('_', ' ')} [{unit}]", fontsize=8)
        if unit == "px":
            state.invert_yaxis()
        widest = np.ptp(shown[AXES].to_numpy(), axis=0).max()
        for cloud, pair in zip(clouds, PAIRS, strict=True):
            x, y = (shown[f"component_{number}"].to_numpy() for number in pair)
            cloud.scatter(x, y, c=paint, s=2, rasterized=True)
            square_limits(cloud, x, y, least=1e-6 * widest)
            cloud.locator_params(nbins=4)
            share = mine[mine["component"].isin(pair)]["share"].sum()
            cloud.set_title("components {} and {}, {:.1f} %".format(*pair, share), fontsize=8)
        for panel in (state, *clouds):
            panel.grid(False)
    rows[-1, 0].set_xlabel("component")
    return figure


def square_limits(panel: Axes, x: np.ndarray, y: np.ndarray, least: float) -> None:
    """The same scale in both directions, around all points (N,); they may lie within `least`."""
    reach = 0.55 * max(np.ptp(x), np.ptp(y), least, 1e-12)
    for limit, values in ((panel.set_xlim, x), (panel.set_ylim, y)):
        middle = (values.min() + values.max()) / 2
        limit(middle - reach, middle + reach)
    panel.set_aspect("equal", adjustable="box")


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)
    parser.add_argument("--points", required=True, type=Path, help="`smwm measure latent_points`")
    parser.add_argument("--method", required=True, choices=TRAINED, help="names the figure")


def run(arguments: argparse.Namespace) -> None:
    method, measured = arguments.method, read_measured(arguments.table, COLUMNS)
    points = read_measured(arguments.points, POINTS)
    shown = points.table[points.table["method"] == method]
    for path, table in ((arguments.table, measured.table), (arguments.points, shown)):
        if table.empty or set(table["method"]) != {method}:
            raise InputError(f"{path}: is not of {method!r}")
    if not set(shown["env"]) <= set(measured.table["env"]):
        raise InputError(f"{arguments.table}: not of the environments of {arguments.points}")
    stem = arguments.out / f"embeddings_{method}"
    save_drawn(stem, __name__, draw(shown, measured.table), measured, points)
