"""The replication table: every claim beside the paper's number, with a computed verdict."""

from __future__ import annotations

import argparse
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from smwm.analysis.claims import CLAIMS, Evidence, replication_table
from smwm.analysis.records import paper_success, read_records, settings_behind
from smwm.analysis.spectrum import effective_rank, embedding_std
from smwm.errors import InputError
from smwm.figures.style import save_origin, save_table
from smwm.files import write_bytes


def read_spectra(paths: list[Path]) -> pd.DataFrame:
    """One row an export of `smwm embed`: env, method, seed, embedding_std, effective_rank."""
    rows = []
    for path in paths:
        try:
            with np.load(path, allow_pickle=False) as file:
                latents = torch.from_numpy(file["latents"])
                model = json.loads(file["origin"].item())["model"]
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: not an export of `smwm embed` ({error})") from error
        spectrum = {
            "embedding_std": embedding_std(latents).item(),
            "effective_rank": effective_rank(latents).item(),
        }
        rows.append({key: model[key] for key in ("env", "method", "seed")} | spectrum)
    return pd.DataFrame(rows)


def as_markdown(table: pd.DataFrame, words: dict[str, str], scale: str) -> str:
    """The table, the claims and the rules behind the verdicts, for reading."""
    lines = [f"# Replication at scale `{scale}`", ""]
    lines += [f"- **{claim}**: {meaning}" for claim, meaning in CLAIMS.items()]
    lines += [
        "",
        "Intervals are 95 %: over seeds and tasks for success (Wilson's at the effective sample "
        "size; Student's t on paired differences), over seeds for the rest (Student's t); with one "
        "seed over tasks alone. n counts the tasks of all seeds, or the seeds.",
        "",
        "| claim | env | method | metric | paper | ours | 95 % interval | n | verdict |",
        "|---|---|---|---|--:|--:|:-:|--:|---|",
    ]
    for row in table.itertuples():
        paper = "–" if np.isnan(row.paper) else f"{row.paper:.1f}"
        interval = "–" if np.isnan(row.ci_low) else f"{row.ci_low:.1f} to {row.ci_high:.1f}"
        cells = [row.claim, row.env, row.method, row.metric, paper, f"{row.ours:.1f}", interval]
        lines.append("| " + " | ".join([*cells, str(row.n), row.verdict]) + " |")
    lines += ["", "## Rules behind the verdicts", ""]
    lines += [f"- {metric}: {rule}; otherwise not reproduced." for metric, rule in words.items()]
    lines += ["", "## Commands", ""]
    lines += [f"    {command}" for command in dict.fromkeys(table["command"])]
    return "\n".join(lines) + "\n"


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--records", required=True, nargs="+", type=Path, help="of `smwm plan`")
    parser.add_argument("--embeddings", required=True, nargs="+", type=Path, help="`smwm embed`")
    parser.add_argument("--paper", required=True, type=Path, help="the paper's numbers, CSV")
    parser.add_argument("--scale", required=True, help="name of the scale, for the report")
    parser.add_argument("--out", required=True, type=Path, help="folder for the table")


def run(arguments: argparse.Namespace) -> None:
    records = read_records(arguments.records)
    evidence = Evidence(
        records, read_spectra(arguments.embeddings), paper_success(arguments.paper), arguments.scale
    )
    table, words = replication_table(evidence)
    stem = arguments.out / "replication"
    save_table(table, stem.with_suffix(".csv"))
    write_bytes(stem.with_suffix(".md"), as_markdown(table, words, arguments.scale).encode())
    inputs = [*arguments.records, *arguments.embeddings, arguments.paper]
    save_origin(stem.with_suffix(".json"), __name__, inputs, settings_behind(records))
