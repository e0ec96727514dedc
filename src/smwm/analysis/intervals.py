"""95 % intervals over seeds and tasks.

Rates: Wilson's score interval at the effective sample size (Korn and Graubard 1998; Franco et
al. 2019), because the seeds of a method share one set of tasks and so are not independent.
Differences of rates: Newcombe's hybrid of the two Wilson intervals. Both from statsmodels.
Means over seeds: Student's t, from SciPy.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

LEVEL = 0.95


class Estimate(NamedTuple):
    """A value and its 95 % interval; the bounds are NaN where one seed gives none."""

    value: float
    low: float
    high: float


def effective_sample_size(solved: np.ndarray) -> float:
    """How many independent trials the outcomes (seeds, tasks) of one task set are worth.

    The variance of the mean is estimated from the two-way layout: what tasks and what seeds
    contribute, less their interaction, which both contain. Never more than the number of
    trials; the number of tasks where all outcomes are equal.
    """
    seeds, tasks = solved.shape
    rate, by_task, by_seed = solved.mean(), solved.mean(0), solved.mean(1)
    if rate in (0.0, 1.0):
        return float(tasks)
    variance = by_task.var() / tasks
    if seeds > 1:
        interaction = solved - by_task - by_seed[:, None] + rate
        freedom = (seeds - 1) * max(tasks - 1, 1)
        variance += by_seed.var(ddof=1) / seeds
        variance -= (interaction**2).sum() / freedom / solved.size
    binomial = rate * (1 - rate)
    return float(binomial / max(variance, binomial / solved.size))


def rate(solved: np.ndarray) -> Estimate:
    """Share of solved tasks in percent; outcomes (seeds, tasks)."""
    n = effective_sample_size(solved)
    p = float(solved.mean())
    low, high = proportion_confint(p * n, n, alpha=1 - LEVEL, method="wilson")
    return Estimate(100 * p, 100 * float(low), 100 * float(high))


def rate_difference(solved: np.ndarray, reference: np.ndarray) -> Estimate:
    """Difference of two rates in points; outcomes (seeds, tasks) of either."""
    n, n_reference = effective_sample_size(solved), effective_sample_size(reference)
    p, p_reference = float(solved.mean()), float(reference.mean())
    low, high = confint_proportions_2indep(
        p * n, n, p_reference * n_reference, n_reference,
        method="newcomb", compare="diff", alpha=1 - LEVEL,
    )  # fmt: skip
    return Estimate(100 * (p - p_reference), 100 * float(low), 100 * float(high))


def mean(values: np.ndarray) -> Estimate:
    """Mean over seeds; values (seeds,)."""
    values = np.asarray(values, float)
    value = float(values.mean())
    if len(values) < 2:
        return Estimate(value, math.nan, math.nan)
    error = stats.sem(values)
    if error == 0:
        return Estimate(value, value, value)
    low, high = stats.t.interval(LEVEL, len(values) - 1, value, error)
    return Estimate(value, float(low), float(high))
