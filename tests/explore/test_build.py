"""What `smwm explore` writes, and what it refuses."""

import io
import json
import re
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import TINY_MODEL
from smwm.__main__ import main
from smwm.envs import make_environment
from smwm.explore.films import film
from smwm.explore.networks import tensor
from smwm.explore.scenes import lattice, turn
from smwm.models.checkpoint import save_model
from smwm.models.world_model import WorldModel
from smwm.planning.episodes import choose
from smwm.planning.paths import Paths, save_paths
from smwm.planning.tasks import TaskSettings, draw_tasks, save_tasks

BUDGET = 12


@pytest.fixture
def models(tmp_path):
    """Checkpoints of untrained models that see 16 px, by method."""
    return {method: checkpoint(tmp_path, method) for method in ("smwm", "forward_only")}


def checkpoint(folder, method, env="two_room", size=16, **changes):
    path = folder / f"{env}-{method}.pt"
    model = WorldModel(replace(TINY_MODEL, **changes), size, 10)
    save_model(path, model, {"env": env, "method": method, "seed": 0})
    return path


@pytest.fixture
def recorded(eval_data, tmp_path):
    """Tasks in two rooms, of which SMWM solves the second in four steps and fails the third."""
    settings = TaskSettings(tasks=3, offset=10, budget=BUDGET)
    tasks = draw_tasks("two_room", eval_data, settings, "hash")
    tasks = replace(tasks, solved_at_start=np.array([True, False, False]))
    solved = np.array([True, True, False])
    steps = np.where(solved, 4, BUDGET)
    share = np.arange(BUDGET + 1) / steps[:, None]
    share[share > 1] = np.nan
    states = tasks.starts[:, None] + share[..., None] * (tasks.goals - tasks.starts)[:, None]
    paths = Paths("two_room", "smwm", 0, states, steps, solved)
    save_tasks(tmp_path / "tasks.npz", tasks)
    save_paths(tmp_path / "paths.npz", paths)
    return tasks, paths


def explore(*words):
    return main(["explore", *map(str, words)])


def content(page):
    found = re.search(r'<script type="application/json" id="content">(.*?)</script>', page, re.S)
    return json.loads(found[1])


def test_the_page_is_whole_and_refers_to_nothing(models, tmp_path):
    assert explore("--checkpoints", *models.values(), "--out", tmp_path / "a.html") == 0
    page = (tmp_path / "a.html").read_text()
    assert not re.findall(r"\{\{|\}\}", re.sub(r"<script.*?</script>", "", page, flags=re.S))
    assert not re.findall(r"(?:https?:)?//[a-z]+\.|@import|url\(|<link (?!rel=\"icon\")", page)
    assert not re.findall(r'(?:src|href)="(?!data:,")', page)
    shown = content(page)
    assert list(shown["scenes"]) == ["two_room"]
    assert list(shown["scenes"]["two_room"]) == ["smwm", "forward_only"]
    assert shown["methods"]["forward_only"]["label"] == "Forward only (λ = 0)"
    origin = json.loads((tmp_path / "a.json").read_text())
    assert set(origin["inputs"]) == {str(path) for path in models.values()}


def test_same_models_same_bytes(models, tmp_path):
    for name in "ab":
        assert explore("--checkpoints", *models.values(), "--out", tmp_path / f"{name}.html") == 0
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_the_planner_is_that_of_the_flags(models, tmp_path):
    words = ["--checkpoints", models["smwm"], "--out", tmp_path / "a.html"]
    assert explore(*words, "--samples", 7, "--elites", 3, "--horizon", 2) == 0
    planner = content((tmp_path / "a.html").read_text())["planner"]
    assert (planner["samples"], planner["elites"], planner["horizon"]) == (7, 3, 2)


def test_numbers_are_halved_only_where_that_loses_nothing():
    for values, kind, dtype in (
        (torch.tensor([[0.5, -2.0]]), "float16", "<f2"),
        (torch.tensor([0.1, 1e6]), "float32", "<f4"),
    ):
        written = tensor(values)
        assert (written["kind"], written["shape"]) == (kind, list(values.shape))
        numbers = np.frombuffer(b64decode(written["data"]), dtype)
        np.testing.assert_array_equal(numbers, values.numpy().ravel())


def test_the_lattice_covers_both_rooms_and_the_door_and_no_wall():
    environment = make_environment("two_room", len(lattice()))
    environment.restore(lattice())
    environment.step(np.zeros((len(lattice()), 2), np.float32))
    np.testing.assert_array_equal(environment.states(), lattice())  # a wall would push off
    x, y = lattice().T
    assert x.min() == y.min() == 21
    assert x.max() == y.max() == 203
    assert (np.abs(x - 112) < 12).any()


def test_turning_undoes_a_rotation_and_a_reflection():
    positions = np.random.default_rng(0).normal(size=(30, 2))
    upright = positions * (1, -1)
    angle = np.array([[0.6, -0.8], [0.8, 0.6]])
    for moved in (upright @ angle, upright @ angle * (1, -1)):
        turned = moved @ turn(moved, positions)
        np.testing.assert_allclose(turned - turned.mean(0), upright - upright.mean(0), atol=1e-12)


def test_a_film_holds_every_image_the_goal_and_their_latents(recorded):
    tasks, paths = recorded
    model = WorldModel(TINY_MODEL, 16, 10).eval()
    episode, failure = choose(tasks, paths)
    made = film(episode, model)
    assert (made["task"], made["steps"], made["solved"]) == (1, 4, True)
    png = b64decode(made["strip"].removeprefix("data:image/png;base64,"))
    images = np.asarray(Image.open(io.BytesIO(png))).reshape(6, 16, 16, 3)
    np.testing.assert_array_equal(images[:5], episode.images(np.arange(5)))
    np.testing.assert_array_equal(images[5], tasks.goal_pixels[1])
    assert np.shape(made["path"]) == (6, 2)
    np.testing.assert_allclose(made["path"][5], made["around"][1])  # the goal is one of them
    assert film(failure, model)["steps"] == BUDGET


def test_films_come_with_their_tasks_and_paths(models, recorded, tmp_path):
    words = ["--tasks", tmp_path / "tasks.npz", "--paths", tmp_path / "paths.npz"]
    words += ["--out", tmp_path / "a.html"]
    assert explore("--checkpoints", models["smwm"], *words) == 0
    films = content((tmp_path / "a.html").read_text())["films"]
    assert [(film["solved"], film["task"]) for film in films] == [(True, 1), (False, 2)]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda f: [f / "none.pt"], "none.pt: no such checkpoint"),
        (lambda f: [checkpoint(f, "smwm", "cube")], "--checkpoints: none is of two_room"),
        (lambda f: [checkpoint(f, "magic")], "two_room-magic.pt: is of method 'magic', allowed: "),
        (lambda f: 2 * [checkpoint(f, "smwm")], "a model of two_room with smwm is there already"),
        (
            lambda f: [checkpoint(f, "smwm", encoder="vit", patch=8, vit_width=8, vit_heads=2)],
            "the model of two_room with smwm: its layer VisionTransformer cannot run in the page",
        ),
        (
            lambda f: [checkpoint(f, "smwm", forward_model="transformer")],
            "its forward model cannot run in the page, allowed: mlp",
        ),
        (lambda f: [checkpoint(f, "smwm", resize=8)], "it resizes its images"),
        (
            lambda f: [checkpoint(f, "forward_only"), "--tasks", f / "tasks.npz", "--paths",
                       f / "paths.npz"],
            "--checkpoints: none is of two_room with smwm, whose --paths are",
        ),
        (
            lambda f: [checkpoint(f, "smwm", size=32), "--tasks", f / "tasks.npz", "--paths",
                       f / "paths.npz"],
            "the model of two_room with smwm sees 32 px, the tasks' images are 16 px",
        ),
    ],
)  # fmt: skip
def test_what_it_cannot_show_is_one_line(make, words, recorded, tmp_path, capsys):
    page = tmp_path / "page.html"
    page.write_text("as it was")
    assert explore("--checkpoints", *make(tmp_path), "--out", page) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert page.read_text() == "as it was"
