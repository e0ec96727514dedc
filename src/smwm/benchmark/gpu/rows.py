"""What the kit writes: a row a measurement, with its goal and whether it was reached."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from smwm.system.files import write_bytes, write_json

VERDICTS = ("pass", "fail", "no goal")
COLUMNS = ("check", "what", "measured", "unit", "goal", "verdict", "device", "note")
INTRODUCTION = """# A GPU, checked and timed

{device}, code {code}{small}: {counts}.
"""


@dataclass(frozen=True)
class Row:
    """One measurement; nothing was measured where `measured` is None, and the note says why."""

    check: str
    what: str
    measured: float | None
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def goal(self) -> str:
        """The bound in words, empty without one."""
        bounds = {"≥": self.at_least, "≤": self.at_most}
        return "".join(f"{sign} {bound:g}" for sign, bound in bounds.items() if bound is not None)

    @property
    def verdict(self) -> str:
        """One of VERDICTS. A measurement that is no number reaches no goal."""
        if self.measured is None:
            return "fail"
        if not self.goal:
            return "no goal"
        above = self.at_least is None or self.measured >= self.at_least
        below = self.at_most is None or self.measured <= self.at_most
        return "pass" if above and below else "fail"

    def columns(self, device: str) -> dict[str, Any]:
        """By COLUMNS."""
        values = asdict(self) | {"goal": self.goal, "verdict": self.verdict, "device": device}
        return {name: values[name] for name in COLUMNS}


def write_tables(folder: Path, rows: Sequence[Row], about: dict[str, Any]) -> None:
    """gpu.json with the settings, gpu.csv and gpu.md; `about` names the device and the code."""
    columns = [row.columns(about["device"]) for row in rows]
    write_json(folder / "gpu.json", about | {"rows": columns})
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(columns)
    write_bytes(folder / "gpu.csv", text.getvalue().encode())
    write_bytes(folder / "gpu.md", as_markdown(rows, about).encode())


def as_markdown(rows: Sequence[Row], about: dict[str, Any]) -> str:
    counts = [f"{sum(row.verdict == word for row in rows)} {word}" for word in VERDICTS]
    small = ", small sizes, which have no goals of speed" if about["small"] else ""
    lines = [
        INTRODUCTION.format(**about | {"small": small, "counts": ", ".join(counts)}),
        "| check | what | measured | goal | | note |",
        "|---|---|--:|--:|---|---|",
    ]
    for row in rows:
        measured = "–" if row.measured is None else f"{row.measured:.3g} {row.unit}".rstrip()
        goal = f"{row.goal} {row.unit}".rstrip() if row.goal else "–"
        verdict = f"**{row.verdict}**" if row.verdict == "fail" else row.verdict
        note = row.note.replace("|", "\\|")
        lines.append(f"| {row.check} | {row.what} | {measured} | {goal} | {verdict} | {note} |")
    return "\n".join(lines) + "\n"
