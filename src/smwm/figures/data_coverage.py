"""What the collection policies cover: poses, motion over some steps, and events."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from smwm.analysis.measured import read_measured
from smwm.envs import ENVIRONMENTS
from smwm.figures.style import add_table, new_figure, save_drawn

COLUMNS = ("env", "quantity", "statistic", "unit", "value")
HISTOGRAMS = (
    "env", "quantity", "unit", "shown", "x_low", "x_high", "y_low", "y_high", "amount",
)  # fmt: skip


def draw(table: pd.DataFrame, histograms: pd.DataFrame, span: int) -> Figure:
    """Two rows an environment: where each quantity was, and below it how far it moved.

    histograms: the bins of the values of each quantity, and of its change in `span` steps.
    """
    envs = list(dict.fromkeys(histograms["env"]))
    columns = histograms.groupby("env")["quantity"].nunique().max()
    figure = new_figure(max(4.4, 0.6 + 2.7 * columns), 3.5 * len(envs))
    heights = [2, 1] * len(envs)
    panels = figure.subplots(2 * len(envs), columns, squeeze=False, height_ratios=heights)
    for panel in panels.flat:
        panel.set_axis_off()
    for number, env in enumerate(envs):
        above, below = panels[2 * number : 2 * number + 2]
        quantities = histograms[histograms["env"] == env].groupby("quantity", sort=False)
        for panel, lower, (name, bins) in zip(above, below, quantities, strict=False):
            values, change = (bins[bins["shown"] == kind] for kind in ("values", "change"))
            _draw_values(panel, str(name), values)
            _draw_shares(lower, change, f"change in {span} steps [{bins['unit'].iloc[0]}]")
        events = table[(table["env"] == env) & (table["quantity"] == "events")]
        shares = ", ".join(f"{e.statistic} {e.value:.0f} % of steps" for e in events.itertuples())
        heading = f"{ENVIRONMENTS[env].label}: {shares}" if shares else ENVIRONMENTS[env].label
        above[0].set_title(f"\n\n{above[0].get_title()}", fontsize=8)  # room for the heading
        above[0].annotate(
            heading, (0, 1), (-30, 22), xycoords="axes fraction", textcoords="offset points",
            fontsize=8.5, fontweight="bold",
        ).set_in_layout(False)  # fmt: skip
    return figure


def _draw_values(panel: Axes, name: str, bins: pd.DataFrame) -> None:
    unit = bins["unit"].iloc[0]
    limits = (-180, 180) if unit == "degrees" else None
    if bins["y_low"].isna().all():
        _draw_shares(panel, bins, f"[{unit}]")
    else:
        panel.set_axis_on()
        panel.grid(False)
        edges = [_edges(bins, axis) for axis in "xy"]
        norm = LogNorm(vmin=0.3)  # a single step is to be seen, too
        *_, image = panel.hist2d(
            bins["x_low"], bins["y_low"], edges, weights=bins["amount"], cmap="Blues", norm=norm,
            cmin=1, rasterized=True,
        )  # fmt: skip
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
    panel.set_title(name.replace("_", " "), fontsize=8)


def _draw_shares(panel: Axes, bins: pd.DataFrame, words: str) -> None:
    """Bins along x, each as high as its share."""
    panel.set_axis_on()
    panel.hist(bins["x_low"], _edges(bins, "x").tolist(), weights=bins["amount"], color="#0072B2")
    panel.set_xlabel(words, labelpad=1)
    panel.set_ylabel("share [%]")


def _edges(bins: pd.DataFrame, axis: str) -> np.ndarray:
    """The ends (n + 1,) of n neighbouring bins along an axis."""
    return np.union1d(bins[f"{axis}_low"], bins[f"{axis}_high"])


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)
    parser.add_argument(
        "--histograms", required=True, type=Path, help="of `smwm measure data_histograms`"
    )


def run(arguments: argparse.Namespace) -> None:
    measured = read_measured(arguments.table, COLUMNS)
    histograms = read_measured(arguments.histograms, HISTOGRAMS)
    (settings,) = histograms.settings
    figure = draw(measured.table, histograms.table, settings["span"])
    save_drawn(arguments.out / "data_coverage", __name__, figure, measured, histograms)
