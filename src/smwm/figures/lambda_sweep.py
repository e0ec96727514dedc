"""How much the weight of the inverse term matters (paper, C8)."""

from __future__ import annotations

import argparse

import pandas as pd
from matplotlib.figure import Figure

from smwm.analysis.measured import read_measured
from smwm.envs import ENVIRONMENTS
from smwm.figures.style import add_table, draw_rates, new_figure, save_drawn

COLUMNS = ("env", "weight", "budget", "success_rate", "ci_low", "ci_high")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")  # of environments, Okabe and Ito


def draw(table: pd.DataFrame) -> Figure:
    """One line an environment over the weights, with its budget; 0 stands apart, at the left."""
    figure = new_figure(5.4, 2.9)
    panel = figure.subplots()
    positive = table[table["weight"] > 0]["weight"]
    zero = positive.min() / 5 if len(positive) else 1.0
    envs = [env for env in ENVIRONMENTS if env in set(table["env"])]
    for number, env in enumerate(envs):
        mine = table[table["env"] == env]
        x = mine["weight"].where(mine["weight"] > 0, zero)
        x = x * 1.06 ** (number - (len(envs) - 1) / 2)  # so that intervals stand side by side
        label = f"{ENVIRONMENTS[env].label}, budget {mine['budget'].max()}"
        draw_rates(panel, x, mine, COLOURS[number], label)
    panel.set_xscale("log")
    ticks = sorted(positive.unique())
    panel.set_xticks([zero, *ticks], ["0", *(f"{tick:g}" for tick in ticks)], minor=False)
    panel.minorticks_off()
    panel.set_xlabel("weight λ of the inverse term")
    panel.set_ylabel("planning success [%]")
    figure.legend(loc="outside right upper", fontsize=7)
    return figure


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)


def run(arguments: argparse.Namespace) -> None:
    measured = read_measured(arguments.table, COLUMNS)
    save_drawn(arguments.out / "lambda_sweep", __name__, draw(measured.table), measured)
