"""Significant components against controllable degrees of freedom: four dot worlds (paper, C4)."""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from smwm.analysis.measured import read_measured
from smwm.data.worlds import WORLDS, pairs
from smwm.figures.style import add_table, new_figure, save_drawn, show_image
from smwm.methods import METHODS

SHARES = [f"share_{component}" for component in range(1, 11)]
COLUMNS = ("world", "seed", "controllable_dof", "effective_dim", *SHARES)
PALE = "#B8D4E8"


def draw(table: pd.DataFrame) -> Figure:
    """One column a world: a picture of it, and each seed's spectrum with the true dimension."""
    worlds = list(dict.fromkeys(table["world"]))
    figure = new_figure(1.9 * len(worlds), 3.7)
    panels = figure.subplots(2, len(worlds), squeeze=False)
    colour = METHODS["smwm"].colour
    for (picture, spectrum), name in zip(panels.T, worlds, strict=True):
        show_image(picture, pairs(name, 3, 1, 0).pixels[0])
        picture.set_title(WORLDS[name].label.replace(", ", ",\n"), fontsize=7)
        seeds = table[table["world"] == name].sort_values("seed")
        shares = seeds[SHARES].astype(float).dropna(axis=1, how="all")
        components = np.arange(1, shares.shape[1] + 1)
        spectrum.bar(components, shares.mean(), color=PALE)
        for mine in shares.to_numpy():
            spectrum.plot(components, mine, "o-", color=colour, lw=0.6, ms=2.5, mew=0)
        true = seeds["controllable_dof"].iloc[0]
        line = spectrum.axvline(true + 0.5, color="black", ls="--", lw=0.8)
        words = ", ".join(map(str, seeds["effective_dim"]))
        spectrum.set_title(f"true {true}, found {words}", fontsize=8)
        spectrum.set_xlabel("component")
        spectrum.set_xticks(range(2, len(SHARES) + 1, 2))
        spectrum.set_ylim(0)
    line.set_label("controllable degrees of freedom")
    handles = [
        Line2D([], [], color=colour, lw=0.6, marker="o", ms=2.5, label="one seed"),
        Patch(color=PALE, label="mean of the seeds"),
        line,
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=7)
    panels[1, 0].set_ylabel("variance [%]")
    return figure


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)


def run(arguments: argparse.Namespace) -> None:
    measured = read_measured(arguments.table, COLUMNS)
    save_drawn(arguments.out / "latent_dimension", __name__, draw(measured.table), measured)
