"""Planning success of each method in each environment (paper, main planning figure)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from smwm.analysis.intervals import rate
from smwm.analysis.records import (
    outcomes,
    paper_success,
    planning_table,
    read_records,
    settings_behind,
)
from smwm.envs import ENVIRONMENTS
from smwm.figures.style import (
    PAPER_COLOUR,
    new_figure,
    save_figure,
    save_origin,
    save_table,
)
from smwm.methods import METHODS


def draw(records: list[dict[str, Any]], paper: pd.DataFrame) -> Figure:
    """One panel an environment, one bar a method, a dot a seed, the paper's mean a diamond."""
    table = planning_table(records)
    envs = list(dict.fromkeys(table["env"]))
    methods = [name for name in METHODS if name in set(table["method"])]
    figure = new_figure(max(3.6, 0.6 + 2.4 * len(envs)), 3.1)
    panels = figure.subplots(1, len(envs), sharey=True, squeeze=False)[0]
    for panel, env in zip(panels, envs, strict=True):
        for x, method in enumerate(methods):
            _draw_bar(panel, x, method, records, env, table, paper)
        rows = table[table["env"] == env]
        panel.axhline(rows["solved_at_start"].iloc[0], color="#555555", lw=0.8, ls=":")
        panel.set_title(ENVIRONMENTS[env].label)
        panel.set_xticks([])
        panel.set_ylim(0, 105)
    panels[0].set_ylabel("planning success [%]")
    episodes = table["episodes"].iloc[0]
    seeds = sorted(set(table.groupby("env")["seed"].nunique()))
    handles = [
        *(
            panels[0].bar(np.nan, np.nan, color=METHODS[m].colour, label=METHODS[m].label)
            for m in methods
        ),
        panels[0].plot([], [], "o", color="white", mec="black", ms=3, label="one seed")[0],
        panels[0].plot([], [], "D", color=PAPER_COLOUR, ms=4, label="paper, mean")[0],
        panels[0].plot([], [], ":", color="#555555", lw=0.8, label="solved at the start")[0],
    ]
    figure.legend(handles=handles, loc="outside right upper", fontsize=7)
    figure.supxlabel(
        f"{episodes} held-out tasks, {' or '.join(map(str, seeds))} "
        f"seed{'s' * (seeds[-1] > 1)}; "
        f"bars: 95 % interval over {'seeds and ' * (seeds[-1] > 1)}tasks",
        fontsize=6.5,
    )
    return figure


def _draw_bar(
    panel: Any,
    x: int,
    method: str,
    records: list[dict[str, Any]],
    env: str,
    table: pd.DataFrame,
    paper: pd.DataFrame,
) -> None:
    solved = outcomes(records, env, method)
    if not len(solved):
        return
    estimate = rate(solved)
    error = [[estimate.value - estimate.low], [estimate.high - estimate.value]]
    panel.bar(x, estimate.value, 0.75, color=METHODS[method].colour)
    panel.errorbar(x, estimate.value, error, color="black", lw=1, capsize=3)
    seeds = table[(table["env"] == env) & (table["method"] == method)]["success_rate"]
    spread = x + np.linspace(-0.25, -0.1, len(seeds)) if len(seeds) > 1 else [x - 0.2]
    panel.plot(spread, seeds, "o", color="white", mec="black", mew=0.6, ms=3, zorder=3)
    reference = paper[(paper["env"] == env) & (paper["method"] == method)]["success_rate"]
    if len(reference):
        panel.plot(x + 0.22, reference.mean(), "D", color=PAPER_COLOUR, ms=4, zorder=3)


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--records", required=True, nargs="+", type=Path, help="of `smwm plan`")
    parser.add_argument("--paper", required=True, type=Path, help="the paper's numbers, CSV")
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")
    parser.add_argument(
        "--name", default="planning_success", help="of the files (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> None:
    records = read_records(arguments.records)
    stem = arguments.out / arguments.name
    save_table(planning_table(records), stem.with_suffix(".csv"))
    save_figure(draw(records, paper_success(arguments.paper)), stem)
    inputs = [*arguments.records, arguments.paper]
    save_origin(stem.with_suffix(".json"), __name__, inputs, settings_behind(records))
