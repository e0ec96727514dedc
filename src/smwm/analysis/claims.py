"""The paper's claims as rows: its number, ours with an interval, and a computed verdict.

A rule maps an estimate and what it is compared with to a verdict; its words stand beside it in
the report. Thresholds are round numbers, not fitted to results. Without an interval nothing
counts as reproduced.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from smwm.analysis.intervals import Estimate, mean, rate, rate_difference, ratio
from smwm.analysis.records import outcomes

REPRODUCED, PARTLY, NOT = "reproduced", "partly", "not reproduced"
CLAIMS = {
    "C1": "without the inverse term the encoder collapses",
    "C6": "planning on a par with SIGReg on the 2D tasks, clearly better on the cube, far above "
    "forward-only and random",
}
COLUMNS = (
    "claim", "env", "method", "metric", "paper", "ours", "ci_low", "ci_high", "n",
    "verdict", "scale", "command",
)  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """How a verdict follows from an estimate and a reference: the paper's number or another."""

    words: str
    reproduced: Callable[[Estimate, float], bool]
    partly: Callable[[Estimate, float], bool]

    def judge(self, estimate: Estimate, reference: float) -> str:
        if not math.isnan(estimate.low) and self.reproduced(estimate, reference):
            return REPRODUCED
        return PARTLY if self.partly(estimate, reference) else NOT


RULES = {
    "level": Rule(
        "reproduced: our value lies within 5 points of the paper's; partly: within 15 points, or "
        "the paper's lies in our interval",
        lambda e, paper: abs(e.value - paper) <= 5,
        lambda e, paper: abs(e.value - paper) <= 15 or e.low <= paper <= e.high,
    ),
    "parity": Rule(
        "reproduced: not worse, the interval lies above -10 points; partly: our value does",
        lambda e, paper: e.low > -10,
        lambda e, paper: e.value > -10,
    ),
    "superiority": Rule(
        "reproduced: the interval lies above 20 points; partly: it lies above 0",
        lambda e, paper: e.low > 20,
        lambda e, paper: e.low > 0,
    ),
    "better": Rule(
        "reproduced: the interval lies above 0; partly: our value does",
        lambda e, paper: e.low > 0,
        lambda e, paper: e.value > 0,
    ),
    "near_random": Rule(
        "reproduced: the interval lies within 20 points of random; partly: our value does",
        lambda e, paper: e.low >= -20 and e.high <= 20,
        lambda e, paper: abs(e.value) <= 20,
    ),
    "collapsed": Rule(
        "reproduced: the interval lies under 5 % of SMWM's; partly: our value under 20 %",
        lambda e, paper: e.high < 5,
        lambda e, paper: e.value < 20,
    ),
    "one_direction": Rule(
        "reproduced: the interval lies under 1.5 directions; partly: our value under SMWM's (the "
        "measure ignores scale: what a collapsed encoder has left may point anywhere)",
        lambda e, smwm: e.high < 1.5,
        lambda e, smwm: e.value < smwm,
    ),
}


class Row(NamedTuple):
    """One piece of evidence before its verdict."""

    claim: str
    method: str
    metric: str
    estimate: Estimate
    paper: float  # NaN where the paper has no number
    n: int
    rule: str
    target: str
    reference: float | None = None  # what the rule compares with, if not the paper's number


@dataclass(frozen=True)
class Evidence:
    """What the rows are computed from."""

    records: list[dict[str, Any]]  # of `smwm plan`
    spectra: pd.DataFrame  # env, method, seed, embedding_std, effective_rank
    paper: pd.DataFrame  # env, method, seed, success_rate
    scale: str

    def methods(self, env: str) -> set[str]:
        return {record["method"] for record in self.records if record["env"] == env}


def replication_table(evidence: Evidence) -> tuple[pd.DataFrame, dict[str, str]]:
    """The table, and the words of the rule behind each (claim, metric) in it."""
    rows, words = [], {}
    for env in dict.fromkeys(record["env"] for record in evidence.records):
        for row in (*collapse_rows(evidence, env), *planning_rows(evidence, env)):
            rule = RULES[row.rule]
            reference = row.paper if row.reference is None else row.reference
            command = f"snakemake --cores all --config scale={evidence.scale} -- {row.target}"
            values = (row.claim, env, row.method, row.metric, row.paper, *row.estimate, row.n)
            values += (rule.judge(row.estimate, reference), evidence.scale, command)
            rows.append(dict(zip(COLUMNS, values, strict=True)))
            where = " (cube)" if row.rule == "better" else ""
            words[f"{row.claim}, {row.metric}{where}"] = rule.words
    return pd.DataFrame(rows, columns=list(COLUMNS)), words


def collapse_rows(evidence: Evidence, env: str) -> list[Row]:
    """C1: what is left of the embedding at λ = 0, and whether it still plans."""
    table = evidence.spectra[evidence.spectra["env"] == env].set_index(["method", "seed"])
    present, target = evidence.methods(env), f"figures/{evidence.scale}/replication.csv"
    rows = []
    if {"smwm", "forward_only"} <= present:
        ours, left = table.loc["smwm"].sort_index(), table.loc["forward_only"].sort_index()
        spread = ratio(left["embedding_std"], ours["embedding_std"])
        rank, smwm_rank = mean(left["effective_rank"]), ours["effective_rank"].mean()
        shared = ("C1", "forward_only")
        rows += [
            Row(*shared, "embedding std [% of SMWM's]", spread, math.nan, len(left),
                "collapsed", target),
            Row(*shared, "effective rank [directions]", rank, math.nan, len(left),
                "one_direction", target, smwm_rank),
        ]  # fmt: skip
    if {"random", "forward_only"} <= present:
        rows.append(_difference(evidence, env, "forward_only", "random", "C1", "near_random"))
    return rows


def planning_rows(evidence: Evidence, env: str) -> list[Row]:
    """C6: success of each method, and SMWM against the others."""
    present, target = evidence.methods(env), f"figures/{evidence.scale}/planning_success.csv"
    rows = []
    for method in ("smwm", "sigreg", "forward_only", "random"):
        if method in present:
            solved = outcomes(evidence.records, env, method)
            paper = _paper_rate(evidence, env, method)
            shared = ("C6", method, "success [%]", rate(solved))
            rows.append(Row(*shared, paper, solved.size, "level", target))
    against_sigreg = "better" if env == "cube" else "parity"  # as the paper claims
    others = {"sigreg": against_sigreg, "forward_only": "superiority", "random": "superiority"}
    if "smwm" in present:
        rows += [
            _difference(evidence, env, "smwm", other, "C6", rule)
            for other, rule in others.items()
            if other in present
        ]
    return rows


def _difference(
    evidence: Evidence, env: str, method: str, other: str, claim: str, rule: str
) -> Row:
    solved = outcomes(evidence.records, env, method)
    estimate = rate_difference(solved, outcomes(evidence.records, env, other))
    paper = _paper_rate(evidence, env, method) - _paper_rate(evidence, env, other)
    target = f"figures/{evidence.scale}/planning_success.csv"
    metric = f"success minus {other} [points]"
    return Row(claim, method, metric, estimate, paper, solved.size, rule, target)


def _paper_rate(evidence: Evidence, env: str, method: str) -> float:
    chosen = (evidence.paper["env"] == env) & (evidence.paper["method"] == method)
    rates = evidence.paper[chosen]["success_rate"]
    return float(np.mean(rates)) if len(rates) else math.nan
