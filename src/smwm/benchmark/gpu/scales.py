"""Scales gpu and paper as the kit needs them, with nothing but Python's own JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from smwm.models.world_model import ModelSettings
from smwm.planning.cem import PlannerSettings
from smwm.planning.tasks import TaskSettings
from smwm.training.train import TrainSettings

ENV = "two_room"  # needs no simulator
SCALES = Path(__file__).with_name("scales.json")

# What a CPU does in seconds: the same kinds of layers, few of them, and narrow.
SHRUNK: dict[str, dict[str, dict[str, Any]]] = {
    "paper": {
        "model": {"vit_width": 48, "vit_depth": 1, "blocks": 1, "heads": 2, "head_dim": 16,
                  "mlp_width": 64, "projector": 64, "latent_dim": 48},
        "train": {"batch_size": 4, "projections": 16},
    },
    "gpu": {
        "model": {"channels": (4, 8), "projector": 0, "latent_dim": 16, "width": 32},
        "train": {"batch_size": 8, "projections": 16},
    },
}  # fmt: skip
SHRUNK_SIZES = {"paper": 28, "gpu": 16}  # px


@dataclass(frozen=True)
class Scale:
    """Settings of two rooms and SMWM at one scale."""

    image_size: int
    model: ModelSettings
    train: TrainSettings
    tasks: TaskSettings
    planner: PlannerSettings


def load(small: bool) -> tuple[dict[str, Scale], dict[str, Any]]:
    """The scales by name, shrunk if `small`, and the jobs of scale gpu (see `counts.jobs`)."""
    content = json.loads(SCALES.read_text(encoding="utf-8"))
    scales = {name: of(values) for name, values in content["scales"].items()}
    if small:
        scales = {name: shrunk(name, scale) for name, scale in scales.items()}
    return scales, content["jobs"]


def of(values: dict[str, Any]) -> Scale:
    return Scale(
        values["image_size"],
        model_settings(values["model"]),
        # A check that compiles says so itself.
        replace(TrainSettings(**values["train"]), compile="none"),
        TaskSettings(**values["tasks"]),
        PlannerSettings(**values["planner"]),
    )


def model_settings(values: dict[str, Any]) -> ModelSettings:
    """Settings from JSON, which has lists for tuples."""
    settings = ModelSettings(**values)
    return replace(settings, channels=tuple(settings.channels))


def shrunk(name: str, scale: Scale) -> Scale:
    return replace(
        scale,
        image_size=SHRUNK_SIZES[name],
        model=replace(scale.model, **SHRUNK[name]["model"]),
        train=replace(scale.train, **SHRUNK[name]["train"]),
        tasks=replace(scale.tasks, tasks=10),
        planner=replace(scale.planner, samples=16, iterations=2, elites=4),
    )
