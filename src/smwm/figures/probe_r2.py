"""Physical quantities read from embeddings by linear and MLP probes (paper, C7)."""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from smwm.analysis.measured import read_measured
from smwm.envs import ENVIRONMENTS
from smwm.figures.style import PAPER_COLOUR, add_table, new_figure, save_drawn
from smwm.methods import METHODS
from smwm.system.files import write_bytes

PROBES = {"linear": "linear", "mlp": "MLP"}
COLUMNS = ("env", "quantity", "probe", "method", "mean", "ci_low", "ci_high", "paper")


def draw(table: pd.DataFrame) -> Figure:
    """One panel a probe: a bar a method for each quantity, the paper's value a diamond.

    With several seeds a bar has its 95 % interval.
    """
    places = list(dict.fromkeys(zip(table["env"], table["quantity"], strict=True)))
    methods = [name for name in METHODS if name in set(table["method"])]
    figure = new_figure(7.2, 4.6)
    panels = figure.subplots(len(PROBES), 1, sharex=True)
    width = 0.8 / len(methods)
    for panel, (probe, words) in zip(panels, PROBES.items(), strict=True):
        for shift, method in enumerate(methods):
            mine = table[(table["probe"] == probe) & (table["method"] == method)]
            for x, (env, quantity) in enumerate(places):
                found = mine[(mine["env"] == env) & (mine["quantity"] == quantity)]
                if len(found):
                    at = x + (shift - (len(methods) - 1) / 2) * width
                    row = found.iloc[0]
                    value = max(row["mean"], 0)
                    panel.bar(at, value, width, color=METHODS[method].colour)
                    ends = np.clip([[row["ci_low"]], [row["ci_high"]]], 0, None)
                    errors = np.maximum([value - ends[0], ends[1] - value], 0)
                    panel.errorbar(at, value, errors, color="black", lw=0.6)
                    panel.plot(at, row["paper"], "D", color=PAPER_COLOUR, ms=3)
        panel.set_ylabel(f"R², {words} probe")
        panel.set_ylim(0, 1.05)
    names = [f"{ENVIRONMENTS[env].label}\n{quantity.replace('_', ' ')}" for env, quantity in places]
    panels[-1].set_xticks(range(len(places)), names, rotation=35, ha="right", fontsize=7)
    handles = [
        *(
            panels[0].bar(np.nan, np.nan, color=METHODS[m].colour, label=METHODS[m].label)
            for m in methods
        ),
        panels[0].plot([], [], "D", color=PAPER_COLOUR, ms=3, label="paper")[0],
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=4, fontsize=7)
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
