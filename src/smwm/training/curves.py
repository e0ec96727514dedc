"""The curves of a training: what a row of the log tells, and the file of all rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from torch import Tensor

from smwm.analysis.spectrum import effective_rank, embedding_std
from smwm.system.files import write_bytes


def measure(step: int, terms: dict[str, Tensor], latents: Tensor) -> dict:
    """One row of the log."""
    flat = latents.detach().flatten(0, 1).cpu()
    row = {name: value.item() for name, value in terms.items()}
    row |= {"embedding_std": embedding_std(flat).item()}
    return {"step": step, **row, "effective_rank": effective_rank(flat).item()}


def write_log(path: Path, rows: list[dict]) -> None:
    """Write all rows (CSV), the columns those of the first one."""
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_bytes(path, text.getvalue().encode())
