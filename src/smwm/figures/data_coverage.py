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
COLOURS = ("#0072B2", "#D55E00", "#009E73")


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
    """One row an environment: where each quantity was, then how far it moved."""
    figure = new_figure(9.0, 0.5 + 2.1 * len(measured))
    columns = 1 + max(len(quantities) for quantities, _ in measured.values())
    panels = figure.subplots(len(measured), columns, squeeze=False)
    for row, (env, (quantities, events)) in zip(panels, measured.items(), strict=True):
        for panel in row:
            panel.set_axis_off()
        for panel, quantity in zip(row, quantities, strict=False):
            _draw_values(panel, quantity)
        _draw_changes(row[len(quantities)], quantities)
        shares = ", ".join(f"{name} {share:.0f} %" for name, share in events.items())
        row[0].text(
            -0.42, 0.5, f"{ENVIRONMENTS[env].label}\n{shares}", transform=row[0].transAxes,
            rotation=90, ha="center", va="center", fontsize=7.5,
        )  # fmt: skip
    figure.supxlabel(
        "maps: darker where more steps are, on a logarithmic scale; "
        "changes: up to each quantity's 99 % quantile, which the legend tells",
        fontsize=6.5,
    )
    return figure


def _draw_values(panel: Axes, quantity: Quantity) -> None:
    name = quantity.name.replace("_", " ")
    panel.set_axis_on()
    panel.grid(False)
    panel.set_title(f"{name} [{quantity.unit}]", fontsize=8)
    limits = (-180, 180) if quantity.unit == "degrees" else None
    if limits:
        panel.set_xticks([-180, 0, 180])
    if quantity.values.shape[1] == 1:
        panel.hist(quantity.values[:, 0], 36, range=limits, color=COLOURS[0], density=True)
        panel.set_yticks([])
        return
    x, y = quantity.values[:, 0], quantity.values[:, 1]
    area = limits and [limits, limits]
    norm = LogNorm(vmin=0.3)  # a single step is to be seen, too
    panel.hist2d(x, y, 40, range=area, cmap="Blues", norm=norm, cmin=1, rasterized=True)
    if limits:
        panel.set_yticks([-180, 0, 180])
    if quantity.unit == "px":
        panel.invert_yaxis()  # as in the images
    panel.set_aspect("equal", adjustable="datalim")


def _draw_changes(panel: Axes, quantities: list[Quantity]) -> None:
    """Each quantity's changes as shares of its 99 % quantile, so that units can share an axis."""
    panel.set_axis_on()
    panel.set_title(f"change in {SPAN} steps", fontsize=8)
    for quantity, colour in zip(quantities, COLOURS, strict=False):
        top = max(np.quantile(quantity.change, 0.99), 1e-9)
        label = f"{quantity.name.replace('_', ' ')}, to {top:.3g} {quantity.unit}"
        panel.hist(
            quantity.change / top, np.linspace(0, 1, 26).tolist(), histtype="step", color=colour,
            label=label, density=True,
        )  # fmt: skip
    panel.set_xlim(0, 1)
    panel.set_xticks([0, 0.5, 1], ["0", "half", "99 %"])
    panel.set_yticks([])
    panel.margins(y=0.05 + 0.08 * len(quantities))  # room for the legend
    panel.legend(fontsize=5.5, loc="upper right", borderpad=0, handlelength=1)


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
