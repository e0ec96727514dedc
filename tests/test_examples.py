"""The examples run as a user runs them."""

import os
import re
import subprocess
import sys

import pytest

from conftest import ROOT


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
