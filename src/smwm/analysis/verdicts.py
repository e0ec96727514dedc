"""Rules that turn an estimate into a verdict; their words stand beside it in the report.

Thresholds are round numbers, not fitted to results. Without an interval nothing counts as
reproduced.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from smwm.analysis.intervals import Estimate

REPRODUCED, PARTLY, NOT = "reproduced", "partly", "not reproduced"


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
    "nearly_all": Rule(
        "reproduced: the interval lies above 95 %; partly: our value lies above 90 %",
        lambda e, paper: e.low > 95,
        lambda e, paper: e.value > 90,
    ),
    "kept": Rule(
        "reproduced: the interval lies above 0.95; partly: our value lies above 0.8",
        lambda e, paper: e.low > 0.95,
        lambda e, paper: e.value > 0.8,
    ),
    "dropped": Rule(
        "reproduced: the interval lies under 0.1; partly: our value lies under 0.3",
        lambda e, paper: e.high < 0.1,
        lambda e, paper: e.value < 0.3,
    ),
    "commutes": Rule(
        "reproduced: the interval lies under 15 % of the distance moved; partly: our value lies "
        "under 30 %",
        lambda e, paper: e.high < 15,
        lambda e, paper: e.value < 30,
    ),
    "count": Rule(
        "reproduced: every seed, two at least, finds the true number; partly: one seed alone "
        "does, or several miss it by one at most on average",
        lambda e, true: e.low == e.high == true,
        lambda e, true: e.value == true or (not math.isnan(e.low) and abs(e.value - true) <= 1),
    ),
    "probe": Rule(
        "reproduced: our value lies at most 0.05 under the paper's; partly: at most 0.2 under it",
        lambda e, paper: e.value >= paper - 0.05,
        lambda e, paper: e.value >= paper - 0.2,
    ),
    "matters_little": Rule(
        "reproduced: the interval lies above -20 points; partly: our value does",
        lambda e, paper: e.low > -20,
        lambda e, paper: e.value > -20,
    ),
    "fails": Rule(
        "reproduced: the interval lies under -20 points; partly: it lies under 0",
        lambda e, paper: e.high < -20,
        lambda e, paper: e.high < 0,
    ),
    "slower": Rule(
        "reproduced: the interval lies under 0; partly: our value does",
        lambda e, paper: e.high < 0,
        lambda e, paper: e.value < 0,
    ),
}
