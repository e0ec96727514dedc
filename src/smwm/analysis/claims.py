"""The paper's claims as rows: its number, ours with an interval, and a computed verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from smwm.analysis.intervals import Estimate, mean, rate, rate_difference, ratio
from smwm.analysis.records import outcomes
from smwm.analysis.rules import RULES

CLAIMS = {
    "C1": "without the inverse term the encoder collapses",
    "C2": "one dot: two principal components carry nearly all variance, and its position survives",
    "C3": "encoding and predicting commute: five predicted steps stay near the encoded ones",
    "C4": "significant components are the controllable degrees of freedom; distractors are dropped",
    "C5": "of an arrow's pose, only what the actions control is kept",
    "C6": "planning on a par with SIGReg on the 2D tasks, clearly better on the cube, far above "
    "forward-only and random",
    "C7": "physical state can be read from the embeddings",
    "C8": "the weight of the inverse term matters little over a wide range, and 0 fails",
    "C9": "success falls more slowly with the goal's distance than SIGReg's",
    "C10": "the latent's geometry mirrors the controllable state: two components for two rooms, "
    "four for the reacher",
    "E1": "beyond the paper: a distractor in the image leaves SMWM's latents and plans alone",
}
COLUMNS = (
    "claim", "env", "method", "metric", "paper", "ours", "ci_low", "ci_high", "n",
    "rule", "verdict", "scale", "command",
)  # fmt: skip


class Row(NamedTuple):
    """One piece of evidence before its verdict."""

    claim: str
    env: str  # or a synthetic world
    method: str
    metric: str
    estimate: Estimate
    paper: float  # NaN where the paper has no number
    n: int  # tasks of all seeds, or seeds
    rule: str
    figure: str  # that shows it
    reference: float | None = None  # what the rule compares with, if not the paper's number


@dataclass(frozen=True)
class Evidence:
    """What the rows are computed from."""

    records: list[dict[str, Any]]  # of `smwm plan`
    spectra: pd.DataFrame  # env, method, seed, embedding_std, effective_rank
    paper: pd.DataFrame  # env, method, seed, success_rate
    scale: str
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)  # figures' CSVs by name

    def methods(self, env: str) -> set[str]:
        return {record["method"] for record in self.records if record["env"] == env}

    @property
    def envs(self) -> list[str]:
        return list(dict.fromkeys(record["env"] for record in self.records))


def replication_table(
    evidence: Evidence, sources: Iterable[Callable[[Evidence], list[Row]]]
) -> pd.DataFrame:
    """Every row that `sources` make of the evidence, judged, in the order of the claims."""
    rows = [row for source in sources for row in source(evidence)]
    judged = []
    for row in sorted(rows, key=lambda row: list(CLAIMS).index(row.claim)):
        reference = row.paper if row.reference is None else row.reference
        verdict = RULES[row.rule].judge(row.estimate, reference)
        target = f"figures/{evidence.scale}/{row.figure}.csv"
        command = f"snakemake --cores all --config scale={evidence.scale} -- {target}"
        values = (row.claim, row.env, row.method, row.metric, row.paper, *row.estimate, row.n)
        judged.append((*values, row.rule, verdict, evidence.scale, command))
    return pd.DataFrame(judged, columns=list(COLUMNS))


def collapse_rows(evidence: Evidence) -> list[Row]:
    """C1: what is left of the embedding at λ = 0, and whether it still plans."""
    rows = []
    for env in evidence.envs:
        table = evidence.spectra[evidence.spectra["env"] == env].set_index(["method", "seed"])
        present, shared = evidence.methods(env), ("C1", env, "forward_only")
        if {"smwm", "forward_only"} <= present:
            ours, left = table.loc["smwm"].sort_index(), table.loc["forward_only"].sort_index()
            spread = ratio(left["embedding_std"], ours["embedding_std"])
            rank, smwm_rank = mean(left["effective_rank"]), ours["effective_rank"].mean()
            rows += [
                Row(*shared, "embedding std [% of SMWM's]", spread, math.nan, len(left),
                    "collapsed", "replication"),
                Row(*shared, "effective rank [directions]", rank, math.nan, len(left),
                    "one_direction", "replication", smwm_rank),
            ]  # fmt: skip
        if {"random", "forward_only"} <= present:
            rows.append(_difference(evidence, env, "forward_only", "random", "C1", "near_random"))
    return rows


def planning_rows(evidence: Evidence) -> list[Row]:
    """C6: success of each method, and SMWM against the others."""
    rows = []
    for env in evidence.envs:
        present = evidence.methods(env)
        for method in ("smwm", "sigreg", "forward_only", "random"):
            if method in present:
                solved = outcomes(evidence.records, env, method)
                paper = _paper_rate(evidence, env, method)
                shared = ("C6", env, method, "success [%]", rate(solved), paper, solved.size)
                rows.append(Row(*shared, "level", "planning_success"))
        against_sigreg = "better" if env == "cube" else "parity"  # as the paper claims
        others = {"sigreg": against_sigreg, "forward_only": "superiority", "random": "superiority"}
        rows += [
            _difference(evidence, env, "smwm", other, "C6", rule)
            for other, rule in others.items()
            if {"smwm", other} <= present
        ]
    return rows


def _difference(
    evidence: Evidence, env: str, method: str, other: str, claim: str, rule: str
) -> Row:
    solved = outcomes(evidence.records, env, method)
    estimate = rate_difference(solved, outcomes(evidence.records, env, other))
    paper = _paper_rate(evidence, env, method) - _paper_rate(evidence, env, other)
    metric = f"success minus {other} [points]"
    return Row(claim, env, method, metric, estimate, paper, solved.size, rule, "planning_success")


def _paper_rate(evidence: Evidence, env: str, method: str) -> float:
    chosen = (evidence.paper["env"] == env) & (evidence.paper["method"] == method)
    rates = evidence.paper[chosen]["success_rate"]
    return float(np.mean(rates)) if len(rates) else math.nan
