import os

import pytest

from smwm.__main__ import main
from smwm.errors import InputError
from smwm.system import opengl

WORKS = opengl.working_backend(without=opengl.VARIABLES)


@pytest.fixture(autouse=True)
def without_choice(monkeypatch):
    for name in opengl.VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_the_users_choice_stands(monkeypatch):
    monkeypatch.setattr(opengl, "BACKENDS", ("broken",))
    monkeypatch.setenv("MUJOCO_GL", WORKS)
    opengl.choose_backend()
    assert os.environ["MUJOCO_GL"] == WORKS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MUJOCO_GL", "mine"),
        ("PYOPENGL_PLATFORM", "theirs"),
        ("MUJOCO_EGL_DEVICE_ID", "99"),
        ("MUJOCO_EGL_DEVICE_ID", "first"),
    ],
)
def test_a_variable_that_does_not_work_is_named_in_stages_and_by_doctor(
    name, value, monkeypatch, capsys
):
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError) as error:
        opengl.choose_backend()
    assert str(error.value).startswith(f"{name}={value}: no image can be rendered; ")
    assert f"unset, {WORKS} works here ({name} may be " in str(error.value)
    assert main(["doctor", "--install"]) == 2
    assert capsys.readouterr().err == f"smwm doctor: {error.value}\n"


def test_who_names_an_egl_device_is_given_no_other_backend():
    assert opengl.tried_backends({"MUJOCO_EGL_DEVICE_ID": "1"}) == ("egl",)
    assert opengl.tried_backends({"MUJOCO_GL": "osmesa", "MUJOCO_EGL_DEVICE_ID": "1"}) == (
        "osmesa",
    )


def test_only_the_variable_at_fault_is_named(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", WORKS)
    monkeypatch.setenv("PYOPENGL_PLATFORM", "theirs")
    assert opengl.wrong_variable().startswith("PYOPENGL_PLATFORM=theirs: ")


def test_a_backend_that_fails_gives_way_to_the_next(monkeypatch):
    monkeypatch.setattr(opengl, "BACKENDS", ("broken", *opengl.BACKENDS))
    opengl.choose_backend()
    assert os.environ["MUJOCO_GL"] in ("egl", "osmesa")


def test_where_nothing_works_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setattr(opengl, "BACKENDS", ("broken",))
    with pytest.raises(InputError, match="smwm doctor --install") as error:
        opengl.choose_backend()
    assert "\n" not in str(error.value)
    assert "MUJOCO_GL" not in os.environ
