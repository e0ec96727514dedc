"""The examples run as a user runs them."""

import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from smwm.__main__ import main
from smwm.data.dataset import Episode, write_dataset


def test_actions_that_are_no_vectors_are_one_clear_line():
    words = [sys.executable, ROOT / "examples/own_environment.py", "--env", "CartPole-v1"]
    done = subprocess.run(
        words, capture_output=True, text=True, env=os.environ | {"SDL_VIDEODRIVER": "dummy"}
    )
    assert done.returncode == 2
    assert "its actions are Discrete(2), a vector (Box) is needed" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("env", "variables", "words"),
    [
        ("Pendulun-v1", {}, "--env Pendulun-v1: Environment `Pendulun` doesn't exist"),
        ("nowhere:Pendulum-v1", {}, "--env nowhere:Pendulum-v1: "),
        ("Pusher-v5", {"MUJOCO_GL": "mine"}, "--env Pusher-v5: MUJOCO_GL=mine: no image can be"),
    ],
)
def test_what_cannot_be_made_is_one_clear_line(env, variables, words):
    command = [sys.executable, ROOT / "examples/own_environment.py", "--env", env]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | variables)
    assert done.returncode == 2
    assert words in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_an_own_environment(tmp_path):
    words = ["--episodes", "5", "--steps", "12", "--train-steps", "4"]
    folder = tmp_path / "an own folder"
    done = subprocess.run(
        [sys.executable, ROOT / "examples/own_environment.py", "--out", folder, *words],
        capture_output=True,
        text=True,
        env=os.environ | {"SDL_VIDEODRIVER": "dummy"},
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    found = [line for line in lines if line.startswith("observed number")]
    assert len(found) == 3  # Pendulum observes cosine, sine and speed
    assert all(re.search(r"R2 smwm -?\d+\.\d+, frozen -?\d+\.\d+$", line) for line in found)
    assert (folder / "smwm.pt").is_file()


def test_the_numbers_of_a_toy_world_are_told_for_each_dimension(tmp_path):
    words = "train --world sprite_xyt --pairs 50 --method smwm --frames 2 --block 1 --steps 2"
    words += " --encoder keypoints --channels 2 4 --batch-size 8"
    out = ["--out", str(tmp_path / "m.pt"), "--log", str(tmp_path / "m.csv")]
    assert main([*words.split(), *out]) == 0
    script = str(ROOT / "examples" / "toy_angle.py")
    told = subprocess.check_output([sys.executable, script, tmp_path / "m.pt"], text=True)
    losses, scores, shares = (
        part.split()[-n:] for part, n in zip(told.split(";"), (3, 4, 4), strict=True)
    )
    assert f"{tmp_path / 'm.pt'} sprite_xyt: inverse loss " in told
    assert all(0.5 < float(loss) < 2 for loss in losses)  # nothing is learnt in two steps
    assert all(float(score) < 1 for score in scores)
    assert 0 < sum(map(float, shares)) <= 1.001


def grow(*words):
    command = [sys.executable, ROOT / "examples/tile_growth.py", *words]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_growth_of_tiles_is_told_from_a_dataset(tmp_path):
    """Each episode has images of one grey of its own, the last two those of the first."""
    greys = [10, 20, 30, 40, 50, 60, 10, 20]
    episodes = [
        Episode(np.full((5, 16, 16, 3), grey, np.uint8), np.zeros((4, 1), np.float32), None)
        for grey in greys
    ]
    write_dataset(tmp_path / "a.h5", episodes, {"env": "greys"}, "tiles")
    words = ["--points", "4", "--episodes", "100"]
    done = grow(tmp_path / "a.h5", "--out", tmp_path / "tiles.csv", *words)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "tiles.csv")
    assert table["episodes"].tolist() == [2, 4, 6, 8, 100, 100]
    assert table["images"].tolist() == [10, 20, 30, 40, 500, 500]
    assert table["tiles"][:4].tolist() == [2, 4, 6, 6]
    line = np.polyval(np.polyfit([5, 6, 7, 8], [5, 6, 6, 6], 1), 100)
    assert table["tiles"][5] == round(line)
    np.testing.assert_allclose(
        table["gb"] * 1e9, 192 * table["tiles"] + 16 * table["images"], rtol=0.01
    )
    assert table["stored_kb_an_image"].notna().tolist() == [False] * 3 + [True] + [False] * 2


def test_the_growth_of_tiles_needs_tiles(tmp_path):
    episode = Episode(np.zeros((5, 16, 16, 3), np.uint8), np.zeros((4, 1), np.float32), None)
    write_dataset(tmp_path / "a.h5", [episode], {"env": "black"})
    done = grow(tmp_path / "a.h5", "--out", tmp_path / "tiles.csv")
    assert done.returncode == 2
    assert f"{tmp_path}/a.h5: has pixels; collect with --storage tiles" in done.stderr
    assert "Traceback" not in done.stderr
