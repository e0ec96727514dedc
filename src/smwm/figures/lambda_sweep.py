"""How much the weight of the inverse term matters (paper, C8)."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from smwm.analysis.records import Record, rates_by, read_records, settings_behind
from smwm.envs import ENVIRONMENTS
from smwm.figures.style import draw_rates, new_figure, save_all

COLUMNS = (
    "env", "weight", "steps", "budget", "seeds", "episodes", "success_rate", "ci_low", "ci_high",
)  # fmt: skip
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")  # of environments, Okabe and Ito


def run_of(record: Record) -> tuple[float, int, int]:
    """λ and training steps of the model behind a record, and the budget of its tasks.

    Raises ValueError or KeyError if it is not of SMWM, or tells none.
    """
    if record["method"] != "smwm":
        raise ValueError(f"is of {record['method']!r}, a weight of 'smwm' is needed")
    training = record["model"]["settings"]
    return float(training["weight"]), int(training["steps"]), int(record["settings"]["budget"])


def sweep_table(records: list[Record]) -> pd.DataFrame:
    """Rows of COLUMNS; success in percent, 95 % interval over seeds and tasks."""
    rows = rates_by(lambda record: (record["env"], *run_of(record)), records)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def draw(table: pd.DataFrame) -> Figure:
    """One line an environment over the weights, with its budget; 0 stands apart, at the left."""
    figure = new_figure(5.4, 2.9)
    panel = figure.subplots()
    positive = table[table["weight"] > 0]["weight"]
    zero = positive.min() / 5 if len(positive) else 1.0
    envs = [env for env in ENVIRONMENTS if env in set(table["env"])]
    for number, env in enumerate(envs):
        mine = table[table["env"] == env]
        x = mine["weight"].where(mine["weight"] > 0, zero)
        x = x * 1.06 ** (number - (len(envs) - 1) / 2)  # so that intervals stand side by side
        label = f"{ENVIRONMENTS[env].label}, budget {mine['budget'].max()}"
        draw_rates(panel, x, mine, COLOURS[number], label)
    panel.set_xscale("log")
    ticks = sorted(positive.unique())
    panel.set_xticks([zero, *ticks], ["0", *(f"{tick:g}" for tick in ticks)], minor=False)
    panel.minorticks_off()
    panel.set_xlabel("weight λ of the inverse term")
    panel.set_ylabel("planning success [%]")
    figure.legend(loc="outside right upper", fontsize=7)
    return figure


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--records", required=True, nargs="+", type=Path, help="of `smwm plan`")
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")


def run(arguments: argparse.Namespace) -> None:
    records = read_records(arguments.records, run_of)
    table = sweep_table(records)
    settings = settings_behind(records)
    stem = arguments.out / "lambda_sweep"
    save_all(stem, __name__, table, draw(table), arguments.records, settings)
