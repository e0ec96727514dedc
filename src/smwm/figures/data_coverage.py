"""What the collection policies cover: poses, motion in 25 steps, and events."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from smwm.analysis.measured import save_origin
from smwm.data.dataset import read_states, window_starts
from smwm.envs import ENVIRONMENTS, make_environment
from smwm.errors import InputError
from smwm.figures.style import new_figure, save_figure, save_table

SPAN = 25  # steps, the distance of start and goal in a task
ANGLES = "sine and cosine"


class Quantity(NamedTuple):
    """A quantity over a dataset; angles in degrees."""

    name: str
    unit: str
    values: np.ndarray  # (N, d)
    change: np.ndarray  # (M,) over SPAN steps of one episode: distance, or the largest turn


def measure(
    env: str, states: np.ndarray, lengths: np.ndarray, offsets: np.ndarray
) -> tuple[list[Quantity], dict[str, float]]:
    """The quantities of an environment over states (N, S), and events in percent of the steps."""
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
    return quantities, events


def coverage_table(env: str, quantities: list[Quantity], events: dict[str, float]) -> pd.DataFrame:
    """Rows env, quantity, statistic, unit, value."""
    rows = [(env, "events", name, "% of steps", share) for name, share in events.items()]
    for name, unit, values, change in quantities:
        for q in (10, 50, 90):
            statistic = f"change in {SPAN} steps, {q} % quantile"
            rows.append((env, name, statistic, unit, np.quantile(change, q / 100)))
        for dimension, column in enumerate(values.T):
            for statistic, value in (("lowest", column.min()), ("highest", column.max())):
                rows.append((env, name, f"{statistic}, dimension {dimension}", unit, value))
    return pd.DataFrame(rows, columns=["env", "quantity", "statistic", "unit", "value"])


def draw(measured: dict[str, tuple[list[Quantity], dict[str, float]]]) -> Figure:
    """Two rows an environment: where each quantity was, and below it how far it moved."""
    columns = max(len(quantities) for quantities, _ in measured.values())
    figure = new_figure(max(4.4, 0.6 + 2.7 * columns), 3.5 * len(measured))
    heights = [2, 1] * len(measured)
    panels = figure.subplots(2 * len(measured), columns, squeeze=False, height_ratios=heights)
    for panel in panels.flat:
        panel.set_axis_off()
    for number, (env, (quantities, events)) in enumerate(measured.items()):
        above, below = panels[2 * number : 2 * number + 2]
        for panel, quantity in zip(above, quantities, strict=False):
            _draw_values(panel, quantity)
        for panel, quantity in zip(below, quantities, strict=False):
            unit = quantity.unit
            _draw_shares(panel, quantity.change, f"change in {SPAN} steps [{unit}]")
        shares = ", ".join(f"{name} {share:.0f} % of steps" for name, share in events.items())
        heading = f"{ENVIRONMENTS[env].label}: {shares}" if shares else ENVIRONMENTS[env].label
        above[0].set_title(f"\n\n{above[0].get_title()}", fontsize=8)  # room for the heading
        above[0].annotate(
            heading, (0, 1), (-30, 22), xycoords="axes fraction", textcoords="offset points",
            fontsize=8.5, fontweight="bold",
        ).set_in_layout(False)  # fmt: skip
    return figure


def _draw_values(panel: Axes, quantity: Quantity) -> None:
    name, unit = quantity.name.replace("_", " "), quantity.unit
    limits = (-180, 180) if unit == "degrees" else None
    if quantity.values.shape[1] == 1:
        _draw_shares(panel, quantity.values[:, 0], f"[{unit}]", limits)
    else:
        panel.set_axis_on()
        panel.grid(False)
        x, y = quantity.values[:, 0], quantity.values[:, 1]
        area = limits and [limits, limits]
        norm = LogNorm(vmin=0.3)  # a single step is to be seen, too
        *_, image = panel.hist2d(
            x, y, 40, range=area, cmap="Blues", norm=norm, cmin=1, rasterized=True
        )
        bar = panel.figure.colorbar(image, ax=panel, shrink=0.8)
        bar.ax.set_title("steps", fontsize=6)
        bar.ax.tick_params(labelsize=6)
        bar.ax.minorticks_off()
        bar.ax.yaxis.set_major_formatter("{x:g}")
        panel.set_xlabel(f"[{unit}]", labelpad=1)
        panel.set_ylabel(f"[{unit}]", labelpad=1)
        panel.set_aspect("equal", adjustable="datalim")
        if limits:
            panel.set_yticks([-180, 0, 180])
        if unit == "px":
            panel.invert_yaxis()  # as in the images
    if limits:
        panel.set_xticks([-180, 0, 180])
    panel.set_title(name, fontsize=8)


def _draw_shares(
    panel: Axes, values: np.ndarray, words: str, limits: tuple[float, float] | None = None
) -> None:
    """A histogram of values (N,) in percent of them."""
    panel.set_axis_on()
    shares = np.full(len(values), 100 / len(values))
    panel.hist(values, 36, range=limits, weights=shares, color="#0072B2")
    panel.set_xlabel(words, labelpad=1)
    panel.set_ylabel("share [%]")


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--env", required=True, nargs="+", help="environments")
    parser.add_argument(
        "--data", required=True, nargs="+", type=Path, help="a dataset for each, in order"
    )
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")


def run(arguments: argparse.Namespace) -> None:
    if len(arguments.env) != len(arguments.data):
        raise InputError(f"--data: {len(arguments.data)} files for {len(arguments.env)} --env")
    measured: dict[str, Any] = {}
    for env, path in zip(arguments.env, arguments.data, strict=True):
        state_dim = len(make_environment(env, 1).state_names)
        states, lengths, offsets = read_states(path, state_dim)
        if lengths.max() <= SPAN:
            raise InputError(f"{path}: no episode of {env} has {SPAN} steps")
        measured[env] = measure(env, states, lengths, offsets)
    tables = [coverage_table(env, *values) for env, values in measured.items()]
    stem = arguments.out / "data_coverage"
    save_table(pd.concat(tables), stem.with_suffix(".csv"))
    save_figure(draw(measured), stem)
    settings = [{"environments": arguments.env, "span": SPAN}]
    save_origin(stem.with_suffix(".json"), __name__, arguments.data, settings)
