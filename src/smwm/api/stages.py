"""The stages as functions: the same as the command line's, with keywords for its flags.

Each raises InputError, in one line, for input that is not allowed. Further keywords are fields of
the settings classes named in each docstring; what is not given has its default there, and
`settings` gives those of a scale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from smwm.analysis.embed import EmbedSettings
from smwm.analysis.embed import embed as embed_images
from smwm.api.model import Model, load
from smwm.config.settings import from_keywords
from smwm.data.collect import CollectSettings, gather
from smwm.data.dataset import read_dataset
from smwm.errors import InputError
from smwm.models.world_model import ModelSettings
from smwm.planning.cem import PlannerSettings
from smwm.planning.evaluate import RANDOM
from smwm.planning.evaluate import evaluate as solve
from smwm.planning.tasks import TaskSettings, draw_tasks
from smwm.system.device import choose_device
from smwm.system.extras import extras_named
from smwm.system.files import exclusive, sha256
from smwm.training.objectives import OBJECTIVES
from smwm.training.sources import load_file
from smwm.training.train import TrainSettings, train_on


def collect(env: str, out: Path | str, *, workers: int = 0, **settings: Any) -> None:
    """Collect reward-free episodes of `env` into `out`/train.h5 and eval.h5: `smwm collect`.

    `settings`: CollectSettings. With `workers` as many processes collect, which a script must
    start under `if __name__ == "__main__"`; the data are the same.
    """
    (chosen,) = from_keywords(settings, CollectSettings)
    with exclusive(out):
        gather(env, Path(out), chosen, workers)


def train(
    data: Path | str,
    out: Path | str,
    *,
    method: str = "smwm",
    seed: int = 0,
    log: Path | str | None = None,
    device: str = "auto",
    **settings: Any,
) -> Model:
    """Train on the split `data` (HDF5), write the checkpoint `out` (.pt), return the model.

    The same as `smwm train`: the loss curves go to `log` (default: beside `out`, .csv), and a run
    that was killed goes on. `settings`: TrainSettings and ModelSettings.
    """
    chosen, model_settings = from_keywords(settings, TrainSettings, ModelSettings)
    if method not in OBJECTIVES:
        raise InputError(f"method: {method!r} is not allowed, allowed: {', '.join(OBJECTIVES)}")
    out = Path(out)
    curves = out.with_suffix(".csv") if log is None else Path(log)
    with exclusive(out):
        source = load_file(Path(data), chosen)
        where = choose_device(device)
        train_on(*source, method, out, curves, seed, chosen, model_settings, where)
    return load(out, device=device)


def embed(
    checkpoint: Path | str, data: Path | str, *, images: int = 2000, device: str = "auto"
) -> dict[str, np.ndarray]:
    """Latents (N, D) of up to `images` evenly spaced images of `data` (HDF5).

    Beside `latents` the result holds `rows` (N,) of the file and, if it has them, `states` (N, S).
    """
    (chosen,) = from_keywords({"images": images}, EmbedSettings)
    model = load(Path(checkpoint), device=device)
    split = read_dataset(data, image_size=model.image_size)
    return embed_images(model.world, split, chosen.images, model.device)


def evaluate(
    checkpoint: Path | str | None,
    data: Path | str,
    *,
    seed: int = 0,
    device: str = "auto",
    **settings: Any,
) -> dict[str, Any]:
    """Plan on tasks from the held-out split `data` (HDF5): the record that `smwm plan` writes.

    Its `solved` says of each task whether its goal was reached, `replay_success` whether the
    recorded actions reach it. Without a checkpoint actions are random. `settings`: TaskSettings
    and PlannerSettings.
    """
    task_settings, planner = from_keywords(settings, TaskSettings, PlannerSettings)
    where = choose_device(device)
    split = read_dataset(data)
    env = str(split.attributes.get("env", ""))
    tasks = draw_tasks(env, split, task_settings, sha256(data))
    path = None if checkpoint is None else Path(checkpoint)
    method = RANDOM if path is None else load(path, device="cpu").provenance.get("method", "smwm")
    return solve(tasks, method, seed, path, planner, where)[0]


def settings(
    block: str, env: str, *, scale: str = "laptop", method: str | None = None
) -> dict[str, Any]:
    """What the workflow sets for `env`: keywords for the functions of the same stage.

    `block`: collect, pairs, model, train, tasks, planner, embed or decode. `scale` is a file of
    the current folder's config/scale, if there is one, else of the package's own.
    """
    with extras_named():
        from smwm.config.configuration import BLOCKS, Configuration
        from smwm.config.folder import config_folder

    if block not in BLOCKS:
        raise InputError(f"block: {block!r} is not allowed, allowed: {', '.join(BLOCKS)}")
    return Configuration({"scale": scale}, config_folder()).settings(block, env, method)
