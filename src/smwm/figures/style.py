"""One look for every figure, and what it leaves behind: PDF, PNG, GIF, CSV and its origin."""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from smwm.analysis.measured import Measured, save_origin
from smwm.system.files import replacing, write_bytes

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

PAPER_COLOUR = "#000000"
Look = dict[str, Any]  # of a line or a mark: matplotlib's keywords
# One seed's mark on a bar.
SEED: Look = {"ls": "", "marker": "o", "mfc": "white", "mec": "black", "mew": 0.6, "ms": 3.5}
R2_SHOWN = (-1.5, 2.5)  # the longest axis of R^2: an interval of few seeds may leave it
FRAME_MS, LAST_FRAME_MS = 100, 2000  # how long a frame of an animation stays
RC: dict[RcKeyType, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#E5E5E5",
    "legend.frameon": False,
    "pdf.fonttype": 42,  # TrueType fonts, so that text stays text in a PDF
    "figure.constrained_layout.use": True,
    "savefig.dpi": 200,
}


def new_figure(width: float, height: float) -> Figure:
    """An empty figure in the common style, which stays set; sizes in inches.

    It starts from matplotlib's defaults: nothing of the user's own matplotlibrc is left.
    """
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(RC)
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def show_image(panel: Axes, image: np.ndarray) -> None:
    """An image (S, S, 3) without interpolation and ticks, in a thin frame."""
    panel.imshow(image, interpolation="nearest")
    panel.set_xticks([])
    panel.set_yticks([])
    panel.grid(False)
    panel.spines[:].set(visible=True, color="#BBBBBB", linewidth=0.6)


def counted(number: int, word: str) -> str:
    """A number and its noun: `1 seed`, `3 seeds`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def draw_rates(panel: Axes, x: pd.Series, rows: pd.DataFrame, colour: str, label: str = "") -> None:
    """A line of success rates with their 95 % intervals (columns success_rate, ci_low, ci_high)."""
    rate = rows["success_rate"]
    errors = np.array([rate - rows["ci_low"], rows["ci_high"] - rate]).clip(
        min=0
    )  # negative only by rounding
    panel.errorbar(x, rate, errors, fmt="o-", capsize=3, lw=1, ms=4, color=colour, label=label)
    panel.set_ylim(-3, 103)


def limit_scores(panel: Axes, scores: pd.DataFrame) -> None:
    """Let the panel show all numbers of `scores`, at least 0 to 1, at most R2_SHOWN."""
    low, high = scores.min(axis=None), scores.max(axis=None)
    room = 0.05
    panel.set_ylim(
        max(np.fmin(low, 0), R2_SHOWN[0]) - room, min(np.fmax(high, 1), R2_SHOWN[1]) + room
    )


def draw_scores(
    panel: Axes, x: float, seeds: np.ndarray, interval: Sequence[float], colour: str, width: float
) -> None:
    """Scores of one method: a dot a seed, beside a line at their mean and its 95 % interval.

    seeds (N,); interval: mean, lower and upper bound, NaN where there is none. All stays within
    `width` around x. Arrows on the edge mark what lies beyond the limits, which are set before.
    """
    low, high = panel.get_ylim()
    spread = np.linspace(-0.1, 0.1, len(seeds)) if len(seeds) > 1 else np.zeros(1)
    mean, *bounds = interval
    ends = np.clip(bounds, low, high)
    panel.vlines(x + 0.15 * width, *ends, color=colour, lw=1.2)
    panel.hlines(mean, x - 0.05 * width, x + 0.35 * width, color=colour, lw=1.8)
    marks = [(x + width * (shift - 0.3), seed) for shift, seed in zip(spread, seeds, strict=True)]
    beyond = [(x + 0.15 * width, value) for value in (mean, *bounds)]
    for at, value in [*marks, *(mark for mark in beyond if mark[1] < low or mark[1] > high)]:
        shape = "v" if value < low else "^" if value > high else "o"
        style: Look = {
            "color": colour,
            "mec": "black",
            "mew": 0.4,
            "ms": 3,
            "ls": "",
            "zorder": 3,
        }
        panel.plot(at, np.clip(value, low, high), shape, **style, clip_on=False)


def save_all(
    stem: Path,
    module: str,
    table: pd.DataFrame,
    figure: Figure,
    inputs: Iterable[Path],
    settings: list[dict[str, Any]],
) -> None:
    """Write `stem`.csv, .pdf, .png and .json; see `save_table`, `save_figure`, `save_origin`."""
    save_table(table, stem.with_suffix(".csv"))
    save_figure(figure, stem)
    save_origin(stem.with_suffix(".json"), module, inputs, settings)


def save_drawn(
    stem: Path, module: str, figure: Figure, *measured: Measured, others: Iterable[Path] = ()
) -> None:
    """Write what `save_all` does of a figure of measured tables; the first is its CSV.

    Its origin is that of the tables: what they were measured from, and the settings behind it.
    `others`: files that are shown beside them.
    """
    save_table(measured[0].table, stem.with_suffix(".csv"))
    save_figure(figure, stem)
    inputs = [*(one.path for one in measured), *others]
    known = {path: found for one in measured for path, found in one.inputs.items()}
    save_origin(stem.with_suffix(".json"), module, inputs, measured[0].settings, known)


def add_table(parser: argparse.ArgumentParser) -> None:
    """The flags that every figure of a measured table has."""
    parser.add_argument("--table", required=True, type=Path, help="of `smwm measure`")
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")


def save_figure(figure: Figure, stem: Path) -> None:
    """Write `stem`.pdf and `stem`.png without dates, so that equal figures are equal bytes."""
    for kind, undated in (("pdf", "CreationDate"), ("png", "Software")):
        content = io.BytesIO()  # the writer of PDF does not survive a full disk
        figure.savefig(content, format=kind, metadata={undated: None})
        write_bytes(stem.with_suffix(f".{kind}"), content.getvalue())


def save_animation(frames: list[Image.Image], path: Path) -> None:
    """Write RGB images of one size as a GIF that repeats, with a rest on the last.

    All share one palette, found over all of them: else colours would flicker.
    """
    width, height = frames[0].size
    tall = Image.new("RGB", (width, height * len(frames)))
    for i, frame in enumerate(frames):
        tall.paste(frame, (0, i * height))
    tall = tall.quantize(dither=Image.Dither.NONE)
    first, *rest = [
        tall.crop((0, top, width, top + height)) for top in range(0, tall.height, height)
    ]
    durations = [FRAME_MS] * len(rest) + [LAST_FRAME_MS]
    with replacing(path) as temporary:
        first.save(temporary, save_all=True, append_images=rest, duration=durations, loop=0)


def save_table(table: pd.DataFrame, path: Path) -> None:
    """Write a CSV; numbers have four decimals, small ones four digits."""
    rounded = table.copy()
    for column in table.select_dtypes("float"):
        rounded[column] = [
            round(x, 4) if abs(x) >= 0.1 else float(f"{x:.4g}") for x in table[column]
        ]
    write_bytes(path, rounded.to_csv(index=False, lineterminator="\n").encode())
