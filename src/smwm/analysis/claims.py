"""The paper's claims one after another, each with the rows of evidence that it rests on.

A claim has one primary endpoint, which its verdict rests on; other rows support it or are
context, such as the levels of the baselines. Numbers and intervals are read from measured tables;
only differences of two of them are taken here. A table that was not made leaves no row.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from smwm.analysis.evidence import Evidence
from smwm.analysis.intervals import Estimate, combine
from smwm.analysis.verdicts import Row, judged

PROBES = {"linear": "linear", "mlp": "MLP"}
LEVELS = ("smwm", "sigreg", "forward_only", "random")
SPREAD = "embedding std [% of SMWM's]"


def collapse(evidence: Evidence) -> list[Row]:
    """C1, from embeddings at λ = 0 beside SMWM's, and whether they still plan."""
    rows = []
    spread = partial(_row, claim="C1", metric=SPREAD, rule="collapsed", primary=True)
    words = "components above 1 % of SMWM's first variance"
    left = partial(_row, claim="C1", metric=words, rule="count", reference=0)
    for env in evidence.envs:
        found = partial(evidence.numbers, "collapse", domain=env)
        rows += [spread(one, figure="replication") for one in found("spread")]
        rows += [left(one, figure="replication") for one in found("components")]
        rows += _difference(evidence, "C1", env, "forward_only", "random", "near_random")
    dots = evidence.numbers("dot_geometry", "spread")
    return rows + [spread(one, figure="dot_geometry") for one in dots]


def one_dot(evidence: Evidence) -> list[Row]:
    """C2, from the principal components of one dot's latent."""
    a_row = partial(_row, claim="C2", figure="dot_geometry")
    shares, r2 = (evidence.numbers("dot_geometry", name) for name in ("share", "r2_linear"))
    return [
        *(a_row(one, metric=f"variance in {one.of} [%]", rule="nearly_all", primary=True)
          for one in shares),
        *(a_row(one, metric=f"linear R² of {one.of}", rule="kept") for one in r2),
    ]  # fmt: skip


def rollout(evidence: Evidence) -> list[Row]:
    """C3, from latents predicted over several steps beside encoded ones."""
    return [
        _row(one, claim="C3", metric=f"error of {one.of} [{one.unit}]", rule="commutes",
             primary=True, figure="latent_rollout")
        for one in evidence.numbers("latent_rollout", "error")
    ]  # fmt: skip


def dot_worlds(evidence: Evidence) -> list[Row]:
    """C4, from the significant components of worlds of several dots."""
    rows = []
    a_row = partial(_row, claim="C4", figure="latent_dimension")
    for true in evidence.numbers("latent_dimension", "controllable_dof"):
        found = partial(evidence.numbers, "latent_dimension", domain=true.domain)
        rows += [
            a_row(one, metric="effective dimension", paper=evidence.paper.freedoms(true.domain),
                reference=true.value, rule="count", primary=True)
            for one in found("effective_dim")
        ]  # fmt: skip
        for quantity, rule, words in (
            ("r2_controlled", "kept", "linear R² of controlled moves"),
            ("r2_distractor", "dropped", "linear R² of the distractor"),
        ):
            rows += [a_row(one, metric=words, rule=rule) for one in found(quantity)]
    return rows


def sprites(evidence: Evidence) -> list[Row]:
    """C5, from what can be read of a sprite's pose, by what of it the actions control.

    R² is judged by the authors' own run, where y is kept although only x is controlled. Where
    the angle is controlled their spectrum has twice the components that they expect, so that
    the number of components is context there.
    """
    rows = []
    a_row = partial(_row, claim="C5", figure="sprite_decoding")
    for counted in evidence.numbers("sprite_decoding", "effective_dim"):
        world = counted.domain
        found = partial(evidence.numbers, "sprite_decoding", domain=world)
        for one in found("r2_linear"):
            paper = evidence.paper.toy(world, f"linear R2 of {one.of}")
            words = f"linear R² of {one.of}"
            rows.append(a_row(one, metric=words, paper=paper, rule="alike", primary=True))
        rows.append(
            a_row(counted, metric="effective dimension", paper=evidence.paper.freedoms(world),
                rule="" if world == "sprite_xyt" else "count")
        )  # fmt: skip
        rank = evidence.paper.toy(world, "effective rank")
        rows += [a_row(one, metric="effective rank", paper=rank) for one in found("effective_rank")]
    return rows


def planning(evidence: Evidence) -> list[Row]:
    """C6, from planning success: SMWM against SIGReg, the floor, and the paper's levels."""
    rows = []
    for env in evidence.envs:
        rule = "better" if env == "cube" else "parity"  # as the paper claims
        rows += _difference(evidence, "C6", env, "smwm", "sigreg", rule, primary=True)
        for other in ("forward_only", "random"):
            rows += _difference(evidence, "C6", env, "smwm", other, "superiority")
        for method, found in evidence.planned(env, LEVELS).items():
            a_row = partial(
                Row, claim="C6", env=env, method=method, figure="planning_success",
                seeds=found.seeds,
            )  # fmt: skip
            judged_by = "level" if method == "smwm" and not math.isnan(found.paper) else ""
            rows.append(
                a_row(metric="success [%]", paper=found.paper, tasks=found.episodes,
                    estimate=Estimate(found.mean, found.ci_low, found.ci_high), rule=judged_by)
            )  # fmt: skip
            if found.rest_episodes:
                words = "success on tasks not solved at the start [%]"
                estimate = Estimate(found.rest_mean, found.rest_low, found.rest_high)
                rows.append(a_row(metric=words, estimate=estimate, tasks=found.rest_episodes))
    return rows


def probes(evidence: Evidence) -> list[Row]:
    """C7, from linear probes, and MLP probes beside them."""
    table = evidence.table("probe_r2")
    if table.empty:
        return []
    rows = []
    ours = table[(table["method"] == "smwm") & table["paper"].notna()]
    for (env, quantity, probe), seeds in ours.groupby(["env", "quantity", "probe"], sort=False):
        told = seeds.iloc[0]  # the row of every seed tells the mean over all
        words = f"{PROBES[probe]} R² of {quantity.replace('_', ' ')}"
        rows.append(
            Row(claim="C7", env=env, metric=words, seeds=len(seeds), paper=float(told["paper"]),
                estimate=Estimate(told["mean"], told["ci_low"], told["ci_high"]), rule="probe",
                primary=probe == "linear", figure="probe_r2")
        )  # fmt: skip
    return rows


def weights(evidence: Evidence) -> list[Row]:
    """C8: the worst weight, and 0, against the best one.

    Both ends are chosen after the fact, which makes the gap between them look wider than it is.
    """
    rows = []
    for env, table in evidence.table("lambda_sweep").groupby("env", sort=False):
        rates = {row.weight: _rate(row) for row in table.itertuples()}
        positive = {weight: found for weight, found in rates.items() if weight > 0}
        if not positive:
            continue
        best = max(positive.values(), key=lambda found: found.value)
        worst = min(positive.values(), key=lambda found: found.value)
        a_row = partial(
            Row, claim="C8", env=env, figure="lambda_sweep",
            seeds=int(table["seeds"].min()), tasks=int(table["episodes"].max()),
        )  # fmt: skip
        words = f"worst minus best for λ of {min(positive):g} to {max(positive):g} [points]"
        rows.append(
            a_row(metric=words, estimate=combine((1, worst), (-1, best)),
                rule="matters_little", primary=True)
        )  # fmt: skip
        if 0 in rates:
            gap = combine((1, rates[0]), (-1, best))
            words = "λ = 0 minus the best λ [points]"
            rows.append(a_row(metric=words, estimate=gap, rule="fails"))
    return rows


def horizons(evidence: Evidence) -> list[Row]:
    """C9, from planning to goals that are further and further away."""
    rows = []
    for env, table in evidence.table("horizon_sweep").groupby("env", sort=False):
        found = {(row.method, row.offset): row for row in table.itertuples()}
        near, far = int(table["offset"].min()), int(table["offset"].max())
        ends = [(method, offset) for method in ("smwm", "sigreg") for offset in (near, far)]
        a_row = partial(Row, claim="C9", env=env, figure="horizon_sweep")
        if near < far and all(end in found for end in ends):
            parts = zip((1, -1, -1, 1), (found[end] for end in ends), strict=True)
            fall = combine(*((sign, _rate(row)) for sign, row in parts))
            rows.append(
                a_row(metric=f"fall from {near} to {far} steps, minus sigreg's [points]",
                    estimate=fall, paper=evidence.paper.fall(env, near, far),
                    seeds=min(found[end].seeds for end in ends),
                    tasks=sum(found[end].episodes for end in ends), rule="same_fall",
                    primary=True)
            )  # fmt: skip
        for (method, offset), row in found.items():
            judged_by = "level" if method == "smwm" and not math.isnan(row.paper) else ""
            rows.append(
                a_row(method=method, metric=f"success at {offset} steps [%]",
                    estimate=_rate(row), paper=row.paper, seeds=row.seeds, tasks=row.episodes,
                    rule=judged_by)
            )  # fmt: skip
    return rows


def geometry(evidence: Evidence) -> list[Row]:
    """C10: whether what is far apart in state is far apart in the latent, or folded onto it."""
    rows = []
    words = "distance in state up to which latent distance grows"
    a_row = partial(_row, claim="C10", figure="folding")
    for share in evidence.numbers("folding", "reach_share"):
        ours = share.method == "smwm"
        judged_by = "unfolded" if ours else ""
        rows.append(a_row(share, metric=f"{words} [{share.unit}]", rule=judged_by, primary=ours))
        found = evidence.numbers("folding", "reach", domain=share.domain, method=share.method)
        rows += [a_row(one, metric=f"{words} [{one.unit}]") for one in found]
    for one in evidence.numbers("embeddings_smwm", "effective_dim"):
        expected = evidence.paper.freedoms(one.domain)
        if not math.isnan(expected):
            rows.append(
                _row(one, claim="C10", metric="effective dimension", paper=expected, rule="count",
                    figure="embeddings_smwm")
            )  # fmt: skip
    return rows


def distractors(evidence: Evidence) -> list[Row]:
    """E1, from planning and probes with a distractor in the image."""
    table = evidence.table("distractors")
    rows = []
    for env, ours in table[table["method"] == "smwm"].groupby("env", sort=False):
        success = {row.measure: row for row in ours.itertuples()}
        a_row = partial(Row, claim="E1", env=env, figure="distractors")
        ends = [success[f"success_{word}"] for word in ("with", "without")]
        parts = [Estimate(end.value, end.ci_low, end.ci_high) for end in ends]
        rows.append(
            a_row(metric="success with minus without [points]",
                estimate=combine((1, parts[0]), (-1, parts[1])),
                seeds=min(end.seeds for end in ends), tasks=sum(end.episodes for end in ends),
                rule="unharmed", primary=True)
        )  # fmt: skip
        read = ours[ours["quantity"] == "distractor_position"].set_index("measure")
        for probe, words in PROBES.items():
            r2 = read.loc[f"r2_{probe}"]
            rows.append(
                a_row(metric=f"{words} R² of the distractor", seeds=int(r2["seeds"]),
                    estimate=Estimate(r2["value"], r2["ci_low"], r2["ci_high"]), rule="dropped")
            )  # fmt: skip
    return rows


@dataclass(frozen=True)
class Claim:
    """What the paper says, its primary endpoint in words, and where the rows come from."""

    words: str
    endpoint: str
    rows: Callable[[Evidence], list[Row]]


CLAIMS = {
    "C1": Claim("without the inverse term the encoder collapses",
                "how widely embeddings spread without it", collapse),
    "C2": Claim("one dot: two principal components carry nearly all variance, and its position "
                "survives", "variance in two components", one_dot),
    "C3": Claim("encoding and predicting commute: five predicted steps stay near the encoded "
                "ones", "error after the last step", rollout),
    "C4": Claim("significant components are the controllable degrees of freedom; distractors are "
                "dropped", "effective dimension", dot_worlds),
    "C5": Claim("of a sprite's pose, what the actions control is kept; the paper expects the rest "
                "to be dropped, where its own run keeps y if only x is controlled",
                "linear R² of x, y and the angle's sine and cosine, against that run", sprites),
    "C6": Claim("planning on a par with SIGReg on the 2D tasks, clearly better on the cube, far "
                "above forward-only and random", "success, SMWM minus SIGReg", planning),
    "C7": Claim("physical state can be read from the embeddings", "linear R²", probes),
    "C8": Claim("the weight of the inverse term matters little over a wide range, and 0 fails",
                "success, worst positive weight minus best", weights),
    "C9": Claim("success falls more slowly with the goal's distance than SIGReg's",
                "fall in success, SMWM minus SIGReg", horizons),
    "C10": Claim("the latent's geometry mirrors the controllable state: a plane for two rooms, a "
                 "torus for the reacher", "how far latent distance grows with distance in state",
                 geometry),
    "E1": Claim("beyond the paper: a distractor in the image leaves SMWM's latents and plans "
                "alone", "success with it minus without", distractors),
}  # fmt: skip


def replication_table(evidence: Evidence, scale: str) -> pd.DataFrame:
    """Every row that the evidence gives, judged, claim by claim."""
    return judged([row for claim in CLAIMS.values() for row in claim.rows(evidence)], scale)


def _difference(
    evidence: Evidence, claim: str, env: str, method: str, other: str, rule: str,
    primary: bool = False,
) -> list[Row]:  # fmt: skip
    """Success of `method` minus that of `other`, beside the paper's, if both planned."""
    found = evidence.difference(env, method, other)
    if found is None:
        return []
    ours, theirs = evidence.planned(env, (method, other)).values()
    apart = max(abs(level.mean - level.paper) for level in (ours, theirs))
    return [
        Row(claim=claim, env=env, method=method, metric=f"success minus {other} [points]",
            estimate=Estimate(found.difference, found.ci_low, found.ci_high),
            paper=ours.paper - theirs.paper, levels_apart=apart, seeds=found.seeds,
            tasks=found.episodes, rule=rule, primary=primary, figure="planning_success")
    ]  # fmt: skip


def _row(found: Any, **more: Any) -> Row:
    """A row of evidence from a row of over_seeds."""
    estimate = Estimate(found.value, found.ci_low, found.ci_high)
    return Row(
        env=found.domain, method=found.method, estimate=estimate, seeds=found.seeds, **more
    )  # fmt: skip


def _rate(row: Any) -> Estimate:
    return Estimate(row.success_rate, row.ci_low, row.ci_high)
