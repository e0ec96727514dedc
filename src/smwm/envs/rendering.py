"""Offscreen images of MuJoCo scenes, cheap enough for a CPU.

A software renderer spends its time on shadows, reflections, multisampling, the sky and on
vertices. The light look leaves out the first four and asks for plain shapes; edges are smoothed
by drawing twice as large and averaging down. `full=True` draws what the scene's authors meant.
"""

from __future__ import annotations

import cv2
import numpy as np

from smwm.system.opengl import choose_backend

OVERSAMPLING = 2  # images are drawn this much larger and averaged

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
        buffer = self._model.vis.global_
        buffer.offwidth, buffer.offheight = max(buffer.offwidth, side), max(buffer.offheight, side)
        renderer = mujoco.Renderer(self._model, side, side)
        if not self._full:
            for flag in LEFT_OUT:
                renderer.scene.flags[getattr(mujoco.mjtRndFlag, flag)] = 0
        return renderer
