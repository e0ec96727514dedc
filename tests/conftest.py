"""Shared small data and models."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from smwm.data.collect import CollectSettings, collect
from smwm.data.dataset import read_dataset
from smwm.models.world_model import ModelSettings

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
