"""Which OpenGL MuJoCo renders with: EGL, or OSMesa where that fails.

Both are system libraries that pip cannot bring.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Collection, Mapping

from smwm.errors import InputError

BACKENDS = ("egl", "osmesa")
VARIABLES = {
    "MUJOCO_GL": "egl or osmesa",
    "PYOPENGL_PLATFORM": "the same as MUJOCO_GL",
    "MUJOCO_EGL_DEVICE_ID": "the number of an EGL device, from 0",
}  # that a user may set: what they may be
PACKAGES = ("libegl1", "libgl1", "libgl1-mesa-dri", "libglib2.0-0", "libosmesa6")  # Debian, Ubuntu
RENDER_ONE_IMAGE = """
import cv2  # needs libGL even to be imported
import mujoco
model = mujoco.MjModel.from_xml_string(
    "<mujoco><worldbody><light pos='0 0 3'/><geom size='.3' rgba='1 0 0 1'/></worldbody></mujoco>"
)
data = mujoco.MjData(model)
mujoco.mj_forward(model, data)
with mujoco.Renderer(model, 16, 16) as renderer:
    renderer.update_scene(data)
    assert renderer.render().max() > 0
"""


def tried_backends(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The backends that these environment variables leave to choose from."""
    if variables.get("MUJOCO_GL"):
        return (variables["MUJOCO_GL"],)
    return BACKENDS[:1] if variables.get("MUJOCO_EGL_DEVICE_ID") else BACKENDS


def working_backend(without: Collection[str] = ()) -> str | None:
    """The first OpenGL backend that really renders an image, tried in a process of its own.

    Environment variables that the user has set are respected, but for those of `without`.
    """
    variables = {name: value for name, value in os.environ.items() if name not in without}
    for backend in tried_backends(variables):
        command = [sys.executable, "-c", RENDER_ONE_IMAGE]
        environment = variables | {"MUJOCO_GL": backend}
        if subprocess.run(command, env=environment, capture_output=True).returncode == 0:
            return backend
    return None


def wrong_variable() -> str | None:
    """Where nothing works, and something would without variables that are set: says so."""
    given = [name for name in VARIABLES if os.environ.get(name)]
    for names in (*((name,) for name in given), given):
        works = working_backend(without=names) if names else None
        if works:
            values = ", ".join(f"{name}={os.environ[name]}" for name in names)
            allowed = "; ".join(f"{name} may be {VARIABLES[name]}" for name in names)
            return f"{values}: no image can be rendered; unset, {works} works here ({allowed})"
    return None


def choose_backend() -> None:
    """Set MUJOCO_GL, which MuJoCo reads when it is imported, to one that works.

    Child processes inherit the choice. Raises InputError where nothing works, naming a variable
    that the user has set if it is the cause.
    """
    if platform.system() != "Linux":
        return
    backend = working_backend()
    if backend is None:
        raise InputError(
            wrong_variable()
            or "images cannot be rendered: neither EGL nor OSMesa works here; "
            f"`smwm doctor --install` installs {', '.join(PACKAGES)}"
        )
    os.environ["MUJOCO_GL"] = backend
