"""Success of planning: of each method, their differences, and over the sweeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smwm.analysis.intervals import Estimate, rate, rate_difference
from smwm.analysis.measured import read_table
from smwm.analysis.records import (
    Record,
    outcomes,
    paper_success,
    planning_table,
    rates_by,
    read_records,
    settings_behind,
)

Settings = list[dict[str, Any]]
OVER_SEEDS = (
    "seeds", "mean", "ci_low", "ci_high", "rest_episodes", "rest_mean", "rest_low", "rest_high",
    "paper",
)  # fmt: skip
PAIRS = (
    ("smwm", "sigreg"), ("smwm", "forward_only"), ("smwm", "random"), ("forward_only", "random"),
)  # fmt: skip
DIFFERENCE = ("env", "method", "other", "seeds", "episodes", "difference", "ci_low", "ci_high")
RATE = ("seeds", "episodes", "success_rate", "ci_low", "ci_high")
WEIGHT = ("env", "weight", "steps", "budget", *RATE)
SCALING = ("env", "method", "steps", "training_episodes", *RATE)
DISTANCE = ("env", "method", "offset", "budget", *RATE, "paper")
NONE = Estimate(np.nan, np.nan, np.nan)


def success_table(records: list[Record], paper: pd.DataFrame) -> pd.DataFrame:
    """The rows of `planning_table`, each with OVER_SEEDS of its environment and method.

    mean: success [%] over seeds and tasks, with its 95 % interval; rest: the same of the tasks
    that were not solved at the start, which are the same for all seeds; paper: the paper's mean.
    """
    table = planning_table(records)
    known = paper.groupby(["env", "method"])["success_rate"].mean()
    rows = {}
    for env, method in dict.fromkeys(zip(table["env"], table["method"], strict=True)):
        solved = outcomes(records, env, method)
        rest = solved[:, ~_solved_at_start(records, env)]
        estimate = rate(rest) if rest.size else NONE
        theirs = known.get((env, method), np.nan)
        rows[env, method] = (len(solved), *rate(solved), rest.shape[1], *estimate, theirs)
    shared = pd.DataFrame.from_dict(rows, orient="index", columns=list(OVER_SEEDS))
    keys = pd.MultiIndex.from_frame(table[["env", "method"]])
    shared.index = pd.MultiIndex.from_tuples(shared.index)
    return pd.concat([table, shared.loc[keys].reset_index(drop=True)], axis=1)


def _solved_at_start(records: list[Record], env: str) -> np.ndarray:
    """Which tasks (n,) need no action."""
    first = next(record for record in records if record["env"] == env)
    return np.array(first["solved_at_start"], bool)


def difference_table(records: list[Record]) -> pd.DataFrame:
    """Rows of DIFFERENCE: success of `method` minus that of `other` on the same tasks [points]."""
    rows = []
    for env in dict.fromkeys(record["env"] for record in records):
        for method, other in PAIRS:
            ours, theirs = outcomes(records, env, method), outcomes(records, env, other)
            if len(ours) and len(theirs):
                rows.append((env, method, other, *ours.shape, *rate_difference(ours, theirs)))
    return pd.DataFrame(rows, columns=list(DIFFERENCE))


def weight_of(record: Record) -> tuple[float, int, int]:
    """λ and training steps of the model behind a record, and the budget of its tasks.

    Raises ValueError or KeyError if it is not of SMWM, or tells none.
    """
    if record["method"] != "smwm":
        raise ValueError(f"is of {record['method']!r}, a weight of 'smwm' is needed")
    training = record["model"]["settings"]
    return float(training["weight"]), int(training["steps"]), int(record["settings"]["budget"])


def weight_table(records: list[Record]) -> pd.DataFrame:
    """Rows of WEIGHT; success in percent, 95 % interval over seeds and tasks."""
    rows = rates_by(lambda record: (record["env"], *weight_of(record)), records)
    return pd.DataFrame(rows, columns=list(WEIGHT))


def distance_of(record: Record) -> tuple[int, int]:
    """Steps to the goal and budget of a record. Raises KeyError if it tells none."""
    return int(record["settings"]["offset"]), int(record["settings"]["budget"])


def distance_table(records: list[Record], paper: pd.DataFrame) -> pd.DataFrame:
    """Rows of DISTANCE; success in percent, 95 % interval over seeds and tasks."""
    known = paper.set_index(["env", "method", "goal_offset"])["success_rate"].to_dict()
    rows = rates_by(lambda r: (r["env"], r["method"], *distance_of(r)), records)
    rows = [(*row, known.get(row[:3], np.nan)) for row in rows]
    return pd.DataFrame(rows, columns=list(DISTANCE))


def training_of(record: Record) -> tuple[int, int]:
    """Training steps and training episodes of the model behind a record.

    Raises KeyError if it tells none, TypeError if no model is behind it.
    """
    return int(record["model"]["settings"]["steps"]), int(record["model"]["episodes"])


def scaling_table(records: list[Record]) -> pd.DataFrame:
    """Rows of SCALING, of the tasks that were not solved at the start.

    Success in percent, 95 % interval over seeds and tasks. An environment in which every task was
    solved at the start has no rows.
    """
    rest = []
    for record in records:
        pairs = zip(record["solved"], record["solved_at_start"], strict=True)
        if left := [solved for solved, at_start in pairs if not at_start]:
            rest.append(record | {"solved": left})
    rows = rates_by(lambda r: (r["env"], r["method"], *training_of(r)), rest)
    return pd.DataFrame(rows, columns=list(SCALING))


def paper_distances(path: Path) -> pd.DataFrame:
    """The paper's success: columns env, method, goal_offset, success_rate."""
    columns = {"env": str, "method": str, "goal_offset": int, "success_rate": float}
    return read_table(path, columns, "a table of the horizon sweep")


def planning_success(records: list[Path], paper: list[Path]) -> tuple[pd.DataFrame, Settings]:
    found = read_records(records)
    return success_table(found, paper_success(paper[0])), settings_behind(found)


def planning_differences(records: list[Path]) -> tuple[pd.DataFrame, Settings]:
    found = read_records(records)
    return difference_table(found), settings_behind(found)


def lambda_sweep(records: list[Path]) -> tuple[pd.DataFrame, Settings]:
    found = read_records(records, weight_of)
    return weight_table(found), settings_behind(found)


def horizon_sweep(records: list[Path], paper: list[Path]) -> tuple[pd.DataFrame, Settings]:
    found = read_records(records, distance_of)
    return distance_table(found, paper_distances(paper[0])), settings_behind(found)


def scaling(records: list[Path]) -> tuple[pd.DataFrame, Settings]:
    found = read_records(records, training_of)
    return scaling_table(found), settings_behind(found)
