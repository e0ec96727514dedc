"""What the collection policies cover: poses, motion in 25 steps, and events."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import pandas as pd

from smwm.data.dataset import read_states, reading, window_starts
from smwm.envs import ENVIRONMENTS, make_environment
from smwm.errors import InputError

Settings = list[dict[str, Any]]
SPAN = 25  # steps, the distance of start and goal in a task
ANGLES = "sine and cosine"
STATISTICS = ("env", "quantity", "statistic", "unit", "value")
HISTOGRAMS = (
    "env", "quantity", "unit", "shown", "x_low", "x_high", "y_low", "y_high", "amount",
)  # fmt: skip
BINS, BINS_EACH_WAY = 36, 40


class Quantity(NamedTuple):
    """A quantity over a dataset; angles in degrees."""

    name: str
    unit: str
    values: np.ndarray  # (N, d)
    change: np.ndarray  # (M,) over SPAN steps of one episode: distance, or the largest turn


class Covered(NamedTuple):
    """What the data of an environment cover."""

    env: str
    quantities: list[Quantity]
    events: dict[str, float]  # in percent of the steps


def cover(env: str, states: np.ndarray, lengths: np.ndarray, offsets: np.ndarray) -> Covered:
    """The quantities of an environment over states (N, S) of episodes, and its events."""
    environment = make_environment(env, 1)
    starts = window_starts(lengths, offsets, SPAN)
    quantities = []
    for name, values in environment.quantities(states).items():
        unit = environment.probes[name]
        if unit == ANGLES:
            values, unit = np.degrees(np.arctan2(*np.split(values, 2, axis=1))), "degrees"
            turn = values[starts + SPAN] - values[starts]
            change = np.abs((turn + 180) % 360 - 180).max(1)
        else:
            change = np.linalg.norm(values[starts + SPAN] - values[starts], axis=1)
        quantities.append(Quantity(name, unit, values, change))
    events = {name: 100 * flags.mean() for name, flags in environment.events(states).items()}
    return Covered(env, quantities, events)


def statistics_table(covered: Covered) -> pd.DataFrame:
    """Rows of STATISTICS: events first, then each quantity's change and its extremes."""
    env = covered.env
    rows = [(env, "events", name, "% of steps", share) for name, share in covered.events.items()]
    for name, unit, values, change in covered.quantities:
        for q in (10, 50, 90):
            statistic = f"change in {SPAN} steps, {q} % quantile"
            rows.append((env, name, statistic, unit, np.quantile(change, q / 100)))
        for dimension, column in enumerate(values.T):
            for statistic, value in (("lowest", column.min()), ("highest", column.max())):
                rows.append((env, name, f"{statistic}, dimension {dimension}", unit, value))
    return pd.DataFrame(rows, columns=list(STATISTICS))


def histogram_table(covered: Covered) -> pd.DataFrame:
    """Rows of HISTOGRAMS: the bins of each quantity's values, then those of its change.

    amount: percent of the steps; of values in two dimensions, whose first two are taken, the
    number of steps in a rectangle. Angles go from -180 to 180 degrees.
    """
    rows: list[tuple] = []
    for name, unit, values, change in covered.quantities:
        known, limits = (covered.env, name, unit), (-180, 180) if unit == "degrees" else None
        if values.shape[1] == 1:
            rows += [(*known, "values", *one) for one in _shares(values[:, 0], limits)]
        else:
            area = limits and [limits, limits]
            counts, x, y = np.histogram2d(values[:, 0], values[:, 1], BINS_EACH_WAY, range=area)
            rows += [
                (*known, "values", x[i], x[i + 1], y[j], y[j + 1], counts[i, j])
                for i, j in np.ndindex(counts.shape)
            ]
        rows += [(*known, "change", *one) for one in _shares(change)]
    return pd.DataFrame(rows, columns=list(HISTOGRAMS))


def _shares(values: np.ndarray, limits: tuple[float, float] | None = None) -> list[tuple]:
    """Bins of values (N,): their ends, none in y, and what percent of the values they hold."""
    weights = np.full(len(values), 100 / len(values))
    amounts, edges = np.histogram(values, BINS, range=limits, weights=weights)
    nothing = np.full(BINS, np.nan)
    return list(zip(edges[:-1], edges[1:], nothing, nothing, amounts, strict=True))


def read_covered(path: Path) -> Covered:
    """What a dataset covers. Raises InputError naming a file that tells too little for that."""
    with reading(path), h5py.File(path, "r") as file:
        name = file.attrs.get("env", b"")
    env = name.decode() if isinstance(name, bytes) else str(name)
    if env not in ENVIRONMENTS:
        raise InputError(f"{path}: is of {env!r}, allowed: {', '.join(ENVIRONMENTS)}")
    states, lengths, offsets = read_states(path, len(make_environment(env, 1).state_names))
    if lengths.max() <= SPAN:
        raise InputError(f"{path}: no episode of {env} has {SPAN} steps")
    return cover(env, states, lengths, offsets)


def _measured(
    data: list[Path], table: Callable[[Covered], pd.DataFrame]
) -> tuple[pd.DataFrame, Settings]:
    covered = [read_covered(path) for path in data]
    settings = [{"environments": [one.env for one in covered], "span": SPAN}]
    return pd.concat([table(one) for one in covered], ignore_index=True), settings


def data_coverage(data: list[Path]) -> tuple[pd.DataFrame, Settings]:
    return _measured(data, statistics_table)


def data_histograms(data: list[Path]) -> tuple[pd.DataFrame, Settings]:
    return _measured(data, histogram_table)
