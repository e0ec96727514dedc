"""95 % intervals over seeds and tasks.

The seeds of a method share one set of tasks, so their outcomes are not independent: the
variance of a mean comes from the two-way layout (seeds, tasks), its degrees of freedom from
Satterthwaite. Rates: Wilson's score interval at the effective sample size, corrected for the
degrees of freedom (Korn and Graubard 1998), from statsmodels. Differences: Student's t on the
differences of the same tasks; where all of them are equal, Newcombe's interval. With one seed,
intervals are over tasks alone.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

LEVEL = 0.95


class Estimate(NamedTuple):
    """A value and its 95 % interval; the bounds are NaN where one seed gives none."""

    value: float
    low: float
    high: float


def two_way_variance(values: np.ndarray) -> tuple[float, float]:
    """Variance of the mean of values (seeds, tasks), and its degrees of freedom.

    What tasks and what seeds contribute, less their interaction, which both contain; at least
    that of as many independent values.
    """
    seeds, tasks = values.shape
    mean, by_task, by_seed = values.mean(), values.mean(0), values.mean(1)
    parts = [(by_task.var() / tasks, max(tasks - 1, 1))]
    if seeds > 1:
        interaction = values - by_task - by_seed[:, None] + mean
        freedom = (seeds - 1) * max(tasks - 1, 1)
        parts.append((by_seed.var(ddof=1) / seeds, seeds - 1))
        parts.append((-(interaction**2).sum() / freedom / values.size, freedom))
    variance = sum(part for part, _ in parts)
    floor = values.var() / values.size
    if variance <= floor:
        return float(floor), float(max(values.size - 1, 1))
    return float(variance), float(variance**2 / sum(p**2 / free for p, free in parts))


def effective_sample_size(solved: np.ndarray) -> float:
    """How many independent trials the outcomes (seeds, tasks) are worth in Wilson's interval.

    The number of tasks where all outcomes are equal, because then nothing tells the variance.
    """
    rate = solved.mean()
    variance, freedom = two_way_variance(solved.astype(float))
    if variance == 0:
        return float(solved.shape[1])
    tail = 0.5 + LEVEL / 2
    correction = (stats.norm.ppf(tail) / stats.t.ppf(tail, freedom)) ** 2
    return float(rate * (1 - rate) / variance * correction)


def rate(solved: np.ndarray) -> Estimate:
    """Share of solved tasks in percent; outcomes (seeds, tasks)."""
    n = effective_sample_size(solved)
    p = float(solved.mean())
    low, high = proportion_confint(p * n, n, alpha=1 - LEVEL, method="wilson")
    return Estimate(100 * p, 100 * float(low), 100 * float(high))


def rate_difference(solved: np.ndarray, reference: np.ndarray) -> Estimate:
    """Difference of two rates in points; outcomes (seeds, tasks) of either on the same tasks."""
    difference = solved.astype(float) - reference.astype(float)
    value = float(difference.mean())
    variance, freedom = two_way_variance(difference)
    if variance == 0:
        n, p, q = solved.shape[1], float(solved.mean()), float(reference.mean())
        low, high = confint_proportions_2indep(
            p * n, n, q * n, n, method="newcomb", compare="diff", alpha=1 - LEVEL
        )
    else:
        half = stats.t.ppf(0.5 + LEVEL / 2, freedom) * math.sqrt(variance)
        low, high = max(value - half, -1.0), min(value + half, 1.0)
    return Estimate(100 * value, 100 * float(low), 100 * float(high))


def mean(values: ArrayLike) -> Estimate:
    """Mean over seeds, Student's t; values (seeds,)."""
    values = np.asarray(values, float)
    value = float(values.mean())
    if len(values) < 2:
        return Estimate(value, math.nan, math.nan)
    half = float(stats.t.ppf(0.5 + LEVEL / 2, len(values) - 1) * stats.sem(values))
    return Estimate(value, value - half, value + half)


def ratio(values: ArrayLike, reference: ArrayLike) -> Estimate:
    """Geometric mean over seeds of values / reference (seeds,), in percent, t on the logs."""
    logs = mean(np.log(np.maximum(values, 1e-30) / np.asarray(reference)))
    return Estimate(*(100 * math.exp(bound) for bound in logs))


def span(counts: ArrayLike) -> Estimate:
    """Mean of whole numbers (seeds,), and their range in place of an interval."""
    counts = np.asarray(counts, float)
    ends = (counts.min(), counts.max()) if len(counts) > 1 else (math.nan, math.nan)
    return Estimate(float(counts.mean()), *map(float, ends))


def combine(*parts: tuple[float, Estimate]) -> Estimate:
    """A weighted sum of independent estimates, from their own intervals (Zou and Donner 2008).

    For a difference of two rates with Wilson's intervals that is Newcombe's interval.
    """
    value = sum(weight * part.value for weight, part in parts)
    below, above = 0.0, 0.0
    for weight, part in parts:
        down, up = weight * (part.value - part.low), weight * (part.high - part.value)
        below += (down if weight > 0 else up) ** 2
        above += (up if weight > 0 else down) ** 2
    return Estimate(value, value - math.sqrt(below), value + math.sqrt(above))
