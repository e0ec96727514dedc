"""Restart points: everything that the next training step depends on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from smwm.errors import InputError
from smwm.models.checkpoint import load_tensors, save_tensors


def save_restart(
    path: Path,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    provenance: dict[str, Any],
    rows: list[dict],
) -> None:
    """Write one; it holds the log's rows so far."""
    device = device_of(model)
    content = {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "random": torch.get_rng_state(),
        "provenance": provenance,
        "rows": rows,
    }
    if device.type == "cuda":
        content["random_cuda"] = torch.cuda.get_rng_state(device)
    save_tensors(path, content)


def resume(
    path: Path,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    provenance: dict[str, Any],
) -> list[dict]:
    """Restore a restart point of the same run; return the rows of its log, else none."""
    if not path.exists():
        return []
    try:
        content = load_tensors(path, {"model", "optimiser", "random", "provenance", "rows"})
    except InputError:
        return []
    if content["provenance"] != provenance:
        return []
    model.load_state_dict(content["model"], strict=True)
    optimiser.load_state_dict(content["optimiser"])
    torch.set_rng_state(content["random"])
    device = device_of(model)
    if device.type == "cuda" and "random_cuda" in content:
        torch.cuda.set_rng_state(content["random_cuda"], device)
    return content["rows"]


def device_of(model: nn.Module) -> torch.device:
    """Where the model's weights are; the generators of other devices are left alone."""
    return next(model.parameters()).device
