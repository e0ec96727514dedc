"""What the seeds of a model say together: one number and its interval for each quantity."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from smwm.analysis.intervals import mean, ratio, span
from smwm.analysis.measured import read_measured
from smwm.errors import InputError

COLUMNS = (
    "table", "domain", "method", "quantity", "of", "unit", "seeds", "value", "ci_low", "ci_high",
)  # fmt: skip
Numbers = Iterator[tuple[Any, ...]]  # COLUMNS from `domain` on


def collapse(table: pd.DataFrame) -> Numbers:
    """At λ = 0, of each environment: spread beside SMWM's, and the components that are left."""
    for env, models in table.groupby("env", sort=False):
        seeds = models.sort_values("seed")
        ours, left = (seeds[seeds["method"] == name] for name in ("smwm", "forward_only"))
        if len(ours) and len(left):
            spread = ratio(left["embedding_std"], ours["embedding_std"])
            known = (env, "forward_only")
            yield *known, "spread", "", "% of SMWM's", len(left), *spread
            yield *known, "components", "", "", len(left), *span(left["components"])


def dot_geometry(table: pd.DataFrame) -> Numbers:
    """One dot: the spread at λ = 0, what two components hold, and how well x and y are read."""
    if {"smwm", "forward_only"} <= set(table["method"]):
        total = table.groupby(["method", "seed"])["variance"].sum() ** 0.5
        spread, count = ratio(total["forward_only"], total["smwm"]), len(total["smwm"])
        yield "single_dot", "forward_only", "spread", "", "% of SMWM's", count, *spread
    ours = table[table["method"] == "smwm"]
    if len(ours):
        share = ours[ours["component"] <= 2].groupby("seed")["share"].sum()
        r2 = ours.groupby("seed")["r2_position"].first()
        known = ("single_dot", "smwm")
        yield *known, "share", "two components", "%", len(share), *mean(share)
        yield *known, "r2_linear", "x and y", "", len(share), *mean(r2)


def latent_rollout(table: pd.DataFrame) -> Numbers:
    """The error of the last step."""
    last = table["step"].max()
    error = table[table["step"] == last].groupby("seed")["error"].first()
    words = (f"{last} steps", "% of the distance moved")
    yield "single_dot", "smwm", "error", *words, len(error), *mean(error)


def latent_dimension(table: pd.DataFrame) -> Numbers:
    """Of each world: its true dimension, the one found, and what can be read of the moves."""
    for world, seeds in table.groupby("world", sort=False):
        known, count = (world, "smwm"), len(seeds)
        yield *known, "controllable_dof", "", "", count, *span(seeds["controllable_dof"])
        yield *known, "effective_dim", "", "", count, *span(seeds["effective_dim"])
        for quantity in ("r2_controlled", "r2_distractor"):
            if seeds[quantity].notna().all():
                yield *known, quantity, "", "", count, *mean(seeds[quantity])


def sprite_decoding(table: pd.DataFrame) -> Numbers:
    """Of each world of the sprite: R² of each part of its pose, dimension and effective rank."""
    for world, rows in table.groupby("world", sort=False):
        seeds = rows.groupby("seed").first()
        known, count = (world, "smwm"), len(seeds)
        for freedom, values in rows.groupby("dof", sort=False):
            yield *known, "r2_linear", freedom, "", count, *mean(values["r2_linear"])
        yield *known, "effective_dim", "", "", count, *span(seeds["effective_dim"])
        yield *known, "effective_rank", "", "", count, *mean(seeds["effective_rank"])


def folding(table: pd.DataFrame) -> Numbers:
    """How far in state latent distance grows, also in percent of what the true state gives."""
    for (env, method), rows in table.groupby(["env", "method"], sort=False):
        seeds = rows.groupby("seed").first()
        known, unit, count = (env, method), seeds["unit"].iloc[0], len(seeds)
        share = mean(seeds["reach_share"])
        yield *known, "reach_share", "", "% of the true state's", count, *share
        yield *known, "reach", "", unit, count, *mean(seeds["reach"])


def embeddings_smwm(table: pd.DataFrame) -> Numbers:
    """The dimension found in each environment."""
    for env, rows in table.groupby("env", sort=False):
        counts = rows.groupby("seed")["effective_dim"].first()
        yield env, "smwm", "effective_dim", "", "", len(counts), *span(counts)


# For each table with a row or more a seed: the function that sums it up, and the columns it reads.
NUMBERS: dict[str, tuple[Callable[[pd.DataFrame], Numbers], tuple[str, ...]]] = {
    "collapse": (collapse, ("env", "method", "seed", "embedding_std", "components")),
    "dot_geometry": (
        dot_geometry, ("method", "seed", "component", "variance", "share", "r2_position"),
    ),
    "latent_rollout": (latent_rollout, ("seed", "step", "error")),
    "latent_dimension": (
        latent_dimension,
        ("world", "controllable_dof", "effective_dim", "r2_controlled", "r2_distractor"),
    ),
    "sprite_decoding": (
        sprite_decoding, ("world", "seed", "dof", "r2_linear", "effective_dim", "effective_rank"),
    ),
    "folding": (folding, ("env", "method", "seed", "unit", "reach", "reach_share")),
    "embeddings_smwm": (embeddings_smwm, ("env", "seed", "effective_dim")),
}  # fmt: skip


def over_seeds_table(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows of COLUMNS, one a quantity; `tables` by their names in NUMBERS.

    of: what the quantity is told of, if it is of several things. Bounds are those of the 95 %
    interval over seeds, of counts the range, NaN with one seed.
    """
    rows = [(name, *row) for name, table in tables.items() for row in NUMBERS[name][0](table)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def over_seeds(tables: list[Path]) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Raises InputError naming a table that is none of NUMBERS."""
    for path in tables:
        if path.stem not in NUMBERS:
            raise InputError(f"{path}: {path.stem!r} is unknown, allowed: {', '.join(NUMBERS)}")
    found = {path.stem: read_measured(path, NUMBERS[path.stem][1]) for path in tables}
    settings = [one for measured in found.values() for one in measured.settings]
    different = {json.dumps(one, sort_keys=True): one for one in settings}
    table = over_seeds_table({name: measured.table for name, measured in found.items()})
    return table, list(different.values())
