"""What the latents of each environment look like: `embeddings_<method>` (paper, C10)."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure

from smwm.analysis.dimension import principal_axes
from smwm.analysis.exports import Export, first_seeds, read_export
from smwm.analysis.measured import read_measured
from smwm.envs import ENVIRONMENTS, make_environment
from smwm.figures.style import add_table, new_figure, save_drawn
from smwm.methods import METHODS, TRAINED

COLUMNS = ("env", "method", "seed", "component", "share", "effective_dim")
POINTS = 2000
PAIRS = ((1, 2), (3, 4))  # components shown: two joints make a torus, of up to four


def physical(export: Export) -> tuple[np.ndarray, str]:
    """Two numbers (N, 2) that tell most of the held-out states, and what they are."""
    quantities = make_environment(export.domain, 1).quantities(export.states)
    if export.domain == "reacher":
        angles = np.arctan2(*np.split(quantities["joint_angles"], 2, axis=1))
        return np.degrees(angles), "joint angles [degrees]"
    name = {"push_t": "agent_position", "cube": "gripper_position"}.get(export.domain)
    name = name or next(iter(quantities))
    unit = make_environment(export.domain, 1).probes[name]
    return quantities[name][:, :2], f"{name.replace('_', ' ')} [{unit}]"


def colours(positions: np.ndarray, around: bool) -> np.ndarray:
    """Colours (N, 3) by position (N, 2): hue by the first, lightness by the second.

    `around`: the first is an angle, so that its ends meet in one hue.
    """
    low, high = positions.min(0), positions.max(0)
    share = (positions - low) / np.maximum(high - low, 1e-9)
    hue = share[:, 0] * (1.0 if around else 0.75)
    return hsv_to_rgb(np.stack([hue, np.full(len(hue), 0.8), 0.35 + 0.6 * share[:, 1]], 1))


def draw(exports: list[Export], table: pd.DataFrame) -> Figure:
    """One row an environment: spectrum, physical state, and pairs of components in its colours."""
    figure = new_figure(9.2, 2.2 * len(exports))
    rows = figure.subplots(len(exports), 2 + len(PAIRS), squeeze=False)
    for (spectrum, state, *clouds), export in zip(rows, exports, strict=True):
        axes = principal_axes(export.fit_latents)
        mine = table[(table["env"] == export.domain) & (table["seed"] == export.seed)]
        spectrum.bar(mine["component"], mine["share"], color=METHODS[export.method].colour)
        spectrum.set_xticks(range(2, len(mine) + 1, 2))
        spectrum.set_ylabel(f"{ENVIRONMENTS[export.domain].label}\nvariance [%]")
        spectrum.set_title(f"effective dimension {mine['effective_dim'].iloc[0]}", fontsize=8)
        positions, words = physical(export)
        paint = colours(positions, around="angles" in words)[:POINTS]
        x, y = positions[:POINTS].T
        state.scatter(x, y, c=paint, s=2, rasterized=True)
        state.set_title(words, fontsize=8)
        if "px" in words:
            state.invert_yaxis()
        points = axes.project(export.latents[:POINTS], PAIRS[-1][-1])
        for cloud, pair in zip(clouds, PAIRS, strict=True):
            x, y = (points[:, number - 1] for number in pair)
            cloud.scatter(x, y, c=paint, s=2, rasterized=True)
            square_limits(cloud, x, y, least=1e-6 * np.ptp(points, axis=0).max())
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
    parser.add_argument("--embeddings", required=True, nargs="+", type=Path, help="`smwm embed`")
    parser.add_argument("--method", required=True, choices=TRAINED, help="names the figure")


def run(arguments: argparse.Namespace) -> None:
    method, measured = arguments.method, read_measured(arguments.table, COLUMNS)
    exports = [read_export(path, ENVIRONMENTS, [method]) for path in arguments.embeddings]
    figure = draw(first_seeds(exports), measured.table)
    stem = arguments.out / f"embeddings_{method}"
    save_drawn(stem, __name__, figure, measured, others=arguments.embeddings)
