"""How latent distance grows with distance in state: a torus or a folded one (paper, C10)."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from smwm.analysis.exports import Export, read_export
from smwm.analysis.folding import Growth, around, growth, straight
from smwm.envs import ENVIRONMENTS, make_environment
from smwm.figures.style import new_figure, save_all
from smwm.methods import METHODS

COLUMNS = (
    "env", "method", "seed", "unit", "distance", "latent_distance", "reach", "reach_share",
)  # fmt: skip
QUANTITIES = {"two_room": "agent_position", "reacher": "joint_angles"}


def distances_in_state(export: Export) -> tuple[np.ndarray, np.ndarray, str]:
    """Distances of all pairs of held-out images, the states (N, d) behind them, and the unit.

    Angles come as sines and cosines, and their distance is measured around the circle.
    """
    environment = make_environment(export.place, 1)
    name = QUANTITIES[export.place]
    states = environment.quantities(export.states)[name]
    if environment.probes[name] == "sine and cosine":
        return around(np.arctan2(*np.split(states, 2, axis=1))), states, "degrees"
    return straight(states), states, environment.probes[name]


def folding_table(exports: list[Export]) -> pd.DataFrame:
    """Rows of COLUMNS: a bin of pairs; the reach of a model, also in percent of the state's."""
    rows = []
    for export in exports:
        distances, states, unit = distances_in_state(export)
        found: Growth = growth(export.latents, distances)
        share = 100 * found.reach / growth(states, distances).reach
        known = (export.place, export.method, export.seed, unit)
        rows += [(*known, *pair, found.reach, share) for pair in zip(*found, strict=True)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


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
    parser.add_argument("--embeddings", required=True, nargs="+", type=Path, help="`smwm embed`")
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")


def run(arguments: argparse.Namespace) -> None:
    exports = [read_export(path, QUANTITIES) for path in arguments.embeddings]
    table = folding_table(exports)
    settings = [export.origin for export in exports]
    stem = arguments.out / "folding"
    save_all(stem, __name__, table, draw(table), arguments.embeddings, settings)
