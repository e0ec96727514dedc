"""Which OpenGL MuJoCo renders with: EGL, or OSMesa where that fails.

Both are system libraries that pip cannot bring.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys

from smwm.errors import InputError

BACKENDS = ("egl", "osmesa")
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


def working_backend() -> str | None:
    """The first OpenGL backend that really renders an image, tried in a process of its own."""
    for backend in BACKENDS:
        environment = os.environ | {"MUJOCO_GL": backend}
        command = [sys.executable, "-c", RENDER_ONE_IMAGE]
        if subprocess.run(command, env=environment, capture_output=True).returncode == 0:
            return backend
    return None


def choose_backend() -> None:
    """Set MUJOCO_GL, which MuJoCo reads when it is imported, unless the user has set it.

    Child processes inherit the choice. Raises InputError where nothing works.
    """
    if "MUJOCO_GL" in os.environ or platform.system() != "Linux":
        return
    backend = working_backend()
    if backend is None:
        raise InputError(
            "images cannot be rendered: neither EGL nor OSMesa works here; "
            f"`smwm doctor --install` installs {', '.join(PACKAGES)}"
        )
    os.environ["MUJOCO_GL"] = backend
