"""How success falls with the goal's distance; the budget is twice that (paper, C9)."""

from __future__ import annotations

import argparse

import pandas as pd
from matplotlib.figure import Figure

from smwm.analysis.measured import read_measured
from smwm.envs import ENVIRONMENTS
from smwm.figures.style import add_table, draw_rates, new_figure, save_drawn
from smwm.methods import METHODS

COLUMNS = ("env", "method", "offset", "success_rate", "ci_low", "ci_high", "paper")


def draw(table: pd.DataFrame) -> Figure:
    """One panel an environment, one line a method; the paper's line is dashed."""
    envs = [env for env in ENVIRONMENTS if env in set(table["env"])]
    figure = new_figure(1.6 + 2.6 * len(envs), 2.8)
    panels = figure.subplots(1, len(envs), sharey=True, squeeze=False)[0]
    methods = [name for name in METHODS if name in set(table["method"])]
    for panel, env in zip(panels, envs, strict=True):
        for number, method in enumerate(methods):
            mine = table[(table["env"] == env) & (table["method"] == method)]
            colour = METHODS[method].colour
            beside = number - (len(methods) - 1) / 2  # so that intervals stand side by side
            draw_rates(panel, mine["offset"] + beside, mine, colour)
            panel.plot(mine["offset"], mine["paper"], "--", lw=0.8, color=colour)
        panel.set_title(ENVIRONMENTS[env].label)
        panel.set_xticks(sorted(table["offset"].unique()))
        panel.set_xlabel("steps to the goal")
    panels[0].set_ylabel("planning success [%]")
    handles = [
        panels[0].plot([], [], "o-", color=METHODS[m].colour, label=METHODS[m].label)[0]
        for m in methods
    ]
    handles += panels[0].plot([], [], "--", color="#555555", lw=0.8, label="paper")
    figure.legend(handles=handles, loc="outside right upper", fontsize=7)
    return figure


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)


def run(arguments: argparse.Namespace) -> None:
    measured = read_measured(arguments.table, COLUMNS)
    save_drawn(arguments.out / "horizon_sweep", __name__, draw(measured.table), measured)
