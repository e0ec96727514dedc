"""Shared small data and models."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from smwm.benchmark.gpu.kit import Kit
from smwm.benchmark.gpu.scales import load
from smwm.config.configuration import Configuration
from smwm.data.collect import CollectSettings, collect
from smwm.data.dataset import read_dataset
from smwm.envs.two_room import FRAME
from smwm.models.world_model import ModelSettings, WorldModel
from smwm.workflow.run import Run

ROOT = Path(__file__).parents[1]
os.environ["PYTHONPATH"] = str(ROOT / "src")  # for the processes that tests start
TINY_MODEL = ModelSettings(channels=(4, 8), projector=8, latent_dim=6, width=16)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def dataset_folder(tmp_path_factory) -> Path:
    """two_room: 8 episodes of 30 actions at 16 px, two of them held out."""
    folder = tmp_path_factory.mktemp("data") / "two_room"
    settings = CollectSettings(episodes=8, steps=30, image_size=16, held_out=0.25)
    collect("two_room", folder, settings, workers=1)
    return folder


@pytest.fixture(scope="session")
def train_data(dataset_folder):
    return read_dataset(dataset_folder / "train.h5")


@pytest.fixture(scope="session")
def eval_data(dataset_folder):
    return read_dataset(dataset_folder / "eval.h5")


@pytest.fixture(scope="session")
def kit(tmp_path_factory) -> Kit:
    """The GPU's kit in small, on the CPU."""
    scales, jobs = load(small=True)
    return Kit(torch.device("cpu"), True, tmp_path_factory.mktemp("kit"), scales, jobs)


class Oracle(WorldModel):
    """The latent is the agent's position, read off the image; actions add up."""

    def encode(self, pixels):
        red = (pixels[..., 0].float() - pixels[..., 1].float()).clamp(min=40) - 40
        at = (torch.arange(pixels.shape[-2]) + 0.5) * FRAME / pixels.shape[-2]
        total = red.sum((-1, -2))
        x, y = (red.sum(-2) * at).sum(-1) / total, (red.sum(-1) * at).sum(-1) / total
        return torch.stack([x, y], -1)

    def predict(self, latents, actions):
        return latents + 5 * self.denormalise(actions).unflatten(-1, (-1, 2)).sum(-2)


@pytest.fixture
def oracle():
    model = Oracle(ModelSettings(channels=(4,), latent_dim=2, width=8), 16, 10)
    model.action_mean.fill_(0.3)
    model.action_std.fill_(0.5)
    return model


@pytest.fixture
def only_two_rooms(tmp_path):
    """A scale of two rooms and one dot."""
    (tmp_path / "scale").mkdir()
    (tmp_path / "scale/one.yaml").write_text(
        "description: one\nseeds: [3, 1]\nmethods: {smwm: {}, sigreg: {}, random: {}}\n"
        "envs: {two_room: {}}\nworlds: {single_dot: {}}\n"
    )
    (tmp_path / "config.yaml").write_text("scale: one\n")
    return lambda **values: Run(Configuration({"scale": "one"} | values, tmp_path))
