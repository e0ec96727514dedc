"""What the claims are judged by: planning records, spectra of embeddings, tables of figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smwm.analysis.dimension import principal_axes
from smwm.analysis.exports import read_arrays
from smwm.analysis.paper import Paper
from smwm.analysis.records import outcomes
from smwm.analysis.tables import CLAIM_TABLES
from smwm.envs import ENVIRONMENTS
from smwm.errors import InputError

NO_TABLE = pd.DataFrame(columns=["env", "world", "method"])


@dataclass(frozen=True)
class Evidence:
    """What the rows of the report are computed from."""

    records: list[dict[str, Any]]  # of `smwm plan`
    spectra: pd.DataFrame  # env, method, seed, embedding_std, variances (D,), largest first
    paper: Paper
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)  # figures' CSVs by name

    @property
    def envs(self) -> list[str]:
        found = {record["env"] for record in self.records}
        return [env for env in ENVIRONMENTS if env in found]

    def has(self, env: str, *methods: str) -> bool:
        """Whether all `methods` planned in `env`."""
        return set(methods) <= {r["method"] for r in self.records if r["env"] == env}

    def solved(self, env: str, method: str) -> np.ndarray:
        """Which tasks were solved: (seeds, tasks) bool."""
        return outcomes(self.records, env, method)

    def solved_at_start(self, env: str) -> np.ndarray:
        """Which tasks (n,) need no action; the same for all methods and seeds."""
        first = next(record for record in self.records if record["env"] == env)
        return np.array(first["solved_at_start"], bool)

    def table(self, name: str) -> pd.DataFrame:
        """One of CLAIM_TABLES; an empty one if its figure was not made."""
        if name not in CLAIM_TABLES:
            raise ValueError(f"{name} is not in CLAIM_TABLES, which the workflow makes first")
        return self.tables.get(name, NO_TABLE)


def read_spectra(paths: list[Path]) -> pd.DataFrame:
    """One row an export of `smwm embed`: env, method, seed, embedding_std, variances."""
    rows = []
    for path in paths:
        arrays, origin = read_arrays(path, ["latents"], "an export of `smwm embed`")
        variances = principal_axes(arrays["latents"]).variances
        known = {key: origin["model"][key] for key in ("env", "method", "seed")}
        rows.append(known | {"embedding_std": variances.mean() ** 0.5, "variances": variances})
    return pd.DataFrame(rows)


def read_tables(paths: list[Path]) -> dict[str, pd.DataFrame]:
    """Tables of other figures by the figure's name."""
    tables = {}
    for path in paths:
        try:
            tables[path.stem] = pd.read_csv(path)
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: not the table of a figure ({error})") from error
    return tables
