"""What a model is trained on, a dataset or pairs of a world, and where it is from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smwm.data.dataset import Trajectories, read_dataset
from smwm.data.windows import window_span
from smwm.data.worlds import PairSettings, pairs
from smwm.errors import InputError
from smwm.system.files import sha256

if TYPE_CHECKING:
    from smwm.training.train import TrainSettings


def load_world(
    world: str, stream: PairSettings, settings: TrainSettings
) -> tuple[Trajectories, dict[str, Any]]:
    """Pairs of a synthetic world to train on, and where they are from."""
    data = pairs(world, 0, stream.pairs, stream.world_seed).first(settings.data_share)
    return data, {"env": world, "pairs": asdict(stream), **sizes(data, settings)}


def load_file(
    path: Path, settings: TrainSettings, env: str | None = None, image_size: int | None = None
) -> tuple[Trajectories, dict[str, Any]]:
    """A training split, and where it is from; `env`, `image_size`: what it must be of, if given."""
    data = read_dataset(path, image_size=image_size).first(settings.data_share)
    recorded = str(data.attributes.get("env", env or ""))
    if env and recorded != env:
        raise InputError(f"{path}: is of {recorded!r}, not of {env!r}")
    return data, {"env": recorded, "data_sha256": sha256(path), **sizes(data, settings)}


def sizes(data: Trajectories, settings: TrainSettings) -> dict[str, int]:
    """Episodes that have a window, and the side of their images."""
    span = window_span(settings.frames, settings.block, settings.window)
    used = int((data.lengths > span).sum())
    return {"episodes": used, "image_size": data.pixels.shape[1]}
