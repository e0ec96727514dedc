"""Whether encoding and predicting commute: five steps in the latent of one dot (paper, C3)."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from smwm.analysis.measured import read_measured
from smwm.figures.style import PAPER_COLOUR, add_table, new_figure, save_drawn
from smwm.methods import METHODS

COLUMNS = ("method", "seed", "step", "error")
POINTS = ("method", "kind", "path", "step", "first", "second")


def draw(table: pd.DataFrame, points: pd.DataFrame) -> Figure:
    """Some paths of one model in the first two components, and every model's error over steps."""
    figure = new_figure(6.4, 2.9)
    paths, errors = figure.subplots(1, 2)
    colour = METHODS[points["method"].iloc[0]].colour
    embedded = points[points["kind"] == "embedded"]
    paths.scatter(embedded["first"], embedded["second"], s=1, color="#DDDDDD", rasterized=True)
    styles = {
        "encoded": {"linestyle": "-", "color": PAPER_COLOUR, "lw": 1},
        "predicted": {"linestyle": "--", "marker": "o", "color": colour, "lw": 0.8, "ms": 3},
    }
    for _, path in points[points["kind"] != "embedded"].groupby("path"):
        for kind, style in styles.items():
            line = path[path["kind"] == kind]
            paths.plot(line["first"], line["second"], label=kind, **style)
    paths.set_xlabel("component 1")
    paths.set_ylabel("component 2")
    paths.grid(False)
    handles, _ = paths.get_legend_handles_labels()
    figure.legend(handles=handles[:2], loc="outside upper left", ncols=2, fontsize=7)
    for _, mine in table.groupby("seed"):
        errors.plot(mine["step"], mine["error"], "o-", color=colour, lw=1, ms=4)
    errors.set_xticks(sorted(table["step"].unique()))
    errors.set_ylim(0, max(1.2 * table["error"].max(), 1))
    errors.set_xlabel("steps predicted")
    errors.set_ylabel("error [% of the distance moved]")
    errors.set_title("one line a seed", fontsize=8)
    return figure


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)
    parser.add_argument("--paths", required=True, type=Path, help="`smwm measure rollout_paths`")


def run(arguments: argparse.Namespace) -> None:
    measured = read_measured(arguments.table, COLUMNS)
    paths = read_measured(arguments.paths, POINTS)
    figure = draw(measured.table, paths.table)
    save_drawn(arguments.out / "latent_rollout", __name__, figure, measured, paths)
