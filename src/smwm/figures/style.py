"""One look for every figure, and what a figure leaves behind: PDF, PNG, CSV and its origin."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from smwm.files import code_version, replacing, sha256, write_bytes, write_json

PAPER_COLOUR = "#000000"
RC = {
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
    "pdf.fonttype": 42,  # text stays text
    "figure.constrained_layout.use": True,
    "savefig.dpi": 200,
}


def new_figure(width: float, height: float) -> Figure:
    """An empty figure in the common style, which stays set; sizes in inches."""
    matplotlib.rcParams.update(RC)
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: Figure, stem: Path) -> None:
    """Write `stem`.pdf and `stem`.png without dates, so that equal figures are equal bytes."""
    with replacing(stem.with_suffix(".pdf")) as temporary:
        figure.savefig(temporary, metadata={"CreationDate": None})
    with replacing(stem.with_suffix(".png")) as temporary:
        figure.savefig(temporary, metadata={"Software": None})


def save_table(table: pd.DataFrame, path: Path) -> None:
    """Write a CSV with numbers rounded to four decimals."""
    text = table.round(4).to_csv(index=False, lineterminator="\n")
    write_bytes(path, text.encode())


def save_origin(
    path: Path, module: str, inputs: Iterable[Path], settings: list[dict[str, Any]]
) -> None:
    """Write where a figure comes from: code, versions, input hashes, settings behind them."""
    write_json(
        path,
        {
            "code": code_version(module),
            "python": platform.python_version(),
            "torch": torch.__version__,
            "machine": f"{platform.system()} {platform.machine()}",
            "inputs": {str(path): sha256(path) for path in inputs},
            "settings": settings,
        },
    )
