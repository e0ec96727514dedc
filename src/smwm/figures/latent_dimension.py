"""Significant components against controllable degrees of freedom: four dot worlds (paper, C4)."""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from smwm.analysis.measured import read_measured
from smwm.data.worlds import WORLDS, pairs
from smwm.figures.style import add_table, new_figure, save_drawn, show_image
from smwm.methods import METHODS

SHARES = [f"share_{component}" for component in range(1, 11)]
COLUMNS = ("world", "seed", "controllable_dof", "effective_dim", *SHARES)


def draw(table: pd.DataFrame) -> Figure:
    """One column a world: a picture of it, and the spectrum with its true dimension."""
    worlds = list(dict.fromkeys(table["world"]))
    figure = new_figure(1.9 * len(worlds), 3.6)
    panels = figure.subplots(2, len(worlds), squeeze=False)
    for (picture, spectrum), name in zip(panels.T, worlds, strict=True):
        show_image(picture, pairs(name, 3, 1, 0).pixels[0])
        picture.set_title(WORLDS[name].label.replace(", ", ",\n"), fontsize=7)
        seeds = table[table["world"] == name].sort_values("seed")
        first = seeds.iloc[0]
        share = first[SHARES].dropna().astype(float)
        spectrum.bar(np.arange(1, len(share) + 1), share, color=METHODS["smwm"].colour)
        true = first["controllable_dof"]
        line = spectrum.axvline(true + 0.5, color="black", ls="--", lw=0.8)
        words = ", ".join(map(str, seeds["effective_dim"]))  # the spectrum is of the first
        spectrum.set_title(f"true {true}, found {words}", fontsize=8)
        spectrum.set_xlabel("component")
        spectrum.set_xticks(range(2, len(SHARES) + 1, 2))
    several = "; found: one number a seed, spectrum of the first"
    several *= table["seed"].nunique() > 1
    line.set_label(f"controllable degrees of freedom{several}")
    figure.legend(handles=[line], loc="outside lower center", fontsize=7)
    panels[1, 0].set_ylabel("variance [%]")
    return figure


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)


def run(arguments: argparse.Namespace) -> None:
    measured = read_measured(arguments.table, COLUMNS)
    save_drawn(arguments.out / "latent_dimension", __name__, draw(measured.table), measured)
