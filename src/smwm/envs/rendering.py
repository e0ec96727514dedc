"""Offscreen images of MuJoCo scenes, cheap enough for a CPU.

A software renderer spends its time on shadows, reflections, multisampling, the sky and on
vertices. The light look leaves out the first four and asks for plain shapes; edges are smoothed
by drawing twice as large and averaging down. `full=True` draws what the scene's authors meant.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import cv2
import numpy as np

from smwm.errors import InputError

BACKENDS = ("egl", "osmesa")
PACKAGES = ("libegl1", "libgl1-mesa-dri", "libosmesa6")  # Debian and Ubuntu
OVERSAMPLING = 2  # images are drawn this much larger and averaged
RENDER_ONE_IMAGE = """
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
            "MuJoCo cannot render: neither EGL nor OSMesa works here; "
            f"`smwm doctor --install` installs {', '.join(PACKAGES)}"
        )
    os.environ["MUJOCO_GL"] = backend


choose_backend()

import mujoco  # noqa: E402  after the choice of a backend

LEFT_OUT = ("mjRND_SHADOW", "mjRND_REFLECTION", "mjRND_SKYBOX", "mjRND_HAZE")


class Camera:
    """Renders a model from one of its cameras; keeps one offscreen context a size."""

    def __init__(
        self,
        model: mujoco.MjModel,
        name: str,
        option: mujoco.MjvOption | None = None,
        full: bool = False,
    ) -> None:
        self._model, self._name, self._full = model, name, full
        self._option = option or mujoco.MjvOption()
        self._renderers: dict[int, mujoco.Renderer] = {}
        if not full:
            quality = model.vis.quality
            quality.offsamples, quality.numslices, quality.numstacks = 0, 10, 5

    def image(self, data: mujoco.MjData, size: int) -> np.ndarray:
        """The scene in `data`, whose kinematics are up to date: (size, size, 3) uint8."""
        if size not in self._renderers:
            self._renderers[size] = self._renderer(size * OVERSAMPLING)
        renderer = self._renderers[size]
        renderer.update_scene(data, self._name, self._option)
        return cv2.resize(renderer.render(), (size, size), interpolation=cv2.INTER_AREA)

    def _renderer(self, side: int) -> mujoco.Renderer:
        buffer = getattr(self._model.vis, "global_")
        buffer.offwidth, buffer.offheight = max(buffer.offwidth, side), max(buffer.offheight, side)
        renderer = mujoco.Renderer(self._model, side, side)
        if not self._full:
            for flag in LEFT_OUT:
                renderer.scene.flags[getattr(mujoco.mjtRndFlag, flag)] = 0
        return renderer
