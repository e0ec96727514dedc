"""Planning success of each method in each environment (paper, main planning figure)."""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from smwm.analysis.measured import read_measured
from smwm.envs import ENVIRONMENTS
from smwm.figures.style import PAPER_COLOUR, add_table, new_figure, save_drawn
from smwm.methods import METHODS

COLUMNS = (
    "env", "method", "seed", "episodes", "success_rate", "solved_at_start", "mean", "ci_low",
    "ci_high", "paper",
)  # fmt: skip


def draw(table: pd.DataFrame) -> Figure:
    """One panel an environment, one bar a method, a dot a seed, the paper's mean a diamond."""
    envs = list(dict.fromkeys(table["env"]))
    methods = [name for name in METHODS if name in set(table["method"])]
    figure = new_figure(max(3.6, 0.6 + 2.4 * len(envs)), 3.1)
    panels = figure.subplots(1, len(envs), sharey=True, squeeze=False)[0]
    for panel, env in zip(panels, envs, strict=True):
        rows = table[table["env"] == env]
        for x, method in enumerate(methods):
            _draw_bar(panel, x, method, rows[rows["method"] == method])
        panel.axhline(rows["solved_at_start"].iloc[0], color="#555555", lw=0.8, ls=":")
        panel.set_title(ENVIRONMENTS[env].label)
        panel.set_xticks([])
        panel.set_ylim(0, 105)
    panels[0].set_ylabel("planning success [%]")
    episodes = table["episodes"].iloc[0]
    seeds = sorted(set(table.groupby("env")["seed"].nunique()))
    handles = [
        *(
            panels[0].bar(np.nan, np.nan, color=METHODS[m].colour, label=METHODS[m].label)
            for m in methods
        ),
        panels[0].plot([], [], "o", color="white", mec="black", ms=3, label="one seed")[0],
        panels[0].plot([], [], "D", color=PAPER_COLOUR, ms=4, label="paper, mean")[0],
        panels[0].plot([], [], ":", color="#555555", lw=0.8, label="solved at the start")[0],
    ]
    figure.legend(handles=handles, loc="outside right upper", fontsize=7)
    figure.supxlabel(
        f"{episodes} held-out tasks, {' or '.join(map(str, seeds))} "
        f"seed{'s' * (seeds[-1] > 1)}; "
        f"bars: 95 % interval over {'seeds and ' * (seeds[-1] > 1)}tasks",
        fontsize=6.5,
    )
    return figure


def _draw_bar(panel: Axes, x: int, method: str, seeds: pd.DataFrame) -> None:
    if seeds.empty:
        return
    first = seeds.iloc[0]
    error = [[first["mean"] - first["ci_low"]], [first["ci_high"] - first["mean"]]]
    panel.bar(x, first["mean"], 0.75, color=METHODS[method].colour)
    panel.errorbar(x, first["mean"], error, color="black", lw=1, capsize=3)
    spread = x + np.linspace(-0.25, -0.1, len(seeds)) if len(seeds) > 1 else [x - 0.2]
    panel.plot(
        spread, seeds["success_rate"], "o", color="white", mec="black", mew=0.6, ms=3, zorder=3
    )
    if np.isfinite(first["paper"]):
        panel.plot(x + 0.22, first["paper"], "D", color=PAPER_COLOUR, ms=4, zorder=3)


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)
    parser.add_argument(
        "--name", default="planning_success", help="of the files (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> None:
    measured, stem = read_measured(arguments.table, COLUMNS), arguments.out / arguments.name
    save_drawn(stem, __name__, draw(measured.table), measured)
