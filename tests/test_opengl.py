import os

import pytest

from smwm import opengl
from smwm.errors import InputError


@pytest.fixture
def without_choice(monkeypatch):
    monkeypatch.delenv("MUJOCO_GL", raising=False)


def test_the_users_choice_stands(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "mine")
    opengl.choose_backend()
    assert os.environ["MUJOCO_GL"] == "mine"


def test_a_backend_that_fails_gives_way_to_the_next(monkeypatch, without_choice):
    monkeypatch.setattr(opengl, "BACKENDS", ("broken", *opengl.BACKENDS))
    opengl.choose_backend()
    assert os.environ["MUJOCO_GL"] in ("egl", "osmesa")


def test_where_nothing_works_one_line_says_what_to_do(monkeypatch, without_choice):
    monkeypatch.setattr(opengl, "BACKENDS", ("broken",))
    with pytest.raises(InputError, match="smwm doctor --install") as error:
        opengl.choose_backend()
    assert "\n" not in str(error.value)
    assert "MUJOCO_GL" not in os.environ
