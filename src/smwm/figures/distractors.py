"""Planning with a distractor in the image: an extension of the paper's claim about dots."""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from smwm.analysis.measured import read_measured
from smwm.envs import ENVIRONMENTS
from smwm.figures.style import add_table, new_figure, save_drawn
from smwm.methods import METHODS

COLUMNS = ("env", "method", "measure", "quantity", "seeds", "value", "ci_low", "ci_high")
IGNORED = "distractor_position"  # what is best not in the latent


def draw(table: pd.DataFrame) -> Figure:
    """A row an environment: success with and without, then what an MLP reads from the latents."""
    envs = [env for env in ENVIRONMENTS if env in set(table["env"])]
    methods = [name for name in METHODS if name in set(table["method"])]
    figure = new_figure(7.2, 0.7 + 2.3 * len(envs))
    panels = figure.subplots(len(envs), 2, squeeze=False)
    for row, env in zip(panels, envs, strict=True):
        mine = table[table["env"] == env]
        for x, method in enumerate(methods):
            colour, ours = METHODS[method].colour, mine[mine["method"] == method]
            success = ours.set_index("measure")
            for measure, shift, alpha in (
                ("success_without", -0.2, 0.45),
                ("success_with", 0.2, 1.0),
            ):
                if measure in success.index:
                    _bar(row[0], x + shift, success.loc[measure], colour, alpha)
            read = ours[ours["measure"] == "r2_mlp"].set_index("quantity")
            if IGNORED in read.index:
                own = read.drop(index=IGNORED)["value"].clip(lower=0).mean()
                row[1].bar(x - 0.2, own, 0.38, color=colour, alpha=0.45)
                _bar(row[1], x + 0.2, read.loc[IGNORED], colour, 1.0)
        row[0].set_ylim(0, 105)
        row[1].set_ylim(0, 1.05)
        row[0].set_ylabel("planning success [%]")
        row[1].set_ylabel("R², MLP probe")
        seeds = int(mine["seeds"].max())
        row[0].set_title(f"{ENVIRONMENTS[env].label}, {seeds} seed{'s' * (seeds > 1)}")
        for panel in row:
            labels = [METHODS[m].label.replace(" (", "\n(") for m in methods]
            panel.set_xticks(range(len(methods)), labels, fontsize=6)
    panels[0, 0].bar(np.nan, np.nan, color="#555555", alpha=0.45, label="without distractor")
    panels[0, 0].bar(np.nan, np.nan, color="#555555", label="with distractor")
    panels[0, 1].bar(np.nan, np.nan, color="#555555", alpha=0.45, label="task's quantities, mean")
    panels[0, 1].bar(np.nan, np.nan, color="#555555", label="the distractor's position")
    for panel in panels[0]:
        panel.legend(loc="lower center", bbox_to_anchor=(0.5, 1.08), ncols=2, fontsize=7)
    return figure


def _bar(panel: Axes, x: float, row: pd.Series, colour: str, alpha: float) -> None:
    value = max(row["value"], 0)
    panel.bar(x, value, 0.38, color=colour, alpha=alpha)
    if np.isfinite(row["ci_low"]):
        errors = [[max(value - row["ci_low"], 0)], [max(row["ci_high"] - value, 0)]]
        panel.errorbar(x, value, errors, color="black", lw=1, capsize=2)


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)


def run(arguments: argparse.Namespace) -> None:
    measured = read_measured(arguments.table, COLUMNS)
    save_drawn(arguments.out / "distractors", __name__, draw(measured.table), measured)
