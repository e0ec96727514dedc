"""The records of planning evaluations, and the paper's numbers beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smwm.errors import InputError

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


def read_records(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Read records of `smwm plan`. Raises InputError naming a file that is not one."""
    records = []
    for path in paths:
        try:
            record = json.loads(Path(path).read_text())
            missing = NEEDED - record.keys()
            if missing:
                raise KeyError(*sorted(missing))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: not a record of `smwm plan` ({error!r})") from error
        records.append(record)
    return records


def outcomes(records: list[dict[str, Any]], env: str, method: str) -> np.ndarray:
    """Which tasks were solved: (seeds, tasks) bool, seeds in order."""
    chosen = [r for r in records if (r["env"], r["method"]) == (env, method)]
    return np.array([r["solved"] for r in sorted(chosen, key=lambda r: r["seed"])], bool)


def settings_behind(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The different settings behind the records, each with the seeds that share it."""
    groups: dict[str, dict[str, Any]] = {}
    for record in records:
        model = {k: v for k, v in record.get("model", {}).items() if k != "seed"}
        group = {key: record[key] for key in ("env", "method", "settings")} | {"model": model}
        seeds = groups.setdefault(json.dumps(group), group | {"seeds": []})["seeds"]
        seeds.append(record["seed"])
    return list(groups.values())


def planning_table(records: list[dict[str, Any]]) -> pd.DataFrame:
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
    try:
        table = pd.read_csv(path)
        return table[table["seed"] != "mean"][["env", "method", "seed", "success_rate"]]
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: not a table of planning success ({error!r})") from error
