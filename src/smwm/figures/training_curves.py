"""How training went: loss terms, embedding std and effective rank over the steps."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from smwm.analysis.measured import read_table
from smwm.envs import ENVIRONMENTS
from smwm.errors import InputError
from smwm.figures.style import new_figure, save_all
from smwm.methods import METHODS, TRAINED

MEASURES = {
    "forward": "forward loss",
    "regulariser": "regulariser",
    "embedding_std": "embedding std",
    "effective_rank": "effective rank",
}

COLUMNS = ("env", "method", "seed", "step", *MEASURES)
LOG = re.compile(r"(?P<env>[^/]+)/(?P<method>[^/]+)/seed(?P<seed>\d+)\.csv$")


def read_curves(paths: list[Path]) -> pd.DataFrame:
    """Logs of `smwm train` at <env>/<method>/seed<n>.csv as one table of COLUMNS.

    Only the regulariser may be missing: forward-only training has none.
    """
    needed = {"step": int, **dict.fromkeys(MEASURES, float)}
    del needed["regulariser"]
    tables = []
    for path in paths:
        found = LOG.search(path.as_posix())
        if found is None or found["method"] not in TRAINED:
            raise InputError(f"{path}: its name is not <env>/<method>/seed<n>.csv")
        table = read_table(path, needed, "a log of `smwm train`").reindex(columns=COLUMNS[3:])
        tables.append(table.assign(**found.groupdict()).astype({"seed": int}))
    return pd.concat(tables)[list(COLUMNS)]


def draw(curves: pd.DataFrame) -> Figure:
    """One row a measure, one column an environment, one line a seed."""
    envs = list(dict.fromkeys(curves["env"]))
    figure = new_figure(1.4 + 2.0 * len(envs), 1.5 * len(MEASURES))
    panels = figure.subplots(len(MEASURES), len(envs), squeeze=False, sharex="col", sharey="row")
    for column, env in zip(panels.T, envs, strict=True):
        mine = curves[curves["env"] == env]
        for panel, measure in zip(column, MEASURES, strict=True):
            for (method, _), line in mine.groupby(["method", "seed"]):
                if (line[measure] > 0).any():
                    colour = METHODS[method].colour
                    panel.plot(line["step"], line[measure], color=colour, lw=0.8)
            panel.set_yscale("linear" if measure == "effective_rank" else "log")
        column[0].set_title(ENVIRONMENTS[env].label if env in ENVIRONMENTS else env)
        column[-1].set_xlabel("step")
    figure.align_ylabels(panels[:, 0])
    for panel, words in zip(panels[:, 0], MEASURES.values(), strict=True):
        panel.set_ylabel(words)
    methods = [name for name in METHODS if name in set(curves["method"])]
    handles = [
        panels[0, 0].plot([], [], color=METHODS[m].colour, label=METHODS[m].label)[0]
        for m in methods
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(methods), fontsize=7)
    return figure


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--curves", required=True, nargs="+", type=Path, help="of `smwm train`")
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")


def run(arguments: argparse.Namespace) -> None:
    curves = read_curves(arguments.curves)
    stem = arguments.out / "training_curves"
    save_all(stem, __name__, curves, draw(curves), arguments.curves, [])
