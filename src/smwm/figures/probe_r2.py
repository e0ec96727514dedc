"""Physical quantities read from embeddings by linear and MLP probes (paper, C7)."""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from smwm.analysis.measured import read_measured
from smwm.envs import ENVIRONMENTS
from smwm.figures.style import (
    PAPER_COLOUR,
    Look,
    add_table,
    draw_scores,
    limit_scores,
    new_figure,
    save_drawn,
)
from smwm.methods import METHODS
from smwm.system.files import write_bytes

PROBES = {"linear": "linear", "mlp": "MLP"}
COLUMNS = ("env", "quantity", "probe", "method", "r2", "mean", "ci_low", "ci_high", "paper")
PAPER: Look = {
    "ls": "",
    "marker": "D",
    "ms": 3,
    "mec": PAPER_COLOUR,
    "mfc": "none",
    "mew": 0.7,
}


def draw(table: pd.DataFrame) -> Figure:
    """One panel a probe: for each quantity and method a dot a seed, their mean and interval, and
    the paper's value a diamond."""
    targets = list(dict.fromkeys(zip(table["env"], table["quantity"], strict=True)))
    methods = [name for name in METHODS if name in set(table["method"])]
    figure = new_figure(7.2, 4.8)
    panels = figure.subplots(len(PROBES), 1, sharex=True)
    width = 0.86 / len(methods)
    for panel, (probe, words) in zip(panels, PROBES.items(), strict=True):
        mine = table[table["probe"] == probe]
        limit_scores(panel, mine[["r2", "ci_low", "ci_high", "paper"]])
        for x in range(0, len(targets), 2):
            panel.axvspan(x - 0.5, x + 0.5, color="#F4F4F4", zorder=-1)
        for (env, quantity, method), seeds in mine.groupby(["env", "quantity", "method"]):
            shift = methods.index(method) - (len(methods) - 1) / 2
            at = targets.index((env, quantity)) + shift * width
            first = seeds.iloc[0]
            interval = first[["mean", "ci_low", "ci_high"]].astype(float)
            draw_scores(panel, at, seeds["r2"], interval, METHODS[method].colour, width)
            panel.plot(at + 0.15 * width, first["paper"], **PAPER)
        panel.axhline(0, color="black", lw=0.8)
        panel.set_xlim(-0.5, len(targets) - 0.5)
        panel.set_ylabel(f"R², {words} probe")
    names = [
        f"{ENVIRONMENTS[env].label}\n{quantity.replace('_', ' ')}" for env, quantity in targets
    ]
    panels[-1].set_xticks(range(len(targets)), names, rotation=35, ha="right", fontsize=7)
    grey: Look = {"color": "#555555"}
    handles = [
        *(Patch(color=METHODS[m].colour, label=METHODS[m].label) for m in methods),
        Line2D([], [], ls="", marker="o", ms=3, mec="black", mew=0.4, **grey, label="one seed"),
        Line2D([], [], ls="", marker="+", ms=8, mew=1.5, **grey, label="mean, 95 % interval"),
        Line2D([], [], **PAPER, label="paper"),
    ]
    figure.legend(
        handles=handles, loc="outside upper center", ncols=-(-len(handles) // 2), fontsize=7
    )
    return figure


def as_latex(table: pd.DataFrame) -> str:
    """Means over seeds as a LaTeX table; the paper's values in brackets."""
    keys = ["env", "quantity", "probe", "method"]
    means = table.groupby(keys, sort=False)[["mean", "paper"]].first()
    methods = [name for name in METHODS if name in set(table["method"])]
    lines = [r"\begin{tabular}{lll" + "r" * len(methods) + "}", r"\toprule"]
    labels = [METHODS[name].label.replace("λ", r"$\lambda$") for name in methods]
    lines += [" & ".join(["task", "quantity", "probe", *labels]) + r" \\", r"\midrule"]
    for env, quantity, probe in dict.fromkeys(index[:3] for index in means.index):
        cells = [ENVIRONMENTS[env].label, quantity.replace("_", " "), probe]
        for method in methods:
            try:
                ours, paper = means.loc[(env, quantity, probe, method)]
            except KeyError:
                ours, paper = np.nan, np.nan
            cells.append(
                ("--" if np.isnan(ours) else f"{ours:.3f}")
                + ("" if np.isnan(paper) else f" ({paper:.3f})")
            )
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)
    parser.add_argument("--name", default="probe_r2", help="of the files (default: %(default)s)")


def run(arguments: argparse.Namespace) -> None:
    measured, stem = read_measured(arguments.table, COLUMNS), arguments.out / arguments.name
    write_bytes(stem.with_suffix(".tex"), as_latex(measured.table).encode())
    save_drawn(stem, __name__, draw(measured.table), measured)
