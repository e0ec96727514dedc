"""The records of planning evaluations, and the paper's numbers beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smwm.analysis.intervals import rate
from smwm.analysis.measured import read_table
from smwm.envs import ENVIRONMENTS
from smwm.errors import InputError
from smwm.training.objectives import OBJECTIVES

Record = dict[str, Any]
METHODS = (*OBJECTIVES, "random")
COLUMNS = {
    "env": str,
    "method": str,
    "seed": int,
    "episodes": int,
    "success_rate": float,
    "solved_at_start": float,
    "success_rate_rest": float,
    "replay_success": float,
}
NEEDED = {"env", "method", "seed", "solved", "solved_at_start", "replay_success", "settings"}


def read_records(
    paths: Iterable[Path], key: Callable[[Record], tuple] = lambda record: ()
) -> list[Record]:
    """Read records of `smwm plan`.

    `key`: what tells runs apart beside environment, method and seed; ValueError where a record
    lacks it. Raises InputError naming a file that is no record, repeats a run, or counts other
    tasks than the first record of its environment.
    """
    records: list[Record] = []
    seen: dict[tuple, Path] = {}
    tasks: dict[str, int] = {}  # how many, by environment
    for path in paths:
        try:
            record = json.loads(Path(path).read_text(encoding="utf-8"))
            missing = NEEDED - record.keys()
            if missing:
                raise KeyError(*sorted(missing))
            env, method, solved = record["env"], record["method"], record["solved"]
            for name in ("solved", "solved_at_start", "replay_success"):
                if {type(outcome) for outcome in record[name]} - {bool}:
                    raise ValueError(f"{name} must be a list of true and false")
            if not isinstance(record["seed"], int):
                raise ValueError("seed must be an integer")
            if env not in ENVIRONMENTS or method not in METHODS or not solved:
                raise ValueError(f"{method!r} on {env!r}, {len(solved)} tasks")
            run = env, method, record["seed"], *key(record)
        except (
            OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError,
        ) as error:  # fmt: skip
            raise InputError(f"{path}: not a record of `smwm plan` ({error!r})") from error
        if run in seen:
            raise InputError(f"{path}: the same run as {seen[run]}")
        if len(solved) != tasks.setdefault(env, len(solved)):
            raise InputError(f"{path}: has {len(solved)} tasks, other records {tasks[env]}")
        if not len(solved) == len(record["solved_at_start"]) == len(record["replay_success"]):
            raise InputError(f"{path}: its outcomes are of different numbers of tasks")
        seen[run] = path
        records.append(record)
    return records


def rates_by(key: Callable[[Record], tuple], records: list[Record]) -> list[tuple]:
    """Rows (the key, seeds, episodes, success [%] and its 95 % bounds): one a value of `key`."""
    groups: dict[tuple, list[Record]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    rows = []
    for values, group in sorted(groups.items()):
        solved = np.array([r["solved"] for r in sorted(group, key=lambda r: r["seed"])], bool)
        rows.append((*values, *solved.shape, *rate(solved)))
    return rows


def outcomes(records: list[Record], env: str, method: str) -> np.ndarray:
    """Which tasks were solved: (seeds, tasks) bool, seeds in order."""
    chosen = [r for r in records if (r["env"], r["method"]) == (env, method)]
    return np.array([r["solved"] for r in sorted(chosen, key=lambda r: r["seed"])], bool)


def settings_behind(records: list[Record]) -> list[dict[str, Any]]:
    """The different settings behind the records, each with the seeds that share it."""
    groups: dict[str, dict[str, Any]] = {}
    for record in records:
        model = {k: v for k, v in record.get("model", {}).items() if k != "seed"}
        group = {key: record[key] for key in ("env", "method", "settings")} | {"model": model}
        seeds = groups.setdefault(json.dumps(group), group | {"seeds": []})["seeds"]
        seeds.append(record["seed"])
    return list(groups.values())


def planning_table(records: list[Record]) -> pd.DataFrame:
    """One row an environment, method and seed; shares in percent of the episodes.

    success_rate_rest counts the tasks that were not solved at the start; it is NaN where none
    is left.
    """
    rows = []
    for record in records:
        solved, at_start = np.array(record["solved"]), np.array(record["solved_at_start"])
        rest = solved[~at_start]
        rows.append(
            {
                "env": record["env"],
                "method": record["method"],
                "seed": record["seed"],
                "episodes": len(solved),
                "success_rate": 100 * solved.mean(),
                "solved_at_start": 100 * at_start.mean(),
                "success_rate_rest": 100 * rest.mean() if len(rest) else np.nan,
                "replay_success": 100 * np.mean(record["replay_success"]),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def paper_success(path: Path) -> pd.DataFrame:
    """The paper's planning success per seed: columns env, method, seed, success_rate."""
    columns = {"env": str, "method": str, "seed": str, "success_rate": float}
    table = read_table(path, columns, "a table of planning success")
    return table[table["seed"] != "mean"][list(columns)]
