"""The exports of `smwm embed`, read back."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from smwm.errors import InputError
from smwm.models.checkpoint import load_model
from smwm.models.world_model import WorldModel
from smwm.system.files import sha256
from smwm.training.objectives import OBJECTIVES


@dataclass(frozen=True, eq=False)
class Export:
    """Embeddings of one model: of held-out images, and of training images to fit to."""

    path: Path
    rows: np.ndarray  # (N,) rows of the data
    latents: np.ndarray  # (N, D)
    states: np.ndarray  # (N, S)
    fit_rows: np.ndarray  # (M,)
    fit_latents: np.ndarray  # (M, D)
    fit_states: np.ndarray  # (M, S)
    origin: dict[str, Any]

    @property
    def domain(self) -> str:
        """The environment or world."""
        return self.origin["model"]["env"]

    @property
    def method(self) -> str:
        return self.origin["model"]["method"]

    @property
    def seed(self) -> int:
        return self.origin["model"]["seed"]


def read_arrays(
    path: Path, names: Iterable[str], kind: str
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays of a file of `smwm embed` or `smwm decode`, and its origin.

    Raises InputError naming a file that lacks one, that tells no model, or whose numbers are
    not finite; `kind` says what it should have been.
    """
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            arrays = {name: file[name] for name in names}
            origin = json.loads(file["origin"].item())
        lacking = {"env", "method", "seed"} - origin["model"].keys()
        if lacking:
            raise ValueError(f"it does not tell the model's {', '.join(sorted(lacking))}")
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise ValueError(f"{name} are not finite")
    except Exception as error:  # a damaged file makes its decoders raise anything
        raise InputError(f"{path}: not {kind} ({' '.join(str(error).split())})") from error
    return arrays, origin


def read_export(
    path: Path, domains: Collection[str], methods: Collection[str] = tuple(OBJECTIVES)
) -> Export:
    """Raises InputError naming a file that is not an export with states of one of `domains`."""
    kind = "an export of `smwm embed` with states"
    names = [f"{part}{name}" for part in ("", "fit_") for name in ("rows", "latents", "states")]
    arrays, origin = read_arrays(path, names, kind)
    for part in ("", "fit_"):
        rows, latents, states = (arrays[part + name] for name in ("rows", "latents", "states"))
        if not (latents.ndim == states.ndim == 2 and len(rows) == len(latents) == len(states)):
            raise InputError(f"{path}: not {kind} (latents and states do not belong together)")
    export = Export(path, **arrays, origin=origin)
    for found, allowed in ((export.domain, domains), (export.method, methods)):
        if found not in allowed:
            raise InputError(f"{path}: is of {found!r}, allowed: {', '.join(allowed)}")
    return export


def first_seeds(exports: Iterable[Export]) -> list[Export]:
    """The export with the lowest seed of each domain and method, which a figure shows."""
    lowest: dict[tuple[str, str], Export] = {}
    for export in exports:
        key = export.domain, export.method
        if key not in lowest or export.seed < lowest[key].seed:
            lowest[key] = export
    return list(lowest.values())


def read_models(exports: Sequence[Export], paths: Sequence[Path]) -> list[WorldModel]:
    """The models behind exports, in the same order. Raises InputError for another model."""
    check_models(exports, paths, [sha256(path) for path in paths])
    return [load_model(path)[0] for path in paths]


def check_models(exports: Sequence[Export], paths: Sequence[Path], hashes: Sequence[str]) -> None:
    """Raise InputError unless `paths` belong to the models behind `exports`, one for each.

    `hashes`: SHA-256 of the model that each path is or comes from.
    """
    if len(paths) != len(exports):
        raise InputError(f"{len(paths)} files beside {len(exports)} exports, one each is needed")
    for export, path, found in zip(exports, paths, hashes, strict=True):
        if found != export.origin.get("checkpoint_sha256"):
            raise InputError(f"{path}: not of the model behind {export.path}")
