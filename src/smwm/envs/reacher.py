"""A planar arm with two joints that is driven by torques (dm_control's suite, MuJoCo).

The suite's target is hidden: a task is a configuration of the joints, shown as an image.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import ClassVar

import numpy as np

from smwm.envs.rendering import Camera, mujoco
from smwm.envs.simulated import SimulatedCopies

ACTION_REPEAT = 2  # steps of the simulator, 0.02 s each, under one action, as in the paper
SUCCESS_ANGLE = 0.05  # rad, for each joint


class Reacher(SimulatedCopies):
    """n arms. State: angles and velocities of shoulder and wrist, and the solver's first guess.

    The shoulder turns without end; the wrist stops at 160 degrees. A step is 0.04 s: the
    simulator makes two of its own under the same torques.
    """

    action_low: ClassVar[np.ndarray] = np.full(2, -1, np.float32)
    action_high: ClassVar[np.ndarray] = np.full(2, 1, np.float32)
    state_names: ClassVar[tuple[str, ...]] = (
        "shoulder [rad]",
        "wrist [rad]",
        "shoulder_velocity [rad/s]",
        "wrist_velocity [rad/s]",
        "shoulder_warm_start [rad/s^2]",
        "wrist_warm_start [rad/s^2]",
    )
    probes: ClassVar[dict[str, str]] = {"joint_angles": "sine and cosine"}
    time_step: ClassVar[str] = f"{0.02 * ACTION_REPEAT:g} s"
    left_out: ClassVar[str] = "shadows, reflections, sky and multisampling"

    def __init__(self, copies: int) -> None:
        super().__init__(copies, simulator, len(self.state_names))

    def collection_policy(self, rngs: Sequence[np.random.Generator]) -> RandomTorques:
        return RandomTorques(rngs)

    def quantities(self, states: np.ndarray) -> dict[str, np.ndarray]:
        angles = states[:, :2]
        return {"joint_angles": np.concatenate([np.sin(angles), np.cos(angles)], 1)}

    def events(self, states: np.ndarray) -> dict[str, np.ndarray]:
        return {"wrist near its stop": np.abs(states[:, 1]) > np.radians(150)}

    @staticmethod
    def success(states: np.ndarray, goals: np.ndarray) -> np.ndarray:
        turn = np.abs(states[:, :2] - goals[:, :2])
        turn[:, 0] = np.abs((turn[:, 0] + np.pi) % (2 * np.pi) - np.pi)
        return (turn < SUCCESS_ANGLE).all(1)


class RandomTorques:
    """Uniform random torques at every step.

    Damping soon forgets them, so that the joints drift about and, from random starts, cover all
    configurations.
    """

    def __init__(self, rngs: Sequence[np.random.Generator]) -> None:
        self._rngs = rngs

    def __call__(self, states: np.ndarray) -> np.ndarray:
        return np.stack([rng.uniform(-1, 1, 2) for rng in self._rngs]).astype(np.float32)


class ReacherSimulator:
    """The suite's arm."""

    _state = mujoco.mjtState.mjSTATE_QPOS | mujoco.mjtState.mjSTATE_QVEL
    _state |= mujoco.mjtState.mjSTATE_WARMSTART

    def __init__(self, full: bool) -> None:
        from dm_control.suite import reacher

        xml, assets = reacher.get_model_and_assets()
        self._model = mujoco.MjModel.from_xml_string(xml.decode(), assets)
        self._model.geom("target").rgba[3] = 0
        self._model.geom("target").matid = -1
        self._data = mujoco.MjData(self._model)
        self._camera = Camera(self._model, "fixed", full=full)

    def start(self, rng: np.random.Generator) -> np.ndarray:
        shoulder, wrist = rng.uniform(-np.pi, np.pi), rng.uniform(*self._model.joint("wrist").range)
        return np.array([shoulder, wrist, 0, 0, 0, 0])

    def advance(self, state: np.ndarray, action: np.ndarray) -> np.ndarray:
        mujoco.mj_setState(self._model, self._data, state, self._state)
        self._data.ctrl[:] = action
        mujoco.mj_step(self._model, self._data, ACTION_REPEAT)
        result = np.empty_like(state)
        mujoco.mj_getState(self._model, self._data, result, self._state)
        return result

    def image(self, state: np.ndarray, size: int) -> np.ndarray:
        mujoco.mj_setState(self._model, self._data, state, self._state)
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        return self._camera.image(self._data, size)


@cache
def simulator(full: bool) -> ReacherSimulator:
    """One a look for the process: a scene is slow to build, and the copies take turns in it."""
    return ReacherSimulator(full)
