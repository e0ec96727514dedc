"""Our training step, data path and planner beside a plain reference: `smwm benchmark`."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from smwm.benchmark.machine import machine_name
from smwm.benchmark.parts import COLUMNS, PARTS, BenchmarkSettings, prepare
from smwm.benchmark.storage import TILE_PARTS
from smwm.config.settings import add_arguments, at_least, from_arguments
from smwm.errors import InputError
from smwm.system.device import choose_device
from smwm.system.files import write_bytes
from smwm.system.progress import Progress

INTRODUCTION = """# Benchmark: ours against the plain reference

Median of timings taken in turns in one run, in brackets the middle half. Agreement: largest
relative difference of losses or of the plans' costs, and largest difference of pixels. Share of
peak: necessary operations over time, of the machine's rate in products of large matrices in the
same precision, measured beside it. At peak: what plain / ours would be if ours ran at that
rate, the most that this machine's arithmetic allows.

Tiles: images gathered from memory where they are stored as tiles, against a DataLoader that reads
raw images from HDF5, in the system's cache, and against a map of these that is not in the cache.
"""


def as_markdown(rows: pd.DataFrame, machine: str) -> str:
    """The rows of one machine, for people."""
    lines = [
        f"## {machine}",
        "",
        "| scale | part | threads | ours [ms] | plain [ms] | plain / ours | at peak "
        "| share of peak | agreement | |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for row in rows.itertuples():
        computes = not np.isnan(row.share_of_peak)
        cells = [
            row.scale, row.part, str(row.threads),
            f"{1000 * row.ours:.3g}", f"{1000 * row.plain:.3g}",
            f"**{row.ratio:.2f}** ({row.ratio_low:.2f} to {row.ratio_high:.2f})",
            *([f"{row.ratio_at_peak:.2f}", f"{row.share_of_peak:.0%}"] if computes else "––"),
            f"{row.agreement:.1g}", row.sizes,
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def add_arguments_of_comparison(parser: argparse.ArgumentParser) -> None:
    """Everything but the folder and the device, which other benchmarks have, too."""
    group = parser.add_argument_group("Against the plain reference")
    group.add_argument(
        "--scales", nargs="+", default=["laptop", "paper"], help="whose models (laptop paper)"
    )
    parts = list(PARTS | TILE_PARTS)
    group.add_argument("--parts", nargs="+", choices=parts, default=parts)
    group.add_argument("--config", type=Path, default=Path("config"), help="folder (config)")
    group.add_argument(
        "--threads", nargs="+", type=at_least(1), default=[1, 2], help="CPU threads (1 2)"
    )
    add_arguments(parser, BenchmarkSettings)


def earlier_rows(path: Path, new: pd.DataFrame) -> pd.DataFrame:
    """Rows of `path` that `new` does not measure again. Raises InputError for another table."""
    if not path.is_file():
        return new.iloc[:0]
    try:
        old = pd.read_csv(path)
    except (ValueError, OSError) as error:
        raise InputError(f"{path}: not a table ({error})") from error
    if list(old) != list(new):
        raise InputError(f"{path}: not a table of this benchmark, remove it")
    keys = ["device", "scale", "part", "threads"]
    return old[~old.set_index(keys).index.isin(new.set_index(keys).index)]


def run(arguments: argparse.Namespace) -> None:
    settings = from_arguments(arguments, BenchmarkSettings)
    device = choose_device(arguments.device)
    cases = [(scale, threads) for scale in arguments.scales for threads in arguments.threads]
    rows = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Progress("benchmark", len(cases) * len(arguments.parts), "parts") as progress,
    ):
        for scale, threads in cases:
            torch.set_num_threads(threads)
            data_folder = Path(folder, str(threads))
            bench = prepare(scale, data_folder, arguments.config, settings, device, threads)
            for part in arguments.parts:
                rows.append((machine_name(device), *(PARTS | TILE_PARTS)[part](bench)))
                progress.advance()
    table = pd.DataFrame(rows, columns=["device", *COLUMNS])
    stem = arguments.out / "benchmark"
    earlier = earlier_rows(stem.with_suffix(".csv"), table)
    table = pd.concat([earlier, table]) if len(earlier) else table
    parts = [as_markdown(rows, str(machine)) for machine, rows in table.groupby("device")]
    write_bytes(stem.with_suffix(".csv"), table.to_csv(index=False, float_format="%.5g").encode())
    write_bytes(stem.with_suffix(".md"), "\n".join([INTRODUCTION, *parts]).encode())
