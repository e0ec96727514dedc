"""How latent distance grows with distance in state: a torus or a folded one (paper, C10)."""

from __future__ import annotations

import argparse

import pandas as pd
from matplotlib.figure import Figure

from smwm.analysis.measured import read_measured
from smwm.envs import ENVIRONMENTS
from smwm.figures.style import add_table, new_figure, save_drawn
from smwm.methods import METHODS

COLUMNS = ("env", "method", "seed", "unit", "distance", "latent_distance", "reach")


def draw(table: pd.DataFrame) -> Figure:
    """One panel an environment, one line a method and seed, a dot where it stops growing."""
    envs = [env for env in ENVIRONMENTS if env in set(table["env"])]
    methods = [name for name in METHODS if name in set(table["method"])]
    figure = new_figure(1.4 + 2.9 * len(envs), 2.8)
    panels = figure.subplots(1, len(envs), sharey=True, squeeze=False)[0]
    for panel, env in zip(panels, envs, strict=True):
        mine = table[table["env"] == env]
        for (method, _), line in mine.groupby(["method", "seed"], sort=False):
            colour, reach = METHODS[method].colour, line["reach"].iloc[0]
            panel.plot(line["distance"], line["latent_distance"], color=colour, lw=1)
            height = line.set_index("distance")["latent_distance"].loc[reach]
            panel.plot(reach, height, "o", color=colour, ms=4)
        panel.set_title(ENVIRONMENTS[env].label)
        panel.set_xlabel(f"distance in state [{mine['unit'].iloc[0]}]")
    panels[0].set_ylabel("latent distance,\nshare of the largest")
    handles = [
        panels[0].plot([], [], color=METHODS[m].colour, label=METHODS[m].label)[0] for m in methods
    ]
    handles += panels[0].plot([], [], "o", color="#555555", ms=4, label="grows no more")
    figure.legend(handles=handles, loc="outside right upper", fontsize=7)
    return figure


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)


def run(arguments: argparse.Namespace) -> None:
    measured = read_measured(arguments.table, COLUMNS)
    save_drawn(arguments.out / "folding", __name__, draw(measured.table), measured)
