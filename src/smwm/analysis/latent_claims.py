"""The claims about latents and sweeps as rows, from the tables that their figures are drawn from.

A table that was not made leaves no row.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from smwm.analysis.claims import Evidence, Row
from smwm.analysis.intervals import Estimate, combine, mean, ratio, span

FREEDOMS = {  # of the arrow that the actions control
    "sprite_none": (), "sprite_x": ("x",), "sprite_xy": ("x", "y"),
    "sprite_xyt": ("x", "y", "angle"),
}  # fmt: skip
GEOMETRY = {"two_room": 2, "reacher": 4}  # components that mirror the controllable state


def latent_rows(evidence: Evidence) -> list[Row]:
    """C1 to C5, C7, C10 and E1, as far as their tables are there."""
    parts = {
        "dot_geometry": _one_dot,
        "latent_rollout": _rollout,
        "latent_dimension": _dimensions,
        "sprite_decoding": _sprites,
        "probe_r2": _probes,
        "embeddings_smwm": _geometry,
        "distractors": _distractors,
    }
    return [row for name, part in parts.items() if name in evidence.tables
            for row in part(evidence.tables[name])]  # fmt: skip


def sweep_rows(evidence: Evidence) -> list[Row]:
    """C8 and C9, as far as their tables are there."""
    parts = {"lambda_sweep": _weights, "horizon_sweep": _horizons}
    return [row for name, part in parts.items() if name in evidence.tables
            for row in part(evidence.tables[name])]  # fmt: skip


def _one_dot(table: pd.DataFrame) -> list[Row]:
    total = table.groupby(["method", "seed"])["variance"].sum()
    ours = table[table["method"] == "smwm"]
    share = ours[ours["component"] <= 2].groupby("seed")["share"].sum()
    r2 = ours.groupby("seed")["r2_position"].first()
    shared, n, figure = ("single_dot", "smwm"), len(share), "dot_geometry"
    rows = [
        Row("C2", *shared, "variance in two components [%]", mean(share), math.nan, n,
            "nearly_all", figure),
        Row("C2", *shared, "linear R² of x and y", mean(r2), math.nan, n, "kept", figure),
    ]  # fmt: skip
    if "forward_only" in total:
        spread = ratio(total["forward_only"] ** 0.5, total["smwm"] ** 0.5)
        metric = "embedding std [% of SMWM's]"
        known = ("C1", "single_dot", "forward_only", metric, spread, math.nan, n)
        rows.append(Row(*known, "collapsed", figure))
    return rows


def _rollout(table: pd.DataFrame) -> list[Row]:
    last = table[table["step"] == table["step"].max()].groupby("seed")["error"].first()
    metric = f"error of {table['step'].max()} steps [% of the distance moved]"
    known = ("C3", "single_dot", "smwm", metric, mean(last), math.nan, len(last))
    return [Row(*known, "commutes", "latent_rollout")]


def _dimensions(table: pd.DataFrame) -> list[Row]:
    rows = []
    for world, seeds in table.groupby("world", sort=False):
        shared, n = ("C4", world, "smwm"), len(seeds)
        true, found = seeds["controllable_dof"].iloc[0], seeds["effective_dim"]
        known = (*shared, "effective dimension", span(found), true, n)
        rows.append(Row(*known, "count", "latent_dimension"))
        for column, rule, words in (
            ("r2_controlled", "kept", "linear R² of controlled moves"),
            ("r2_distractor", "dropped", "linear R² of the distractor"),
        ):
            if seeds[column].notna().all():
                known = (*shared, words, mean(seeds[column]), math.nan, n)
                rows.append(Row(*known, rule, "latent_dimension"))
    return rows


def _sprites(table: pd.DataFrame) -> list[Row]:
    rows = []
    for world, mine in table.groupby("world", sort=False):
        seeds = mine.groupby("seed").first()
        true, n = seeds["controllable_dof"].iloc[0], len(seeds)
        known = ("C5", world, "smwm", "effective dimension", span(seeds["effective_dim"]), true, n)
        rows.append(Row(*known, "count", "sprite_decoding"))
        if not seeds["effective_dim"].any():
            continue  # probes ignore scale and would read from what a collapsed encoder has left
        for freedom, values in mine.groupby("dof", sort=False):
            rule = "kept" if freedom in FREEDOMS[world] else "dropped"
            known = ("C5", world, "smwm", f"linear R² of {freedom}", mean(values["r2_linear"]))
            rows.append(Row(*known, math.nan, n, rule, "sprite_decoding"))
    return rows


def _probes(table: pd.DataFrame) -> list[Row]:
    rows = []
    ours = table[(table["method"] == "smwm") & table["paper"].notna()]
    for (env, quantity, probe), seeds in ours.groupby(["env", "quantity", "probe"], sort=False):
        name = {"linear": "linear", "mlp": "MLP"}[probe]
        known = ("C7", env, "smwm", f"{name} R² of {quantity.replace('_', ' ')}")
        estimate, paper = mean(seeds["r2"]), float(seeds["paper"].iloc[0])
        rows.append(Row(*known, estimate, paper, len(seeds), "probe", "probe_r2"))
    return rows


def _geometry(table: pd.DataFrame) -> list[Row]:
    rows = []
    for env, true in GEOMETRY.items():
        seeds = table[table["env"] == env].groupby("seed")["effective_dim"].first()
        if len(seeds):
            known = ("C10", env, "smwm", "effective dimension", span(seeds), true, len(seeds))
            rows.append(Row(*known, "count", "embeddings_smwm"))
    return rows


def _distractors(table: pd.DataFrame) -> list[Row]:
    rows = []
    for env, mine in table[table["method"] == "smwm"].groupby("env", sort=False):
        found = {row.measure: row for row in mine.itertuples()}
        shared, figure = ("E1", env, "smwm"), "distractors"
        for name in ("linear", "MLP"):
            r2 = found[f"{name} R² of distractor position"]
            estimate = Estimate(r2.value, r2.ci_low, r2.ci_high)
            known = (*shared, f"{name} R² of the distractor", estimate, math.nan, r2.seeds)
            rows.append(Row(*known, "dropped", figure))
        rates = [found[f"success {word} [%]"] for word in ("with", "without")]
        parts = [Estimate(rate.value, rate.ci_low, rate.ci_high) for rate in rates]
        gap = combine((1, parts[0]), (-1, parts[1]))
        n = sum(rate.seeds * rate.episodes for rate in rates)
        known = (*shared, "success with minus without [points]", gap, math.nan, n)
        rows.append(Row(*known, "parity", figure))
    return rows


def _weights(table: pd.DataFrame) -> list[Row]:
    """The worst weight and 0 against the best one: the choice of both makes the gap look wide."""
    rows = []
    for env, mine in table.groupby("env", sort=False):
        rates = {row.weight: _rate(row) for row in mine.itertuples()}
        positive = {weight: r for weight, r in rates.items() if weight > 0}
        if not positive:
            continue
        best = max(positive.values(), key=lambda r: r.value)
        worst = min(positive.values(), key=lambda r: r.value)
        words = f"worst minus best for λ of {min(positive):g} to {max(positive):g} [points]"
        n = int(mine["episodes"].max() * mine["seeds"].max())
        known = ("C8", env, "smwm", words, combine((1, worst), (-1, best)), math.nan, n)
        rows.append(Row(*known, "matters_little", "lambda_sweep"))
        if 0 in rates:
            gap = combine((1, rates[0]), (-1, best))
            known = ("C8", env, "smwm", "λ = 0 minus the best λ [points]", gap, math.nan, n)
            rows.append(Row(*known, "fails", "lambda_sweep"))
    return rows


def _horizons(table: pd.DataFrame) -> list[Row]:
    rows = []
    for env, mine in table.groupby("env", sort=False):
        found = {}
        for row in mine.itertuples():
            found[row.method, row.offset] = row
            known = ("C9", env, row.method, f"success at {row.offset} steps [%]", _rate(row))
            n = row.seeds * row.episodes
            if not np.isnan(row.paper):
                rows.append(Row(*known, row.paper, n, "level", "horizon_sweep"))
        near, far = mine["offset"].min(), mine["offset"].max()
        ends = [(method, offset) for method in ("smwm", "sigreg") for offset in (near, far)]
        if near < far and all(end in found for end in ends):
            signs = (1, -1, -1, 1)
            parts = [(sign, _rate(found[end])) for sign, end in zip(signs, ends, strict=True)]
            paper = sum(sign * found[end].paper for sign, end in zip(signs, ends, strict=True))
            words = f"fall from {near} to {far} steps, minus sigreg's [points]"
            known = ("C9", env, "smwm", words, combine(*parts), paper)
            n = sum(found[end].seeds * found[end].episodes for end in ends)
            rows.append(Row(*known, n, "slower", "horizon_sweep"))
    return rows


def _rate(row: object) -> Estimate:
    return Estimate(row.success_rate, row.ci_low, row.ci_high)
