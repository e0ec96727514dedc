"""A robot arm that grasps and moves a cube (ogbench's cube-single, MuJoCo)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np

from smwm.envs.rendering import Camera, mujoco
from smwm.envs.simulated import SimulatedCopies

SUCCESS_DISTANCE = 0.04  # m
LIFTED = 0.03  # m, of the cube's centre, which lies at 0.02 on the floor
POLICY_NOISE = 0.2  # standard deviation, in units of action
BOUT_START, BOUT_STEPS = 0.03, (2, 9)  # probability at each step, and length, of random actions
GRIPPER_SLIP = 0.1  # probability at each step of a random gripper action
ARM_JOINTS, GRIPPER_JOINTS = 6, 8
CUBE = slice(ARM_JOINTS + GRIPPER_JOINTS, ARM_JOINTS + GRIPPER_JOINTS + 3)  # of a state

# Light look: simple collision shapes in place of the detailed visual meshes.
WALLS, UNSEEN_GROUP = ("wall_0", "wall_1", "wall_2", "wall_3"), 5


class Cube(SimulatedCopies):
    """n arms, each with a cube. State: positions, velocities and the solver's first guess.

    Actions move the gripper relative to where it is: x, y, z, yaw, opening; a step is 0.05 s.
    """

    action_low: ClassVar[np.ndarray] = np.full(5, -1, np.float32)
    action_high: ClassVar[np.ndarray] = np.full(5, 1, np.float32)
    state_names: ClassVar[tuple[str, ...]] = (
        *(f"arm_joint_{i} [rad]" for i in range(ARM_JOINTS)),
        *(f"gripper_joint_{i} [rad]" for i in range(GRIPPER_JOINTS)),
        *(f"cube_{axis} [m]" for axis in "xyz"),
        *(f"cube_quaternion_{axis}" for axis in "wxyz"),
        *(f"velocity_{i} [rad/s or m/s]" for i in range(20)),
        *(f"warm_start_{i} [rad/s^2 or m/s^2]" for i in range(20)),
    )
    probes: ClassVar[dict[str, str]] = {
        "cube_position": "m",
        "gripper_position": "m",
        "gripper_opening": "share",
    }
    time_step: ClassVar[str] = "0.05 s"
    left_out: ClassVar[str] = (
        "shadows, reflections, sky and multisampling; arm and gripper are drawn as their "
        "collision shapes"
    )

    def __init__(self, copies: int) -> None:
        super().__init__(copies, simulator, len(self.state_names))

    def collection_policy(self, rngs: Sequence[np.random.Generator]) -> NoisyOracle:
        return NoisyOracle(rngs)

    def quantities(self, states: np.ndarray) -> dict[str, np.ndarray]:
        seen = [simulator(False).information(state) for state in states]
        names = {
            "cube_position": "privileged/block_0_pos",
            "gripper_position": "proprio/effector_pos",
            "gripper_opening": "proprio/gripper_opening",
        }
        return {name: np.stack([info[key] for info in seen]) for name, key in names.items()}

    def events(self, states: np.ndarray) -> dict[str, np.ndarray]:
        return {"cube lifted": states[:, CUBE][:, 2] > LIFTED}

    @staticmethod
    def success(states: np.ndarray, goals: np.ndarray) -> np.ndarray:
        return np.linalg.norm(states[:, CUBE] - goals[:, CUBE], axis=1) < SUCCESS_DISTANCE


class NoisyOracle:
    """ogbench's Markov oracle with action noise and bouts of random actions.

    It reaches for the cube, grasps, lifts and carries it to a random position, lets go, moves off
    and begins again with another position. Gaussian noise is added to each action. Now and then a
    few actions, or the gripper's alone, are uniformly random instead: the oracle by itself never
    opens its gripper in mid-air, and a model of such data believes that what was grasped cannot
    fall. Phases follow from what is seen, so whatever it misses or drops it tries again.
    """

    def __init__(self, rngs: Sequence[np.random.Generator]) -> None:
        from ogbench.manipspace.oracles.markov.cube_markov import CubeMarkovOracle

        self._rngs = rngs
        self._oracles = [CubeMarkovOracle(env=simulator(False).environment) for _ in rngs]
        self._bouts = [0] * len(rngs)  # random actions that are left
        self._goals = [self._begin(i) for i in range(len(rngs))]

    def __call__(self, states: np.ndarray) -> np.ndarray:
        actions = []
        for i, (state, oracle, rng) in enumerate(
            zip(states, self._oracles, self._rngs, strict=True)
        ):
            if oracle.done:
                self._goals[i] = self._begin(i)
            seen = simulator(False).information(state) | self._goals[i]
            action = oracle.select_action(None, seen) + rng.normal(0, POLICY_NOISE, 5)
            if rng.random() < GRIPPER_SLIP:
                action[4] = rng.uniform(-1, 1)
            if rng.random() < BOUT_START:
                self._bouts[i] = int(rng.integers(*BOUT_STEPS))
            if self._bouts[i] > 0:
                self._bouts[i] -= 1
                action = rng.uniform(-1, 1, 5)
            actions.append(action)
        return np.clip(actions, -1, 1).astype(np.float32)

    def _begin(self, i: int) -> dict[str, Any]:
        """Send oracle i to a new position for the cube; return what it may know of it."""
        rng = self._rngs[i]
        np.random.seed(rng.integers(2**32))  # noqa: NPY002  the oracle draws from there
        self._oracles[i].reset(None, None)
        return simulator(False).random_position(rng)


class CubeSimulator:
    """ogbench's scene."""

    _state = mujoco.mjtState.mjSTATE_QPOS | mujoco.mjtState.mjSTATE_QVEL
    _state |= mujoco.mjtState.mjSTATE_WARMSTART

    def __init__(self, full: bool) -> None:
        with warnings.catch_warnings(action="ignore"):
            from ogbench.manipspace.envs.cube_env import CubeEnv

            self.environment = CubeEnv(
                "single", mode="data_collection", terminate_at_goal=False, visualize_info=False
            )
            self.environment.reset(seed=0)
        self._model, self._data = self.environment.model, self.environment.data
        option = None if full else self._simplify()
        self._camera = Camera(self._model, "front_pixels", option, full)

    def _simplify(self) -> mujoco.MjvOption:
        """Show collision shapes, meshes as convex hulls, and the floor as one square."""
        for wall in WALLS:
            self._model.geom(wall).group = UNSEEN_GROUP
        self._model.geom("floor").size[2] = 1  # grid spacing: for drawing only
        option = mujoco.MjvOption()
        option.geomgroup[:] = [0, 1, 0, 1, 0, 0]
        option.flags[mujoco.mjtVisFlag.mjVIS_CONVEXHULL] = 1
        return option

    def start(self, rng: np.random.Generator) -> np.ndarray:
        with warnings.catch_warnings(action="ignore"):
            self.environment.reset(seed=int(rng.integers(2**31)))
        return self._read()

    def advance(self, state: np.ndarray, action: np.ndarray) -> np.ndarray:
        """Control follows from where the gripper is in `state`, then 25 steps of 2 ms.

        ogbench itself steers from where the gripper was 2 ms earlier.
        """
        self._write(state)
        self.environment.set_control(action)
        mujoco.mj_step(self._model, self._data, nstep=25)
        return self._read()

    def image(self, state: np.ndarray, size: int) -> np.ndarray:
        self._write(state)
        mujoco.mj_camlight(self._model, self._data)
        return self._camera.image(self._data, size)

    def information(self, state: np.ndarray) -> dict[str, Any]:
        """What ogbench reports of `state`, contact forces included."""
        self._write(state)
        mujoco.mj_forward(self._model, self._data)
        mujoco.mj_rnePostConstraint(self._model, self._data)
        self.environment.pre_step()
        return self.environment.compute_ob_info()

    def random_position(self, rng: np.random.Generator) -> dict[str, Any]:
        """A random position for the cube, in the oracle's words."""
        self.environment.np_random = rng
        self.environment.set_new_target(return_info=False)
        self.environment.pre_step()
        info = self.environment.compute_ob_info()
        return {key: value for key, value in info.items() if "target_" in key}

    def _write(self, state: np.ndarray) -> None:
        mujoco.mj_setState(self._model, self._data, state, self._state)
        mujoco.mj_kinematics(self._model, self._data)

    def _read(self) -> np.ndarray:
        state = np.empty(mujoco.mj_stateSize(self._model, self._state))
        mujoco.mj_getState(self._model, self._data, state, self._state)
        return state


@cache
def simulator(full: bool) -> CubeSimulator:
    """One a look for the process: a scene is slow to build, and the copies take turns in it."""
    return CubeSimulator(full)
