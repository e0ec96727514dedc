"""Write the results of a scale into the pages for people, from their tables: `smwm readme`.

What stands between two marks is replaced, everything else is left as it is. With `--check`
nothing is written: the command fails where a page and the tables disagree.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smwm.analysis.claims import CLAIMS
from smwm.analysis.verdicts import VERDICTS, overall
from smwm.envs import ENVIRONMENTS
from smwm.errors import InputError
from smwm.figures.replication import interval_of, number
from smwm.methods import METHODS
from smwm.system.files import write_bytes

MARK = re.compile(r"(<!-- smwm readme: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
PAGES = [Path("README.md"), Path("docs/results.md")]
OLDER_MEASURES = {  # how release 0.1.0 named a measure and its quantity
    "success without [%]": ("success_without", None),
    "success with [%]": ("success_with", None),
    "MLP R² of distractor position": ("r2_mlp", "distractor_position"),
}
COMPARED = ("smwm", "sigreg", "forward_only", "random")


def success(folder: Path) -> list[str]:
    """A table of planning success: a row an environment, a column a method."""
    table = _read(folder, "replication")
    table = table[(table["claim"] == "C6") & (table["metric"] == "success [%]")]
    methods = [method for method in COMPARED if method in set(table["method"])]
    lines = _head("", *(METHODS[method].label for method in methods), "seeds", "tasks")
    for env, rows in table.groupby("env", sort=False):
        cells = {row.method: _beside_paper(row) for row in rows.itertuples()}
        first = rows.iloc[0]
        tasks = first["n"] // first["seeds"]
        numbers = [str(first["seeds"]), str(tasks)]
        lines.append(_line(ENVIRONMENTS[env].label, *(cells[m] for m in methods), *numbers))
    return lines


def verdicts(folder: Path) -> list[str]:
    """A table of the claims: the verdict, and what its primary rows came out as."""
    table = _read(folder, "replication")
    lines = _head("", "claim", "verdict", "its rows")
    for claim in (claim for claim in CLAIMS if claim in set(table["claim"])):
        primary = table[(table["claim"] == claim) & (table["role"] == "primary")]
        counts = primary["verdict"].value_counts()
        found = ", ".join(f"{counts[word]} {word}" for word in VERDICTS if word in counts)
        lines.append(_line(claim, CLAIMS[claim].words, f"**{overall(table, claim)}**", found))
    return lines


def claims(folder: Path) -> list[str]:
    """One item a claim: its verdict, and each of its primary rows with its own."""
    table = _read(folder, "replication")
    lines = []
    for claim in (claim for claim in CLAIMS if claim in set(table["claim"])):
        primary = table[(table["claim"] == claim) & (table["role"] == "primary")]
        words = CLAIMS[claim].words
        parts = []
        for metric, rows in primary.groupby("metric", sort=False):
            found = [f"{r.env} {_beside_paper(r)} {r.verdict}" for r in rows.itertuples()]
            parts.append(f"{metric}: {'; '.join(found)}")
        verdict = overall(table, claim)
        lines.append(f"- **{claim}, {verdict}:** {words}. *{'.* *'.join(parts)}.*")
    return lines


def distractors(folder: Path) -> list[str]:
    """Success without and with a distractor, and what of it can be read from the latents."""
    table = _read(folder, "distractors")
    if "quantity" not in table:  # of release 0.1.0
        keys = table["measure"].map(OLDER_MEASURES)
        table = table.assign(measure=keys.str[0], quantity=keys.str[1])
    table = table[table["quantity"].isna() | (table["quantity"] == "distractor_position")]
    lines = _head("", "", "success without [%]", "success with [%]", "R² of the dot", "seeds")
    for (env, method), rows in table.groupby(["env", "method"], sort=False):
        found = {row.measure: row for row in rows.itertuples()}
        dot = found.get("r2_mlp")
        cells = [_value(found[f"success_{word}"]) for word in ("without", "with")]
        cells += ["–" if dot is None else number(dot.value)]
        seeds = str(found["success_with"].seeds)
        lines.append(_line(ENVIRONMENTS[env].label, METHODS[method].label, *cells, seeds))
    return lines


def baselines(folder: Path) -> list[str]:
    """Success of methods beyond the paper: the mean and each seed."""
    table = _read(folder, "baselines")
    lines = _head("", "", "success [%]", "of each seed")
    for (env, method), rows in table.groupby(["env", "method"], sort=False):
        rates = rows.sort_values("seed")["success_rate"]
        cells = [number(rates.mean()), ", ".join(map(number, rates))]
        lines.append(_line(ENVIRONMENTS[env].label, METHODS[method].label, *cells))
    return lines


def speed(folder: Path) -> list[str]:
    """How many times as fast as a plain loop each part is, and what arithmetic allows."""
    table = _read(folder.parent, "benchmark")
    lines = _head("scale", "part", "threads", "times as fast", "middle half", "at most")
    for row in table.itertuples():
        most = "–" if np.isnan(row.ratio_at_peak) else f"{row.ratio_at_peak:.1f}"
        between = f"{row.ratio_low:.2g} to {row.ratio_high:.2g}"
        lines.append(_line(row.scale, row.part, row.threads, f"{row.ratio:.2g}", between, most))
    return lines


PARTS: dict[str, Callable[[Path], list[str]]] = {
    "success": success,
    "verdicts": verdicts,
    "claims": claims,
    "distractors": distractors,
    "baselines": baselines,
    "speed": speed,
}


def filled(page: str, folder: Path) -> str:
    """The page with each marked part made anew from the tables in `folder`."""

    def part(match: re.Match[str]) -> str:
        if match[2] not in PARTS:
            raise InputError(f"mark {match[2]!r} is unknown, allowed: {', '.join(PARTS)}")
        return "\n".join([match[1], *PARTS[match[2]](folder), "", match[4]])

    return MARK.sub(part, page)


def _read(folder: Path, name: str) -> pd.DataFrame:
    path = folder / f"{name}.csv"
    try:
        return pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a table of results ({error})") from error


def _beside_paper(row: Any) -> str:
    """Our value, then in brackets its interval and the paper's value, as far as they are known."""
    known = [] if np.isnan(row.ci_low) else [interval_of(row)]
    known += [] if np.isnan(row.paper) else [f"paper {number(row.paper)}"]
    return number(row.ours) + (f" ({'; '.join(known)})" if known else "")


def _value(row: Any) -> str:
    """A value and its interval."""
    return number(row.value) + ("" if np.isnan(row.ci_low) else f" ({interval_of(row)})")


def _head(*cells: str) -> list[str]:
    return [_line(*cells), "|" + "---|" * len(cells)]


def _line(*cells: Any) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--figures", required=True, type=Path, help="folder of a scale's tables")
    parser.add_argument(
        "--pages",
        nargs="+",
        default=PAGES,
        type=Path,
        help="pages (README.md docs/results.md)",
    )
    parser.add_argument("--check", action="store_true", help="only tell whether it is up to date")


def run(arguments: argparse.Namespace) -> None:
    for page in arguments.pages:
        try:
            before = page.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{page}: not a readable page ({error})") from error
        after = filled(before, arguments.figures)
        if arguments.check and after != before:
            command = f"smwm readme --figures {arguments.figures} --pages {page}"
            raise InputError(f"{page}: disagrees with the tables; to write it anew: {command}")
        if after != before:
            write_bytes(page, after.encode())
        print(f"{page}: agrees with {arguments.figures}")
