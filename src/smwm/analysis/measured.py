"""Tables of measurements as CSV files; a JSON file beside each says where it comes from."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from smwm.errors import InputError
from smwm.system.files import sha256, write_bytes, write_json
from smwm.system.provenance import code_version


@dataclass(frozen=True)
class Measured:
    """A table of `smwm measure`, and its origin."""

    path: Path
    table: pd.DataFrame
    inputs: dict[str, str]  # SHA-256 of each file that it was measured from, by path
    settings: list[dict[str, Any]]  # of what was measured

    @property
    def exports(self) -> dict[str, dict[str, Any]]:
        """Where each export that was measured comes from, by the hash of its model."""
        return {
            one["checkpoint_sha256"]: one for one in self.settings if "checkpoint_sha256" in one
        }


def write_measured(
    path: Path,
    module: str,
    table: pd.DataFrame,
    inputs: Iterable[Path],
    settings: list[dict[str, Any]],
    known: Mapping[str, str] | None = None,
) -> None:
    """Write the table to `path` (CSV) without rounding, and its origin beside it (JSON).

    The origin holds the table's hash, too. `known`: hashes of further files, by path.
    """
    exact = table.astype(dict.fromkeys(table.select_dtypes("float32"), float))
    write_bytes(path, exact.to_csv(index=False, lineterminator="\n").encode())
    whole = {"sha256": _text_sha256(path)}
    save_origin(path.with_suffix(".json"), module, inputs, settings, known, whole)


def save_origin(
    path: Path,
    module: str,
    inputs: Iterable[Path],
    settings: list[dict[str, Any]],
    known: Mapping[str, str] | None = None,
    more: Mapping[str, str] | None = None,
) -> None:
    """Write where something comes from: code, versions, hashes of inputs, settings behind them.

    `known`: hashes of further files, by path; `more`: what else it says.
    """
    write_json(
        path,
        {
            **(more or {}),
            "code": code_version(module),
            "python": platform.python_version(),
            "torch": torch.__version__,
            "machine": f"{platform.system()} {platform.machine()}",
            "inputs": {str(path): sha256(path) for path in inputs} | dict(known or {}),
            "settings": settings,
        },
    )


def _text_sha256(path: Path) -> str:
    """Hex SHA-256 of a text, whatever its line ends: a checkout may convert them."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def read_measured(path: Path, columns: Iterable[str] | Mapping[str, type] = ()) -> Measured:
    """Raises InputError naming a file that is no table with `columns`, or that lacks its origin.

    So it does if the table is not as it was written: a digit that changed reads like any other.
    Columns may come with their types; numbers are then all there and finite.
    """
    types = columns if isinstance(columns, Mapping) else {}
    table = read_table(path, types, "a table of `smwm measure`")
    lacking = [name for name in columns if name not in table]
    if lacking:
        raise InputError(f"{path}: not this table of `smwm measure`, lacks {', '.join(lacking)}")
    numbers = table[[name for name, kind in types.items() if kind is not str]]
    if not np.isfinite(numbers).all(axis=None):
        raise InputError(f"{path}: not a table of `smwm measure` (numbers are missing)")
    origin = path.with_suffix(".json")
    try:
        content = json.loads(origin.read_text(encoding="utf-8"))
        inputs, settings = dict(content["inputs"]), list(content["settings"])
        written = content["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{origin}: not the origin of a table ({error!r})") from error
    if _text_sha256(path) != written:
        raise InputError(f"{path}: is not the table that {origin.name} tells of; measure it anew")
    return Measured(path, table, inputs, settings)


def read_table(path: Path, columns: Mapping[str, type], kind: str) -> pd.DataFrame:
    """A CSV with at least `columns`. Raises InputError naming a file that is not; `kind`: what."""
    try:
        return pd.read_csv(path).astype(dict(columns))
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: not {kind} ({' '.join(str(error).split())})") from error
