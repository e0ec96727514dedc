"""The paper's claims as rows: its number, ours with an interval, and a computed verdict.

A rule maps an estimate and the paper's number to a verdict; its words stand beside it in the
report. Thresholds are fixed in advance, not fitted to results.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from smwm.analysis.intervals import Estimate, mean, rate, rate_difference
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
    """How a verdict follows from an estimate and the paper's number (NaN where it has none)."""

    words: str
    judge: Callable[[Estimate, float], str]


def _grade(reproduced: bool, partly: bool) -> str:
    return REPRODUCED if reproduced else PARTLY if partly else NOT


def _low(estimate: Estimate) -> float:
    return estimate.value if math.isnan(estimate.low) else estimate.low


def _high(estimate: Estimate) -> float:
    return estimate.value if math.isnan(estimate.high) else estimate.high


RULES = {
    "level": Rule(
        "reproduced: the paper's number lies in our interval or within 5 points of our value; "
        "partly: within 15 points",
        lambda e, paper: _grade(
            e.low <= paper <= e.high or abs(e.value - paper) <= 5, abs(e.value - paper) <= 15
        ),
    ),
    "parity": Rule(
        "reproduced: the interval lies above -10 points; partly: our value does",
        lambda e, paper: _grade(_low(e) > -10, e.value > -10),
    ),
    "superiority": Rule(
        "reproduced: the interval lies above 20 points; partly: it lies above 0",
        lambda e, paper: _grade(_low(e) > 20, _low(e) > 0),
    ),
    "near_random": Rule(
        "reproduced: at most 15 points from random; partly: at most 30",
        lambda e, paper: _grade(abs(e.value) <= 15, abs(e.value) <= 30),
    ),
    "collapsed": Rule(
        "reproduced: the interval lies under 5 % of SMWM's; partly: our value under 20 %",
        lambda e, paper: _grade(_high(e) < 5, e.value < 20),
    ),
    "one_direction": Rule(
        "reproduced: the interval's upper end is at most 1.5 directions; partly: fewer than SMWM's "
        "(the measure ignores scale: what a collapsed encoder has left may point anywhere)",
        lambda e, paper: _grade(_high(e) <= 1.5, e.value < paper),
    ),
}


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
        for claim, method, metric, estimate, paper, n, rule, target in (
            *collapse_rows(evidence, env),
            *planning_rows(evidence, env),
        ):
            verdict = RULES[rule].judge(estimate, paper)
            shown = math.nan if rule == "one_direction" else paper
            command = f"snakemake --cores all --config scale={evidence.scale} -- {target}"
            values = (claim, env, method, metric, shown, *estimate, n)
            row = (*values, verdict, evidence.scale, command)
            rows.append(dict(zip(COLUMNS, row, strict=True)))
            words[f"{claim}, {metric}"] = RULES[rule].words
    return pd.DataFrame(rows, columns=list(COLUMNS)), words


def collapse_rows(evidence: Evidence, env: str) -> list[tuple]:
    """C1: what is left of the embedding at λ = 0, and whether it still plans."""
    table = evidence.spectra[evidence.spectra["env"] == env].set_index(["method", "seed"])
    rows = []
    if {"smwm", "forward_only"} <= evidence.methods(env):
        ours, collapsed = table.loc["smwm"], table.loc["forward_only"]
        ratio = 100 * collapsed["embedding_std"] / ours["embedding_std"].mean()
        target = f"figures/{evidence.scale}/replication.csv"
        smwm_rank = ours["effective_rank"].mean()
        n = len(collapsed)
        rows += [
            ("C1", "forward_only", "embedding std [% of SMWM's]",
             mean(ratio), math.nan, n, "collapsed", target),
            ("C1", "forward_only", "effective rank [directions]",
             mean(collapsed["effective_rank"]), smwm_rank, n, "one_direction", target),
        ]  # fmt: skip
    if {"random", "forward_only"} <= evidence.methods(env):
        rows.append(_difference(evidence, env, "forward_only", "random", "C1", "near_random"))
    return rows


def planning_rows(evidence: Evidence, env: str) -> list[tuple]:
    """C6: success of each method, and SMWM against the others."""
    target = f"figures/{evidence.scale}/planning_success.csv"
    present = evidence.methods(env)
    rows = []
    for method in ("smwm", "sigreg", "forward_only", "random"):
        if method in present:
            solved = outcomes(evidence.records, env, method)
            paper = _paper_rate(evidence, env, method)
            rule = "level"
            rows.append(
                ("C6", method, "success [%]", rate(solved), paper, solved.size, rule, target)
            )
    others = {"sigreg": "parity", "forward_only": "superiority", "random": "superiority"}
    if "smwm" in present:
        rows += [
            _difference(evidence, env, "smwm", other, "C6", rule)
            for other, rule in others.items()
            if other in present
        ]
    return rows


def _difference(
    evidence: Evidence, env: str, method: str, reference: str, claim: str, rule: str
) -> tuple:
    solved = outcomes(evidence.records, env, method)
    estimate = rate_difference(solved, outcomes(evidence.records, env, reference))
    paper = _paper_rate(evidence, env, method) - _paper_rate(evidence, env, reference)
    target = f"figures/{evidence.scale}/planning_success.csv"
    metric = f"success minus {reference} [points]"
    return claim, method, metric, estimate, paper, solved.size, rule, target


def _paper_rate(evidence: Evidence, env: str, method: str) -> float:
    chosen = (evidence.paper["env"] == env) & (evidence.paper["method"] == method)
    rates = evidence.paper[chosen]["success_rate"]
    return float(np.mean(rates)) if len(rates) else math.nan
