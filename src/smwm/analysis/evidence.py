"""What the claims are judged by: measured tables, and the paper's numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from smwm.analysis.paper import Paper
from smwm.analysis.tables import CLAIM_TABLES
from smwm.envs import ENVIRONMENTS

NO_TABLE = pd.DataFrame(columns=["table", "domain", "env", "method", "other", "quantity"])


@dataclass(frozen=True)
class Evidence:
    """What the rows of the report are read from."""

    paper: Paper
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)  # of `smwm measure`, by name

    @property
    def envs(self) -> list[str]:
        """The environments that were planned in."""
        found = set(self.table("planning_success")["env"])
        return [env for env in ENVIRONMENTS if env in found]

    def planned(self, env: str, methods: Iterable[str]) -> dict[str, Any]:
        """A row of planning_success of each of `methods` that planned in `env`.

        What it tells over seeds is the same in the row of every seed.
        """
        table = self.table("planning_success")
        rows = {row.method: row for row in table[table["env"] == env].itertuples()}
        return {method: rows[method] for method in methods if method in rows}

    def difference(self, env: str, method: str, other: str) -> Any | None:
        """The row of planning_differences, if both methods planned in `env`."""
        table = self.table("planning_differences")
        pair = (table["method"] == method) & (table["other"] == other)
        return next(table[pair & (table["env"] == env)].itertuples(), None)

    def numbers(self, table: str, quantity: str, **where: str) -> list[Any]:
        """Rows of over_seeds about a quantity of `table`; `where`: domain, method."""
        rows = self.table("over_seeds")
        for key, wanted in {"table": table, "quantity": quantity, **where}.items():
            rows = rows[rows[key] == wanted]
        return list(rows.itertuples())

    def table(self, name: str) -> pd.DataFrame:
        """One of CLAIM_TABLES; an empty one if it was not measured."""
        if name not in CLAIM_TABLES:
            raise ValueError(f"{name} is not in CLAIM_TABLES, which the workflow makes first")
        return self.tables.get(name, NO_TABLE)
