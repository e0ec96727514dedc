import re

import numpy as np
import pytest
import torch

import smwm
from conftest import TINY_MODEL
from smwm.api import model as library
from smwm.envs import ENVIRONMENTS, make_environment
from smwm.errors import InputError
from smwm.models.checkpoint import save_model
from smwm.models.world_model import WorldModel
from smwm.planning.cem import PlannerSettings
from smwm.planning.evaluate import latent_planner

PROVENANCE = {"env": "two_room", "method": "smwm", "seed": 0, "settings": {"block": 5}}
QUICK = {"samples": 16, "iterations": 2, "elites": 4, "horizon": 3}


def checkpoint(path, image_size=16):
    torch.manual_seed(0)
    world = WorldModel(TINY_MODEL, image_size, 10)
    world.action_mean.normal_()
    save_model(path, world, PROVENANCE)
    return path


@pytest.fixture
def model(tmp_path):
    return smwm.load(checkpoint(tmp_path / "model.pt"), device="cpu")


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (3, 2, 16, 16, 3), np.uint8)


def test_latents_are_those_of_the_network(model, images):
    with torch.inference_mode():
        wanted = model.world.encode(torch.from_numpy(images)).numpy()
    found = model.encode(images)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, wanted)
    assert model.encode(images[0, 0]).shape == (6,)
    np.testing.assert_allclose(model.encode(images[0, 0]), wanted[0, 0], atol=1e-5)


def test_images_that_may_not_be_written_will_do(model, images):
    wanted = model.encode(images)
    images.flags.writeable = False
    np.testing.assert_array_equal(model.encode(images), wanted)
    with pytest.raises(InputError, match=r"images \(0, 2, 16, 16, 3\): there is none"):
        model.encode(images[:0])


def test_more_images_than_fit_into_a_batch_keep_their_order(model, images, monkeypatch):
    wanted = model.encode(images)
    monkeypatch.setattr(library, "BATCH", 4)
    np.testing.assert_allclose(model.encode(images), wanted, atol=1e-5)


def test_plans_are_those_of_the_evaluation(model):
    environment = make_environment("two_room", 4)
    environment.reset([np.random.default_rng(seed) for seed in range(4)])
    # an untrained encoder tells hardly one pair of rooms from another
    goals = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), np.uint8)
    wanted = latent_planner(model.world, PlannerSettings(**QUICK), 7)(environment, goals, 0)
    now = environment.render(16)
    found = model.plan(now, goals, seed=7, **QUICK)
    assert not np.array_equal(found, model.plan(goals, now, seed=7, **QUICK))
    assert found.shape == (4, 15, 2)
    assert np.abs(found).max() <= 1 + 1e-6
    np.testing.assert_array_equal(found, wanted)


def test_one_problem_needs_no_batch(model, images):
    one = model.plan(images[0, 0], images[1, 0], **QUICK)
    assert one.shape == (15, 2)
    assert one.dtype == np.float32
    batch = model.plan(images[0, :1], images[1, :1], **QUICK)
    np.testing.assert_array_equal(one, batch[0])
    assert not np.array_equal(one, model.plan(images[0, 0], images[1, 0], seed=1, **QUICK))


def test_actions_keep_to_their_bounds(model, images):
    low, high = np.array([-0.1, 0.2]), np.array([0.1, 0.3])
    actions = model.plan(images[0, 0], images[1, 0], low=low, high=high, **QUICK)
    assert (actions >= low - 1e-6).all()
    assert (actions <= high + 1e-6).all()


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_default_bounds_are_those_of_every_environment(name):
    environment = make_environment(name, 1)
    assert set(environment.action_low) == {-1}
    assert set(environment.action_high) == {1}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sample": 3}, "sample: is no setting, allowed: candidates, elites"),
        ({"elites": 300, "samples": 30}, r"elites: 300 is not allowed, it must be at most samples"),
        ({"low": [1, 2, 3]}, r"low: \[1, 2, 3\] is not allowed, .* or 2 of them"),
        ({"high": np.nan}, "high: nan is not allowed"),
        ({"goal": np.zeros((2, 16, 16, 3), np.uint8)}, r"now \(16, 16, 3\), goal \(2, 16, 16, 3\)"),
        ({"now": np.zeros((16, 16, 3))}, "images are float64, not uint8"),
    ],
)
def test_what_is_not_allowed_is_named(model, images, changed, message):
    now, goal = images[0]
    with pytest.raises(InputError, match=message):
        model.plan(**{"now": now, "goal": goal} | QUICK | changed)


def test_images_of_another_size_are_refused(model):
    for shape in ((32, 32, 3), (3, 16, 16), (16, 3), (3,)):
        with pytest.raises(InputError, match="the model takes those of shape"):
            model.encode(np.zeros(shape, np.uint8))


def test_a_name_is_the_workflow_s_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data/checkpoints"
    checkpoint(folder / "laptop/two_room/smwm/seed0.pt")
    checkpoint(folder / "gpu/single_dot/sigreg/seed3.pt", image_size=32)
    (tmp_path / "two_room").mkdir()  # data of that name, perhaps
    assert smwm.load("two_room").image_size == 16
    chosen = smwm.load("single_dot", scale="gpu", method="sigreg", seed=3)
    assert chosen.image_size == 32


def test_the_repository_s_models_serve_in_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    clone = tmp_path / "clone"
    monkeypatch.setattr(library, "REPOSITORY", clone)
    path = checkpoint(clone / "data/checkpoints/laptop/two_room/smwm/seed0.pt")
    assert smwm.load("two_room").provenance == PROVENANCE
    checkpoint(tmp_path / path.relative_to(clone), image_size=32)
    assert smwm.load("two_room").image_size == 32  # the current folder comes first


def test_a_model_that_is_absent_is_told_of_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(library, "REPOSITORY", tmp_path / "clone")
    with pytest.raises(InputError) as caught:
        smwm.load("two_room", seed=7)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("data/checkpoints/laptop/two_room/smwm/seed7.pt: is neither in ")
    assert "`make pull`" in message
    assert "`dvc pull data/checkpoints/laptop/two_room/smwm/seed7.pt`" in message


@pytest.mark.parametrize(
    ("name", "keywords", "message"),
    [
        ("two_rooms", {}, "two_rooms: no such checkpoint, and no environment or world: two_room,"),
        ("two_room", {"method": "random"}, "method: 'random' is not allowed, allowed: smwm,"),
        ("two_room", {"device": "tpu"}, "device: 'tpu' is not allowed, allowed: auto, cpu, cuda"),
    ],
)
def test_names_that_are_unknown_are_told_of(tmp_path, monkeypatch, name, keywords, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=re.escape(message)):
        smwm.load(name, **keywords)


def test_a_model_without_a_block_says_so(tmp_path):
    save_model(tmp_path / "m.pt", WorldModel(TINY_MODEL, 16, 10), {"env": "mine"})
    with pytest.raises(InputError, match=r"lacks settings\.block"):
        _ = smwm.load(tmp_path / "m.pt").action_dim
