"""Trained world models on disk: weights, settings and where they came from."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from smwm.errors import InputError
from smwm.models.world_model import ModelSettings, WorldModel
from smwm.system.files import write_bytes


def save_tensors(path: Path, content: dict[str, Any]) -> None:
    """torch.save, atomically; the same content gives the same bytes."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_bytes(path, buffer.getvalue())


def load_tensors(path: Path | str, keys: set[str]) -> dict[str, Any]:
    """Load a file of `save_tensors` that holds at least `keys`, without running its code.

    Raises InputError naming a file that is none, or that has changed since it was written: torch
    stores checksums, but does not look at them.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such checkpoint")
    try:
        with zipfile.ZipFile(path) as file:
            if damaged := file.testzip():
                raise ValueError(f"{damaged} has another checksum")
        with warnings.catch_warnings(action="ignore"):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file makes its decoders raise anything
        reason = " ".join(str(error).split())[:120] or "empty"
        raise InputError(f"{path}: not a readable checkpoint ({reason})") from error
    if not isinstance(content, dict) or not keys <= content.keys():
        raise InputError(f"{path}: not a checkpoint with {', '.join(sorted(keys))}")
    return content


def save_model(path: Path, model: WorldModel, provenance: dict[str, Any]) -> None:
    """Write weights, the settings that rebuild the model, and `provenance` to `path`.

    Matrices and filters go into half precision, which is finer than the bfloat16 that they were
    trained in and halves the file; all that comes later starts from these.
    """
    shape = {"image_size": model.image_size, "action_dim": model.action_dim}
    settings = {**vars(model.settings), "channels": list(model.settings.channels)}
    weights = {name: halved(value.cpu()) for name, value in model.state_dict().items()}
    save_tensors(
        path,
        {"model": settings, "shape": shape, "weights": weights, "provenance": provenance},
    )


def halved(value: Tensor) -> Tensor:
    """A matrix or filter in half precision, if it stays finite; other tensors as they are."""
    half = value.half()
    return half if value.ndim > 1 and half.isfinite().all() else value


def load_model(path: Path | str) -> tuple[WorldModel, dict[str, Any]]:
    """The model in evaluation mode and its provenance. Every weight must match."""
    content = load_tensors(path, {"model", "shape", "weights", "provenance"})
    try:
        json.dumps(content["provenance"])  # it goes into every result
        settings = content["model"] | {"channels": tuple(content["model"]["channels"])}
        model = WorldModel(ModelSettings(**settings), **content["shape"])
        model.load_state_dict(content["weights"], strict=True)
        if not isinstance(content["provenance"], dict):
            raise TypeError("provenance is no mapping")
    except Exception as error:  # settings of a damaged file make anything fail
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: its weights do not fit its settings ({reason})") from error
    return model.eval(), content["provenance"]
