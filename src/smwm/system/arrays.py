"""Dataclasses of arrays, texts and numbers as .npz files: equal content, equal bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from smwm.errors import InputError
from smwm.system.files import write_bytes

Content = TypeVar("Content")


def save(path: Path, content: Any) -> None:
    """Write a dataclass to `path` atomically."""
    write_arrays(path, {key: np.asarray(value) for key, value in vars(content).items()})


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays by name to `path` (.npz) atomically."""
    buffer = io.BytesIO()
    # numpy's stubs take every keyword for a possible `allow_pickle`.
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    write_bytes(path, buffer.getvalue())


def load(path: Path, kind: type[Content], name: str) -> Content:
    """Read a dataclass `kind` back. Raises InputError naming a file that is not a `name`."""
    if not path.is_file():
        raise InputError(f"{path}: no such {name}")
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            values = dict(file)
        scalars = {key: value.item() for key, value in values.items() if value.ndim == 0}
        return kind(**values | scalars)
    except Exception as error:  # a damaged file makes its decoders raise anything
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a readable {name} ({reason})") from error
