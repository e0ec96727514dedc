"""How success grows with training steps and with training episodes (beyond the paper)."""

from __future__ import annotations

import argparse

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from smwm.analysis.measured import read_measured
from smwm.envs import ENVIRONMENTS
from smwm.figures.style import add_table, draw_rates, new_figure, save_drawn
from smwm.methods import METHODS

COLUMNS = (
    "env", "method", "steps", "training_episodes", "success_rate", "ci_low", "ci_high",
)  # fmt: skip
# What grows along a row of panels: its column, the one that stays, and its name.
ROWS = (
    ("steps", "training_episodes", "optimiser steps"),
    ("training_episodes", "steps", "training episodes"),
)


def along(table: pd.DataFrame, column: str, fixed: str) -> pd.DataFrame:
    """The rows of one environment and method whose `fixed` is that of most values of `column`."""
    values = table.groupby(fixed)[column].nunique()
    return table[table[fixed] == values.idxmax()].sort_values(column)


def varied(table: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Those of ROWS along which there is more than one value; the first if there is none."""
    rows = [
        (column, fixed, name)
        for column, fixed, name in ROWS
        if table.groupby(["env", "method", fixed])[column].nunique().max() > 1
    ]
    return rows or [ROWS[0]]


def draw(table: pd.DataFrame) -> Figure:
    """One column an environment, one line a method: above over steps, below over episodes."""
    envs = [env for env in ENVIRONMENTS if env in set(table["env"])]
    methods = [name for name in METHODS if name in set(table["method"])]
    rows = varied(table)
    figure = new_figure(1.4 + 2.3 * len(envs), 2.4 * len(rows))
    panels = figure.subplots(len(rows), len(envs), sharey=True, squeeze=False)
    for row, (column, fixed, name) in zip(panels, rows, strict=True):
        for panel, env in zip(row, envs, strict=True):
            for number, method in enumerate(methods):
                mine = table[(table["env"] == env) & (table["method"] == method)]
                if len(mine):
                    mine = along(mine, column, fixed)
                    # Beside each other, so that no interval hides another.
                    x = mine[column] * 1.04 ** (number - (len(methods) - 1) / 2)
                    draw_rates(panel, x, mine, METHODS[method].colour)
            set_ticks(panel, table[table["env"] == env], column, fixed)
            panel.set_xlabel(name)
        row[0].set_ylabel("success [%]\nof tasks not solved at the start")
    for panel, env in zip(panels[0], envs, strict=True):
        panel.set_title(ENVIRONMENTS[env].label)
    handles = [
        panels[0, 0].plot([], [], "o-", color=METHODS[m].colour, label=METHODS[m].label)[0]
        for m in methods
    ]
    figure.legend(handles=handles, loc="outside right upper", fontsize=7)
    return figure


def set_ticks(panel: Axes, table: pd.DataFrame, column: str, fixed: str) -> None:
    """A logarithmic axis with a tick at each value that is drawn."""
    panel.set_xscale("log")
    ticks = sorted(along(table, column, fixed)[column].unique())
    panel.set_xticks(ticks, [f"{tick:,}" for tick in ticks], rotation=45)
    panel.minorticks_off()


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)


def run(arguments: argparse.Namespace) -> None:
    measured = read_measured(arguments.table, COLUMNS)
    save_drawn(arguments.out / "scaling", __name__, draw(measured.table), measured)
