"""Physical quantities read from embeddings by linear and MLP probes (paper, C7)."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from smwm.analysis.exports import Export, read_export
from smwm.analysis.probes import PROBES, probe_r2
from smwm.analysis.records import read_table
from smwm.envs import ENVIRONMENTS, make_environment
from smwm.figures.style import PAPER_COLOUR, new_figure, save_all
from smwm.methods import METHODS
from smwm.system.files import write_bytes

COLUMNS = ("env", "quantity", "probe", "method", "seed", "r2", "paper")


def read_paper(path: Path) -> pd.DataFrame:
    """The paper's R^2: columns env, quantity, probe, method, r2."""
    columns = {"env": str, "quantity": str, "probe": str, "method": str, "r2": float}
    return read_table(path, columns, "a table of probe R^2")


def probe_table(exports: list[Export], paper: pd.DataFrame) -> pd.DataFrame:
    """Rows of COLUMNS: one an export, quantity and probe."""
    known = paper.set_index(["env", "quantity", "probe", "method"])["r2"].to_dict()
    rows = []
    for export in exports:
        environment = make_environment(export.place, 1)
        fit = environment.quantities(export.fit_states)
        held_out = environment.quantities(export.states)
        for quantity, targets in held_out.items():
            for probe in PROBES:
                data = (export.fit_latents, fit[quantity], export.latents, targets)
                r2 = probe_r2(probe, *data, seed=export.seed)
                key = (export.place, quantity, probe, export.method)
                rows.append((*key, export.seed, r2, known.get(key, np.nan)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def draw(table: pd.DataFrame) -> Figure:
    """One panel a probe: a bar a method for each quantity, the paper's value a diamond."""
    places = list(dict.fromkeys(zip(table["env"], table["quantity"], strict=True)))
    methods = [name for name in METHODS if name in set(table["method"])]
    figure = new_figure(7.2, 4.6)
    panels = figure.subplots(len(PROBES), 1, sharex=True)
    width = 0.8 / len(methods)
    for panel, probe in zip(panels, PROBES, strict=True):
        for shift, method in enumerate(methods):
            mine = table[(table["probe"] == probe) & (table["method"] == method)]
            for x, (env, quantity) in enumerate(places):
                found = mine[(mine["env"] == env) & (mine["quantity"] == quantity)]
                if len(found):
                    at = x + (shift - (len(methods) - 1) / 2) * width
                    value = max(found["r2"].mean(), 0)
                    panel.bar(at, value, width, color=METHODS[method].colour)
                    panel.plot(at, found["paper"].iloc[0], "D", color=PAPER_COLOUR, ms=3)
        panel.set_ylabel(f"R², {'linear' if probe == 'linear' else 'MLP'} probe")
        panel.set_ylim(0, 1.05)
    words = [f"{ENVIRONMENTS[env].label}\n{quantity.replace('_', ' ')}" for env, quantity in places]
    panels[-1].set_xticks(range(len(places)), words, rotation=35, ha="right", fontsize=7)
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
    means = table.groupby(["env", "quantity", "probe", "method"], sort=False)[
        ["r2", "paper"]
    ].mean()
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
    parser.add_argument("--embeddings", required=True, nargs="+", type=Path, help="`smwm embed`")
    parser.add_argument("--paper", required=True, type=Path, help="the paper's R^2, CSV")
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")
    parser.add_argument("--name", default="probe_r2", help="of the files (default: %(default)s)")


def run(arguments: argparse.Namespace) -> None:
    exports = [read_export(path, ENVIRONMENTS) for path in arguments.embeddings]
    table = probe_table(exports, read_paper(arguments.paper))
    stem = arguments.out / arguments.name
    write_bytes(stem.with_suffix(".tex"), as_latex(table).encode())
    inputs = [*arguments.embeddings, arguments.paper]
    save_all(stem, __name__, table, draw(table), inputs, [export.origin for export in exports])
