"""The paper's numbers, read from `resources/paper`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from smwm.analysis.measured import read_table
from smwm.config.folder import PAPER

FILES: dict[str, Mapping[str, type]] = {
    "horizon_sweep": {"env": str, "method": str, "goal_offset": int, "success_rate": float},
    "latent_dimension": {"world": str, "controllable_dof": float},
    "toy": {"world": str, "quantity": str, "value": float},
    "settings": {"part": str, "setting": str, "domain": str, "value": str},  # domain: or all
}


@dataclass(frozen=True)
class Paper:
    """Tables of the paper's numbers; each look-up gives NaN for what the paper does not tell."""

    tables: dict[str, pd.DataFrame]

    def freedoms(self, world: str) -> float:
        """Degrees of freedom that the actions control in a world or environment."""
        return self._value("latent_dimension", "controllable_dof", world=world)

    def toy(self, world: str, quantity: str) -> float:
        """What the authors' own run of a sprite world printed."""
        return self._value("toy", "value", world=world, quantity=quantity)

    def fall(self, env: str, near: int, far: int) -> float:
        """Success lost from `near` to `far` steps, SMWM minus SIGReg [points]."""
        rate = {
            (method, offset): self._value(
                "horizon_sweep", "success_rate", env=env, method=method, goal_offset=offset
            )
            for method in ("smwm", "sigreg")
            for offset in (near, far)
        }
        ours = rate["smwm", near] - rate["smwm", far]
        return ours - (rate["sigreg", near] - rate["sigreg", far])

    def falls(self) -> str:
        """The falls over the whole range of distances, as a sentence."""
        table = self.tables["horizon_sweep"]
        near, far = table["goal_offset"].min(), table["goal_offset"].max()
        words = [f"{self.fall(env, near, far):+.0f} on {env}" for env in table["env"].unique()]
        return (
            f"In the paper's own table, success lost from {near} to {far} steps, SMWM minus "
            f"SIGReg, is {', '.join(words)} points: each environment is judged by its own number."
        )

    def _value(self, name: str, column: str, **where: str | int) -> float:
        table = self.tables[name]
        for key, wanted in where.items():
            table = table[table[key] == wanted]
        return float(table[column].iloc[0]) if len(table) else math.nan


def read_paper(folder: Path = PAPER) -> Paper:
    """Raises InputError naming a table that is missing or lacks a column."""
    return Paper(
        {
            name: read_table(folder / f"{name}.csv", columns, f"the paper's table {name}")
            for name, columns in FILES.items()
        }
    )
