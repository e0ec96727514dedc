"""Planning with a distractor in the image: an extension of the paper's claim about dots."""

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
from smwm.figures.style import (
    SEED,
    add_table,
    counted,
    draw_scores,
    limit_scores,
    new_figure,
    save_drawn,
)
from smwm.methods import METHODS

COLUMNS = (
    "env", "method", "measure", "quantity", "seeds", "value", "ci_low", "ci_high", "by_seed",
)  # fmt: skip
IGNORED = "distractor_position"  # the quantity that the latent should not hold
WITHOUT, WITH = {"shift": -0.2, "alpha": 0.4}, {"shift": 0.2, "alpha": 1.0}


def draw(table: pd.DataFrame) -> Figure:
    """A row an environment: success without and with the distractor, then what an MLP reads of
    the task's quantities and of the distractor's position, always with it."""
    envs = [env for env in ENVIRONMENTS if env in set(table["env"])]
    methods = [name for name in METHODS if name in set(table["method"])]
    figure = new_figure(7.2, 0.9 + 2.3 * len(envs))
    panels = figure.subplots(len(envs), 2, squeeze=False)
    for (planned, read), env in zip(panels, envs, strict=True):
        mine = table[table["env"] == env]
        _draw_success(planned, mine, methods)
        _draw_probes(read, mine[mine["measure"] == "r2_mlp"], methods)
        seeds = int(mine["seeds"].max())
        planned.set_title(f"{ENVIRONMENTS[env].label}, {counted(seeds, 'seed')}")
        read.set_title("read with the distractor in the image")
    handles = [
        *(Patch(color=METHODS[m].colour, label=METHODS[m].label) for m in methods),
        Patch(color="#555555", alpha=WITHOUT["alpha"], label="pale: without the distractor"),
        Line2D([], [], **SEED, label="one seed"),
        Line2D([], [], ls="", marker="+", ms=8, mew=1.5, color="#555555",
               label="mean, 95 % interval"),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside upper center", ncols=4, fontsize=7)
    return figure


def _draw_success(panel: Axes, table: pd.DataFrame, methods: list[str]) -> None:
    for measure, look in (("success_without", WITHOUT), ("success_with", WITH)):
        for row in table[table["measure"] == measure].itertuples():
            x, seeds = methods.index(row.method) + look["shift"], each_seed(row.by_seed)
            panel.bar(x, row.value, 0.38, color=METHODS[row.method].colour, alpha=look["alpha"])
            spread = np.linspace(-0.05, 0.05, len(seeds)) if len(seeds) > 1 else np.zeros(1)
            panel.plot(x - 0.09 + spread, seeds, **SEED)
            panel.vlines(x + 0.09, row.ci_low, row.ci_high, color="black", lw=1)
    panel.set_ylim(0, 105)
    panel.set_ylabel("planning success [%]")
    labels = [METHODS[method].label.replace(" (", "\n(") for method in methods]
    panel.set_xticks(range(len(methods)), labels, fontsize=6)


def _draw_probes(panel: Axes, table: pd.DataFrame, methods: list[str]) -> None:
    """Scores of every quantity, the distractor's position last, on grey."""
    own = [name for name in dict.fromkeys(table["quantity"]) if name != IGNORED]
    quantities, width = [*own, IGNORED], 0.86 / len(methods)
    seeds = pd.DataFrame([each_seed(words) for words in table["by_seed"]], table.index)
    limit_scores(panel, pd.concat([seeds, table[["ci_low", "ci_high"]]], axis=1))
    panel.axvspan(len(own) - 0.5, len(own) + 0.5, color="#EEEEEE", zorder=-1)
    for row in table.itertuples():
        shift = methods.index(row.method) - (len(methods) - 1) / 2
        x = quantities.index(row.quantity) + shift * width
        interval = (row.value, row.ci_low, row.ci_high)
        colour = METHODS[row.method].colour
        draw_scores(panel, x, each_seed(row.by_seed), interval, colour, width)
    panel.axhline(0, color="black", lw=0.8)
    panel.set_xlim(-0.5, len(own) + 0.5)
    panel.set_ylabel("R², MLP probe")
    words = [name.replace("_", "\n") for name in quantities]
    panel.set_xticks(range(len(quantities)), words, fontsize=6)


def each_seed(words: str | float) -> np.ndarray:
    """The numbers (N,) of the column by_seed; one seed alone may have been read as a number."""
    return np.array(str(words).split(), float)


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)


def run(arguments: argparse.Namespace) -> None:
    measured = read_measured(arguments.table, COLUMNS)
    save_drawn(arguments.out / "distractors", __name__, draw(measured.table), measured)
