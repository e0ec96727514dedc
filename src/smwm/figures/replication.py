"""The replication table: every claim beside the paper's number, with a computed verdict."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smwm.analysis.claims import CLAIMS, replication_table
from smwm.analysis.differences import (
    Comparison,
    compare,
    environment_settings,
    world_settings,
)
from smwm.analysis.evidence import Evidence
from smwm.analysis.measured import read_measured, save_origin
from smwm.analysis.paper import FILES, Paper, read_paper
from smwm.analysis.verdicts import RULES, VERDICTS, overall
from smwm.figures.style import save_table
from smwm.system.files import write_bytes

READING = (
    "A claim's verdict is that of its primary rows where they agree, else partly. Supporting rows "
    "are judged, too, but do not count there; context helps to read the others.",
    "Intervals are 95 %: over seeds and tasks for success (Wilson's at the effective sample size; "
    "Student's t on paired differences), over seeds for the rest (Student's t), from statsmodels "
    "and scipy; with one seed over tasks alone, and none where there are no tasks. For counts, "
    "the range over seeds. n counts the tasks of all seeds, or the seeds. Without an interval, or "
    "with one seed, nothing counts as reproduced.",
)
DIFFERENCES = (
    "Data come from this repository's own policies, where the paper has those of others, on "
    "Push-T expert demonstrations. All methods share the settings below but for their weights."
)


def as_markdown(table: pd.DataFrame, paper: Paper, setups: list[Comparison], scale: str) -> str:
    """Verdicts in short, every claim with its rows and figures, rules, settings, commands."""
    claims = [claim for claim in CLAIMS if claim in set(table["claim"])]
    lines = [f"# Replication at scale `{scale}`", "", *_verdicts(table, claims), ""]
    lines += ["\n\n".join(READING), ""]
    shown = {"replication"}  # a figure stands below the first claim that it is about
    for claim in claims:
        mine = table[table["claim"] == claim]
        verdict = overall(table, claim)
        lines += [f"## {claim}, {verdict}: {CLAIMS[claim].words}", "", *_rows(mine), ""]
        lines += [paper.falls(), ""] if claim == "C9" else []
        names = dict.fromkeys(Path(command.split()[-1]).stem for command in mine["command"])
        lines += [f"![{name}]({name}.png)\n" for name in names if name not in shown]
        shown |= names.keys()
    lines += ["## Rules behind the verdicts", ""]
    used = [name for name in RULES if name in set(table["rule"])]
    lines += [f"- **{name}**: {RULES[name].words}; otherwise not reproduced." for name in used]
    lines += ["", "## What differs from the paper", "", DIFFERENCES, ""]
    for setup in setups:
        lines += [*_pipes(setup.differing), ""]
        lines += [f"As in the paper: {'; '.join(setup.same)}.", ""] if setup.same else []
    commands = dict.fromkeys(table["command"])
    lines += ["## Commands", "", *(f"    {command}" for command in commands)]
    return "\n".join(lines) + "\n"


def _verdicts(table: pd.DataFrame, claims: list[str]) -> list[str]:
    """One line a claim: its verdict, its primary endpoint, and how its primary rows fared."""
    lines = ["| verdict | claim | statement | primary endpoint | reproduced | partly | not |"]
    lines += ["|---|---|---|---|--:|--:|--:|"]
    for claim in claims:
        primary = table[(table["claim"] == claim) & (table["role"] == "primary")]
        counts = primary["verdict"].value_counts()
        known = [overall(table, claim), claim, CLAIMS[claim].words, CLAIMS[claim].endpoint]
        cells = [*known, *(str(counts.get(verdict, 0)) for verdict in VERDICTS)]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _rows(table: pd.DataFrame) -> list[str]:
    lines = [
        "| verdict | env | method | metric | paper | ours | 95 % interval | seeds | n | rule | "
        "role |",
        "|---|---|---|---|--:|--:|:-:|--:|--:|---|---|",
    ]
    for row in table.itertuples():
        cells = [row.verdict or UNKNOWN, row.env, row.method, row.metric]
        cells += [number(row.paper), number(row.ours)]
        interval = UNKNOWN if np.isnan(row.ci_low) else interval_of(row)
        cells += [interval, str(row.seeds), str(row.n), row.rule, row.role]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


UNKNOWN = "–"


def interval_of(row: Any) -> str:
    """The bounds of a row with `ci_low` and `ci_high`."""
    return f"{number(row.ci_low)} to {number(row.ci_high)}"


def number(value: float) -> str:
    """Three digits, more where a whole number has them; a dash for none."""
    if np.isnan(value):
        return UNKNOWN
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _pipes(table: pd.DataFrame) -> list[str]:
    lines = ["| " + " | ".join(table.columns) + " |", "|---" * len(table.columns) + "|"]
    return lines + ["| " + " | ".join(map(str, row)) + " |" for row in table.to_numpy()]


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tables", required=True, nargs="+", type=Path, help="`smwm measure`")
    parser.add_argument("--paper", required=True, type=Path, help="folder of the paper's numbers")
    parser.add_argument("--scale", required=True, help="name of the scale, for the report")
    parser.add_argument("--out", required=True, type=Path, help="folder for the table")


def run(arguments: argparse.Namespace) -> None:
    paper = read_paper(arguments.paper)
    measured = {path.stem: read_measured(path) for path in arguments.tables}
    tables = {name: one.table for name, one in measured.items()}
    table = replication_table(Evidence(paper, tables), arguments.scale)
    planned = measured["planning_success"].settings if "planning_success" in measured else []
    origins = list({sha: o for one in measured.values() for sha, o in one.exports.items()}.values())
    probed = [one for one in origins if "pairs" not in one["model"]]
    setups = [
        compare("environment", environment_settings(planned, tables, probed), paper),
        compare("world", world_settings(origins), paper),
    ]
    stem = arguments.out / "replication"
    save_table(table, stem.with_suffix(".csv"))
    text = as_markdown(table, paper, setups, arguments.scale)
    write_bytes(stem.with_suffix(".md"), text.encode())
    inputs = [*arguments.tables, *(arguments.paper / f"{name}.csv" for name in FILES)]
    known = {path: sha for one in measured.values() for path, sha in one.inputs.items()}
    save_origin(stem.with_suffix(".json"), __name__, inputs, planned, known)
