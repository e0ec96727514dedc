"""How a row of evidence becomes a verdict; the words of each rule stand in the report.

Thresholds are round numbers, not fitted to results. Nothing counts as reproduced without an
interval, or with one seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from smwm.analysis.intervals import Estimate

REPRODUCED, PARTLY, NOT = "reproduced", "partly", "not reproduced"
VERDICTS = (REPRODUCED, PARTLY, NOT)
CONTEXT = "context"  # the role of rows that only help to read the others; they have no verdict
COLUMNS = (
    "claim", "env", "method", "role", "metric", "paper", "ours", "ci_low", "ci_high", "seeds",
    "n", "rule", "verdict", "scale", "command",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Row:
    """One piece of evidence before its verdict."""

    claim: str
    env: str  # or a synthetic world
    metric: str
    estimate: Estimate
    seeds: int
    figure: str  # that shows it
    method: str = "smwm"
    rule: str = ""  # none: the row is context
    primary: bool = False  # whether this is the endpoint that the claim's verdict rests on
    paper: float = math.nan
    reference: float | None = None  # what the rule compares with, if not the paper's number
    levels_apart: float = math.nan  # how far rates behind a difference lie from the paper's
    tasks: int = 1  # of each seed

    @property
    def role(self) -> str:
        return "primary" if self.primary else "supporting" if self.rule else CONTEXT


@dataclass(frozen=True)
class Rule:
    """How a verdict follows from a row; `reproduced` implies `partly`."""

    words: str
    reproduced: Callable[[Estimate, float, Row], bool]
    partly: Callable[[Estimate, float, Row], bool]


def judge(row: Row) -> str:
    """The verdict on a row by its rule; none on context."""
    if not row.rule:
        return ""
    rule = RULES[row.rule]
    reference = row.paper if row.reference is None else row.reference
    if rule.reproduced(row.estimate, reference, row):
        proven = row.seeds > 1 and not math.isnan(row.estimate.low)
        return REPRODUCED if proven else PARTLY
    return PARTLY if rule.partly(row.estimate, reference, row) else NOT


def judged(rows: list[Row], scale: str) -> pd.DataFrame:
    """A table of COLUMNS, one line a row, with its verdict and the command that made it."""
    lines = []
    for row in rows:
        target = f"figures/{scale}/{row.figure}.csv"
        command = f"snakemake --cores all --config scale={scale} -- {target}"
        known = (row.claim, row.env, row.method, row.role, row.metric, row.paper, *row.estimate)
        n = row.seeds * row.tasks
        lines.append((*known, row.seeds, n, row.rule, judge(row), scale, command))
    return pd.DataFrame(lines, columns=list(COLUMNS))


def overall(table: pd.DataFrame, claim: str) -> str:
    """The verdict on a claim: what its primary rows agree on, else partly."""
    primary = table[(table["claim"] == claim) & (table["role"] == "primary")]
    found = set(primary["verdict"])
    return found.pop() if len(found) == 1 else PARTLY


def within(low: float, estimate: Estimate, high: float) -> bool:
    """Whether the interval lies in [low, high]; without one, whether the value does."""
    bounds = [estimate.value if math.isnan(x) else x for x in (estimate.low, estimate.high)]
    return low <= bounds[0] and bounds[1] <= high


def above(estimate: Estimate, bound: float) -> bool:
    """Whether the interval lies above `bound`; without one, whether the value does."""
    return (estimate.value if math.isnan(estimate.low) else estimate.low) > bound


def under(estimate: Estimate, bound: float) -> bool:
    """Whether the interval lies under `bound`; without one, whether the value does."""
    return (estimate.value if math.isnan(estimate.high) else estimate.high) < bound


RULES = {
    "level": Rule(
        "reproduced: our value lies within 5 points of the paper's; partly: within 15 points, or "
        "the paper's lies in our interval",
        lambda e, paper, row: abs(e.value - paper) <= 5,
        lambda e, paper, row: abs(e.value - paper) <= 15 or e.low <= paper <= e.high,
    ),
    "parity": Rule(
        "reproduced: the interval lies within 10 points of no difference, and both methods' "
        "success within 15 points of the paper's; partly: the interval alone does, or our value "
        "and both levels do",
        lambda e, paper, row: within(-10, e, 10) and row.levels_apart <= 15,
        lambda e, paper, row: within(-10, e, 10) or (abs(e.value) <= 10 and row.levels_apart <= 15),
    ),
    "better": Rule(
        "reproduced: the interval lies above 0; partly: our value does",
        lambda e, paper, row: above(e, 0),
        lambda e, paper, row: e.value > 0,
    ),
    "superiority": Rule(
        "reproduced: the interval lies above 20 points; partly: it lies above 0",
        lambda e, paper, row: above(e, 20),
        lambda e, paper, row: above(e, 0),
    ),
    "near_random": Rule(
        "reproduced: the interval lies within 20 points of random; partly: our value does",
        lambda e, paper, row: within(-20, e, 20),
        lambda e, paper, row: abs(e.value) <= 20,
    ),
    "unharmed": Rule(
        "reproduced: the interval lies above -10 points; partly: our value does",
        lambda e, paper, row: above(e, -10),
        lambda e, paper, row: e.value > -10,
    ),
    "collapsed": Rule(
        "reproduced: the interval lies under 5 % of SMWM's; partly: our value under 20 %",
        lambda e, paper, row: under(e, 5),
        lambda e, paper, row: e.value < 20,
    ),
    "nearly_all": Rule(
        "reproduced: the interval lies above 95 %; partly: our value lies above 90 %",
        lambda e, paper, row: above(e, 95),
        lambda e, paper, row: e.value > 90,
    ),
    "kept": Rule(
        "reproduced: the interval lies above 0.95; partly: our value lies above 0.8",
        lambda e, paper, row: above(e, 0.95),
        lambda e, paper, row: e.value > 0.8,
    ),
    "dropped": Rule(
        "reproduced: the interval lies under 0.1; partly: our value lies under 0.3",
        lambda e, paper, row: under(e, 0.1),
        lambda e, paper, row: e.value < 0.3,
    ),
    "alike": Rule(
        "reproduced: the interval lies within 0.1 of the paper's R²; partly: our value lies "
        "within 0.3 of it",
        lambda e, paper, row: within(paper - 0.1, e, paper + 0.1),
        lambda e, paper, row: abs(e.value - paper) <= 0.3,
    ),
    "probe": Rule(
        "reproduced: our value lies at most 0.05 under the paper's; partly: at most 0.2 under it",
        lambda e, paper, row: e.value >= paper - 0.05,
        lambda e, paper, row: e.value >= paper - 0.2,
    ),
    "commutes": Rule(
        "reproduced: the interval lies under 15 % of the distance moved; partly: our value lies "
        "under 30 %",
        lambda e, paper, row: under(e, 15),
        lambda e, paper, row: e.value < 30,
    ),
    "count": Rule(
        "reproduced: every seed finds the expected number; partly: several seeds miss it by one "
        "at most on average",
        lambda e, true, row: within(true, e, true),
        lambda e, true, row: row.seeds > 1 and abs(e.value - true) <= 1,
    ),
    "unfolded": Rule(
        "reproduced: the interval lies above 80 % of what the true state gives; partly: our value "
        "lies above 50 %",
        lambda e, paper, row: above(e, 80),
        lambda e, paper, row: e.value > 50,
    ),
    "matters_little": Rule(
        "reproduced: the interval lies above -20 points; partly: our value does",
        lambda e, paper, row: above(e, -20),
        lambda e, paper, row: e.value > -20,
    ),
    "fails": Rule(
        "reproduced: the interval lies under -20 points; partly: it lies under 0",
        lambda e, paper, row: under(e, -20),
        lambda e, paper, row: under(e, 0),
    ),
    "same_fall": Rule(
        "reproduced: our value lies within 10 points of the paper's own for this environment, "
        "which lies in our interval; partly: our value lies within 20 points of it, or it lies in "
        "our interval",
        lambda e, paper, row: abs(e.value - paper) <= 10 and e.low <= paper <= e.high,
        lambda e, paper, row: abs(e.value - paper) <= 20 or e.low <= paper <= e.high,
    ),
}
