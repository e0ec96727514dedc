"""A trained model for programs: images in, latents and real actions out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from smwm.api.model_card import card
from smwm.config.settings import from_keywords
from smwm.data.worlds import WORLDS
from smwm.envs import ENVIRONMENTS
from smwm.errors import InputError
from smwm.methods import TRAINED
from smwm.models.checkpoint import load_model
from smwm.models.world_model import WorldModel
from smwm.planning.cem import PlannerSettings
from smwm.planning.latent import plan_to_goal
from smwm.system.device import choose_device
from smwm.system.provenance import PACKAGE

BATCH = 256  # images that are encoded side by side
REPOSITORY = PACKAGE.parents[1]  # if the package is used from a clone


class Model:
    """A world model and its provenance. D: dimensions of a latent; A: of an action.

    `world` is the network itself, for those who go on in torch; `provenance` says which data,
    settings and code it came from.
    """

    def __init__(
        self, world: WorldModel, provenance: dict[str, Any], device: torch.device | str = "cpu"
    ) -> None:
        self.world, self.provenance = world.to(device).eval(), provenance
        self.device = torch.device(device)

    @property
    def image_size(self) -> int:
        """Side of the square images [px] that the model takes."""
        return self.world.image_size

    @property
    def block(self) -> int:
        """Actions that one step of the model stands for.

        Raises InputError if the checkpoint does not tell.
        """
        try:
            return int(self.provenance["settings"]["block"])
        except (KeyError, TypeError) as error:
            raise InputError("the model's provenance lacks settings.block") from error

    @property
    def action_dim(self) -> int:
        """A."""
        return self.world.action_dim // self.block

    @property
    def card(self) -> str:
        """What the model is and where it came from, as Markdown."""
        return card(self.provenance)

    @torch.inference_mode()
    def encode(self, images: np.ndarray) -> np.ndarray:
        """Images (..., S, S, 3) uint8 -> latents (..., D) float32.

        Raises InputError for images of another size or kind.
        """
        latents = [self.world.encode(part) for part in self._pixels(images).split(BATCH)]
        return torch.cat(latents).cpu().numpy().reshape(*np.shape(images)[:-3], -1)

    @torch.inference_mode()
    def plan(
        self,
        now: np.ndarray,
        goal: np.ndarray,
        *,
        low: ArrayLike = -1.0,
        high: ArrayLike = 1.0,
        seed: int = 0,
        **planner: Any,
    ) -> np.ndarray:
        """Actions (T, A) float32 that lead from the image `now` to the image `goal`.

        Images (S, S, 3) uint8, or (E, S, S, 3) for E problems and actions (E, T, A). `low` and
        `high`, numbers or (A,), bound an action; the defaults are the bounds of every environment
        of this package. `planner` are fields of `PlannerSettings`: T is `horizon` times the
        block, `iterations` and `samples` buy better plans with time.

        Raises InputError for images, bounds or settings that are not allowed.
        """
        (settings,) = from_keywords(planner, PlannerSettings)
        if np.shape(now) != np.shape(goal) or np.ndim(now) not in (3, 4):
            raise InputError(
                f"now {np.shape(now)}, goal {np.shape(goal)}: two images (S, S, 3) are needed, "
                f"or twice as many problems (E, S, S, 3)"
            )
        start, target = self._pixels(now), self._pixels(goal)
        blocks = plan_to_goal(
            self.world,
            start,
            target,
            self._bound("low", low),
            self._bound("high", high),
            settings,
            torch.Generator(self.device).manual_seed(seed),
        )
        actions = self.world.denormalise(blocks).cpu().numpy()
        return actions.reshape(*np.shape(now)[:-3], -1, self.action_dim)

    def _pixels(self, images: np.ndarray) -> Tensor:
        """Images (..., S, S, 3) as a tensor (N, S, S, 3) on the model's device."""
        pixels = np.asarray(images)
        if pixels.dtype != np.uint8:
            raise InputError(f"images are {pixels.dtype}, not uint8")
        if pixels.size == 0:
            raise InputError(f"images {pixels.shape}: there is none")
        return torch.tensor(pixels.reshape(-1, *pixels.shape[-3:]), device=self.device)

    def _bound(self, name: str, values: ArrayLike) -> Tensor:
        """A bound of a block (K,), normalised."""
        bound = np.asarray(values, np.float32)
        if bound.shape not in ((), (self.action_dim,)) or not np.isfinite(bound).all():
            raise InputError(
                f"{name}: {values!r} is not allowed, it must be a finite number, or "
                f"{self.action_dim} of them, one for each dimension of an action"
            )
        block = np.tile(np.broadcast_to(bound, self.action_dim), self.block)
        return self.world.normalise(torch.from_numpy(block).to(self.device))


def load(
    model: str | Path,
    *,
    scale: str = "laptop",
    method: str = "smwm",
    seed: int = 0,
    device: str = "auto",
) -> Model:
    """A trained model: of an environment or world by its name, or of a path.

    A name stands for data/checkpoints/`scale`/`model`/`method`/seed`seed`.pt in the current
    folder, or in the clone of the repository that the package is used from. A path is that of a
    checkpoint of `smwm train` or of a folder of `smwm export`. `device`: auto, cpu or cuda.

    Raises InputError in one line if there is no such model, or none that can be read.
    """
    chosen_device = choose_device(device)
    if model in (*ENVIRONMENTS, *WORLDS):
        model = published(str(model), scale, method, seed)
    path = Path(model)
    if path.is_dir():
        from smwm.api.hub import load_folder

        return Model(*load_folder(path), chosen_device)
    if isinstance(model, str) and not path.exists():
        known = ", ".join([*ENVIRONMENTS, *WORLDS])
        raise InputError(f"{model}: no such checkpoint, and no environment or world: {known}")
    return Model(*load_model(path), chosen_device)


def published(env: str, scale: str, method: str, seed: int) -> Path:
    """Path of the workflow's model. Raises InputError saying how to get it where it is absent."""
    if method not in TRAINED:
        raise InputError(f"method: {method!r} is not allowed, allowed: {', '.join(TRAINED)}")
    path = Path("data/checkpoints", scale, env, method, f"seed{seed}.pt")
    for folder in (Path(), REPOSITORY):
        if (folder / path).is_file():
            return folder / path
    raise InputError(
        f"{path}: is neither in {Path.cwd()} nor in {REPOSITORY}; in a clone of the repository "
        f"`make pull`, or `dvc pull {path}`, brings what is published, or train it"
    )
