"""The recorded part of the page: episodes of planning as films, with their latent path."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import Any

import numpy as np
from PIL import Image

from smwm.envs import ENVIRONMENTS
from smwm.explore.networks import components, encoded, rounded
from smwm.models.world_model import WorldModel
from smwm.planning.episodes import Episode


def strip(images: np.ndarray) -> str:
    """Images (N, S, S, 3) uint8, one below the other, as a PNG in a data URI.

    In this order what does not move compresses to almost nothing.
    """
    content = io.BytesIO()
    Image.fromarray(images.reshape(-1, *images.shape[2:])).save(content, "PNG", optimize=True)
    return "data:image/png;base64," + b64encode(content.getvalue()).decode()


def film(episode: Episode, model: WorldModel) -> dict[str, Any]:
    """Every step of an episode and, last, its goal; where the model's latent has them.

    The two principal components are fitted to the goals of all tasks, which are images of
    held-out data; `around` is where those lie.
    """
    around = encoded(model, episode.tasks.goal_pixels)
    mean, directions, _ = components(around)
    about = {
        "env": episode.tasks.env,
        "label": ENVIRONMENTS[episode.tasks.env].label,
        "method": episode.paths.method,
        "solved": episode.solved,
        "task": episode.task,
    }
    if episode.steps is None:
        return about
    images = np.concatenate([episode.images(np.arange(episode.steps + 1)), episode.goal[None]])
    path = (encoded(model, images) - mean) @ directions
    return {
        **about,
        "steps": episode.steps,
        "size": episode.tasks.image_size,
        "strip": strip(images),
        "path": rounded(path),
        "around": rounded((around - mean) @ directions),
    }
