"""How success falls with the goal's distance; the budget is twice that (paper, C9)."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from smwm.analysis.records import Record, rates_by, read_records, read_table, settings_behind
from smwm.envs import ENVIRONMENTS
from smwm.figures.style import draw_rates, new_figure, save_all
from smwm.methods import METHODS

COLUMNS = (
    "env", "method", "offset", "budget", "seeds", "episodes", "success_rate", "ci_low", "ci_high",
    "paper",
)  # fmt: skip


def read_paper(path: Path) -> pd.DataFrame:
    """The paper's success: columns env, method, goal_offset, success_rate."""
    columns = {"env": str, "method": str, "goal_offset": int, "success_rate": float}
    return read_table(path, columns, "a table of the horizon sweep")


def distance_of(record: Record) -> tuple[int, int]:
    """Steps to the goal and budget of a record. Raises KeyError if it tells none."""
    return int(record["settings"]["offset"]), int(record["settings"]["budget"])


def sweep_table(records: list[Record], paper: pd.DataFrame) -> pd.DataFrame:
    """Rows of COLUMNS; success in percent, 95 % interval over seeds and tasks."""
    known = paper.set_index(["env", "method", "goal_offset"])["success_rate"].to_dict()
    rows = rates_by(lambda r: (r["env"], r["method"], *distance_of(r)), records)
    rows = [(*row, known.get(row[:3], np.nan)) for row in rows]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def draw(table: pd.DataFrame) -> Figure:
    """One panel an environment, one line a method; the paper's line is dashed."""
    envs = [env for env in ENVIRONMENTS if env in set(table["env"])]
    figure = new_figure(1.6 + 2.6 * len(envs), 2.8)
    panels = figure.subplots(1, len(envs), sharey=True, squeeze=False)[0]
    methods = [name for name in METHODS if name in set(table["method"])]
    for panel, env in zip(panels, envs, strict=True):
        for number, method in enumerate(methods):
            mine = table[(table["env"] == env) & (table["method"] == method)]
            colour = METHODS[method].colour
            beside = number - (len(methods) - 1) / 2  # so that intervals stand side by side
            draw_rates(panel, mine["offset"] + beside, mine, colour)
            panel.plot(mine["offset"], mine["paper"], "--", lw=0.8, color=colour)
        panel.set_title(ENVIRONMENTS[env].label)
        panel.set_xticks(sorted(table["offset"].unique()))
        panel.set_xlabel("steps to the goal")
    panels[0].set_ylabel("planning success [%]")
    handles = [
        panels[0].plot([], [], "o-", color=METHODS[m].colour, label=METHODS[m].label)[0]
        for m in methods
    ]
    handles += panels[0].plot([], [], "--", color="#555555", lw=0.8, label="paper")
    figure.legend(handles=handles, loc="outside right upper", fontsize=7)
    return figure


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--records", required=True, nargs="+", type=Path, help="of `smwm plan`")
    parser.add_argument("--paper", required=True, type=Path, help="the paper's numbers, CSV")
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")


def run(arguments: argparse.Namespace) -> None:
    records = read_records(arguments.records, distance_of)
    table = sweep_table(records, read_paper(arguments.paper))
    settings = settings_behind(records)
    inputs = [*arguments.records, arguments.paper]
    save_all(arguments.out / "horizon_sweep", __name__, table, draw(table), inputs, settings)
