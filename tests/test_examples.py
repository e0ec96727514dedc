"""The examples run as a user runs them."""

import os
import re
import subprocess
import sys

import pytest

from conftest import ROOT
from smwm.__main__ import main


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
