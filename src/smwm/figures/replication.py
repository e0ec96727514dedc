"""The replication table: every claim beside the paper's number, with a computed verdict."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from smwm.analysis.claims import (
    CLAIMS,
    Evidence,
    collapse_rows,
    planning_rows,
    replication_table,
)
from smwm.analysis.exports import read_arrays
from smwm.analysis.latent_claims import latent_rows, sweep_rows
from smwm.analysis.records import paper_success, read_records, settings_behind
from smwm.analysis.rules import RULES
from smwm.analysis.spectrum import effective_rank, embedding_std
from smwm.errors import InputError
from smwm.figures.style import save_origin, save_table
from smwm.files import write_bytes

SOURCES = (collapse_rows, latent_rows, planning_rows, sweep_rows)
INTERVALS = (
    "Intervals are 95 %: over seeds and tasks for success (Wilson's at the effective sample size; "
    "Student's t on paired differences), over seeds for the rest (Student's t), from statsmodels "
    "and scipy; with one seed over tasks alone, and none where there are no tasks. For counts, "
    "the range over seeds. n counts the tasks of all seeds, or the seeds. Without an interval "
    "nothing counts as reproduced."
)
PAPER_SETUP = {  # of its planning experiments; λ is one an environment
    "image side [px]": "224",
    "encoder": "ViT-Tiny/14",
    "training episodes": "9000",
    "optimiser steps": "10 epochs",
    "batch size": "256",
    "λ": "0.1 / 5 / 30 / 1",
    "seeds": "5",
    "tasks": "100",
    "planner: iterations": "30",
    "planner: horizon [blocks]": "5",
    "planner: executes [blocks]": "5",
}


def read_spectra(paths: list[Path]) -> pd.DataFrame:
    """One row an export of `smwm embed`: env, method, seed, embedding_std, effective_rank."""
    rows = []
    for path in paths:
        arrays, origin = read_arrays(path, ["latents"], "an export of `smwm embed`")
        latents, model = torch.from_numpy(arrays["latents"]), origin["model"]
        spectrum = {
            "embedding_std": embedding_std(latents).item(),
            "effective_rank": effective_rank(latents).item(),
        }
        rows.append({key: model[key] for key in ("env", "method", "seed")} | spectrum)
    return pd.DataFrame(rows)


def read_tables(paths: list[Path]) -> dict[str, pd.DataFrame]:
    """Tables of other figures by the figure's name."""
    tables = {}
    for path in paths:
        try:
            tables[path.stem] = pd.read_csv(path)
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: not the table of a figure ({error})") from error
    return tables


def setup_table(records: list[dict[str, Any]]) -> pd.DataFrame:
    """What SMWM ran with in each environment, beside the paper: one row a setting."""
    columns = {"setting": list(PAPER_SETUP), "paper": list(PAPER_SETUP.values())}
    for env in dict.fromkeys(record["env"] for record in records):
        mine = [r for r in records if (r["env"], r["method"]) == (env, "smwm") and "model" in r]
        if not mine:
            continue
        try:
            columns[env] = _setup(mine)
        except KeyError as error:
            raise InputError(f"a record of smwm in {env} does not tell {error}") from error
    return pd.DataFrame(columns)


def _setup(records: list[dict[str, Any]]) -> list[Any]:
    model, planner = records[0]["model"], records[0]["settings"]["planner"]
    net, training = model["model"], model["settings"]
    return [
        model["image_size"],
        encoder_name(net),
        model["episodes"],
        training["steps"],
        training["batch_size"],
        training["weight"],
        len(records),
        len(records[0]["solved"]),
        planner["iterations"],
        planner["horizon"],
        planner["execute"] or planner["horizon"],
    ]


def encoder_name(net: dict[str, Any]) -> str:
    """An encoder's kind and what tells its size."""
    sizes = {"cnn": ("channels",), "vit": ("vit_width", "vit_depth", "patch")}
    keys = sizes.get(net["encoder"], ("backbone",))
    words = [net[key] if isinstance(net[key], list) else [net[key]] for key in keys]
    return "-".join([net["encoder"], *(str(word) for part in words for word in part)])


def as_markdown(table: pd.DataFrame, setup: pd.DataFrame, scale: str) -> str:
    """Verdicts in short, every claim with its rows and figures, rules, settings, commands."""
    lines = [f"# Replication at scale `{scale}`", ""]
    lines += ["| claim | | reproduced | partly | not |", "|---|---|--:|--:|--:|"]
    claims = [claim for claim in CLAIMS if claim in set(table["claim"])]
    for claim in claims:
        verdicts = table[table["claim"] == claim]["verdict"].value_counts()
        counts = [str(verdicts.get(v, 0)) for v in ("reproduced", "partly", "not reproduced")]
        lines.append(f"| {claim} | {CLAIMS[claim]} | {' | '.join(counts)} |")
    lines += ["", INTERVALS, ""]
    shown = {"replication"}  # a figure stands below the first claim that it is about
    for claim in claims:
        lines += [f"## {claim}: {CLAIMS[claim]}", "", *_rows(table[table["claim"] == claim]), ""]
        commands = table[table["claim"] == claim]["command"]
        names = dict.fromkeys(Path(command.split()[-1]).stem for command in commands)
        lines += [f"![{name}]({name}.png)\n" for name in names if name not in shown]
        shown |= names.keys()
    lines += ["## Rules behind the verdicts", ""]
    used = [name for name in RULES if name in set(table["rule"])]
    lines += [f"- **{name}**: {RULES[name].words}; otherwise not reproduced." for name in used]
    lines += ["", "## What differs from the paper", "", *_pipes(setup), ""]
    lines += [
        "The paper's forward model is a transformer, its planner executes whole plans. Here the "
        "forward model is an MLP, and every method's plans are clipped to the actions' range. "
        "Data come from this repository's own policies.",
        "",
        "## Commands",
        "",
        *(f"    {command}" for command in dict.fromkeys(table["command"])),
    ]
    return "\n".join(lines) + "\n"


def _rows(table: pd.DataFrame) -> list[str]:
    lines = [
        "| env | method | metric | paper | ours | 95 % interval | n | rule | verdict |",
        "|---|---|---|--:|--:|:-:|--:|---|---|",
    ]
    for row in table.itertuples():
        interval = "–"
        if not np.isnan(row.ci_low):
            interval = f"{_number(row.ci_low)} to {_number(row.ci_high)}"
        cells = [row.env, row.method, row.metric, _number(row.paper), _number(row.ours), interval]
        cells += [str(row.n), row.rule, row.verdict]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _number(value: float) -> str:
    """Three digits, more where a whole number has them; a dash for none."""
    if np.isnan(value):
        return "–"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _pipes(table: pd.DataFrame) -> list[str]:
    lines = ["| " + " | ".join(table.columns) + " |", "|---" * len(table.columns) + "|"]
    return lines + ["| " + " | ".join(map(str, row)) + " |" for row in table.to_numpy()]


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--records", required=True, nargs="+", type=Path, help="of `smwm plan`")
    parser.add_argument("--embeddings", required=True, nargs="+", type=Path, help="`smwm embed`")
    parser.add_argument("--tables", nargs="*", default=[], type=Path, help="other figures' CSVs")
    parser.add_argument("--paper", required=True, type=Path, help="the paper's numbers, CSV")
    parser.add_argument("--scale", required=True, help="name of the scale, for the report")
    parser.add_argument("--out", required=True, type=Path, help="folder for the table")


def run(arguments: argparse.Namespace) -> None:
    records = read_records(arguments.records)
    evidence = Evidence(
        records,
        read_spectra(arguments.embeddings),
        paper_success(arguments.paper),
        arguments.scale,
        read_tables(arguments.tables),
    )
    table = replication_table(evidence, SOURCES)
    stem = arguments.out / "replication"
    save_table(table, stem.with_suffix(".csv"))
    text = as_markdown(table, setup_table(records), arguments.scale)
    write_bytes(stem.with_suffix(".md"), text.encode())
    inputs = [*arguments.records, *arguments.embeddings, *arguments.tables, arguments.paper]
    save_origin(stem.with_suffix(".json"), __name__, inputs, settings_behind(records))
