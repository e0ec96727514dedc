"""Planning success of each method in each environment (paper, main planning figure)."""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from smwm.analysis.measured import read_measured
from smwm.envs import ENVIRONMENTS
from smwm.figures.style import PAPER_COLOUR, SEED, Look, add_table, counted, new_figure, save_drawn
from smwm.methods import METHODS

COLUMNS = (
    "env", "method", "seed", "episodes", "success_rate", "solved_at_start", "mean", "ci_low",
    "ci_high", "paper",
)  # fmt: skip
PAPER: Look = {
    "ls": "",
    "marker": "D",
    "mfc": PAPER_COLOUR,
    "mec": "white",
    "mew": 0.5,
    "ms": 4.5,
}


def draw(table: pd.DataFrame) -> Figure:
    """One panel an environment, one bar a method; on each bar its seeds, the paper's mean, and
    the 95 % interval, side by side."""
    envs = list(dict.fromkeys(table["env"]))
    methods = [name for name in METHODS if name in set(table["method"])]
    figure = new_figure(max(4.4, 2.0 + 0.55 * len(methods) * len(envs)), 3.3)
    panels = figure.subplots(1, len(envs), sharey=True, squeeze=False)[0]
    for panel, env in zip(panels, envs, strict=True):
        rows = table[table["env"] == env]
        for x, method in enumerate(methods):
            _draw_bar(panel, x, method, rows[rows["method"] == method])
        panel.axhline(rows["solved_at_start"].iloc[0], color="#555555", lw=0.8, ls=":")
        panel.set_title(f"{ENVIRONMENTS[env].label}\n{counted(rows['seed'].nunique(), 'seed')}")
        panel.set_xticks([])
        panel.set_ylim(0, 105)
    panels[0].set_ylabel("planning success [%]")
    handles = [
        *(Patch(color=METHODS[m].colour, label=METHODS[m].label) for m in methods),
        Line2D([], [], **SEED, label="one seed"),
        Line2D([], [], **PAPER, label="the paper's mean"),
        Line2D([], [], ls="", color="black", marker="|", ms=9, label="95 % interval"),
        Line2D([], [], color="#555555", lw=0.8, ls=":", label="solved at the start"),
    ]
    figure.legend(handles=handles, loc="outside right upper", fontsize=7)
    words = f"Share of {table['episodes'].iloc[0]} held-out tasks that were solved.\n"
    words += "The interval is over seeds and tasks, with one seed over tasks alone."
    figure.supxlabel(words, fontsize=7)
    return figure


def _draw_bar(panel: Axes, x: int, method: str, seeds: pd.DataFrame) -> None:
    if seeds.empty:
        return
    first = seeds.iloc[0]
    error = [[first["mean"] - first["ci_low"]], [first["ci_high"] - first["mean"]]]
    panel.bar(x, first["mean"], 0.84, color=METHODS[method].colour)
    spread = np.linspace(-0.1, 0.1, len(seeds)) if len(seeds) > 1 else np.zeros(1)
    panel.plot(x - 0.25 + spread, seeds["success_rate"], **SEED)
    if np.isfinite(first["paper"]):
        panel.plot(x, first["paper"], **PAPER)
    panel.errorbar(x + 0.25, first["mean"], error, color="black", lw=1, capsize=2)


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)
    parser.add_argument(
        "--name", default="planning_success", help="of the files (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> None:
    measured, stem = read_measured(arguments.table, COLUMNS), arguments.out / arguments.name
    save_drawn(stem, __name__, draw(measured.table), measured)
