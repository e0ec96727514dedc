"""Any environment of this project as a Gymnasium environment.

`import smwm.envs.gym` registers them: `gymnasium.make("smwm/two_room-v0")`. In one step, without
the import: `gymnasium.make("smwm.envs.gym:smwm/two_room-v0")`.
"""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np

from smwm.envs import ENVIRONMENTS, make_environment


class PixelGoalEnv(gymnasium.Env):
    """One copy of an environment: an image as observation, a goal state to reach.

    The reward is 1 on success, which also ends the episode, and 0 otherwise. `reset` takes
    `options={"state": ..., "goal": ...}` to set either exactly; without them both are drawn.
    `info` holds the state, the goal and the goal's image.
    """

    # Gymnasium declares it as an attribute of each instance.
    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "render_modes": ["rgb_array"],
        "render_fps": 10,
    }

    def __init__(self, name: str, size: int = 224, render_mode: str | None = None) -> None:
        self._environment = make_environment(name, 1)
        self.size, self.render_mode = size, render_mode
        self.observation_space = gymnasium.spaces.Box(0, 255, (size, size, 3), np.uint8)
        low, high = self._environment.action_low, self._environment.action_high
        self.action_space = gymnasium.spaces.Box(low, high, dtype=np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        options = options or {}
        self._environment.reset([self.np_random])
        start = options.get("state", self._environment.states()[0])
        self._environment.reset([self.np_random])
        self._goal = np.asarray(options.get("goal", self._environment.states()[0]), np.float64)
        self._environment.restore(self._goal[None])
        self._goal_pixels = self.render()
        self._environment.restore(np.asarray(start, np.float64)[None])
        return self.render(), self._info()

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        self._environment.step(np.asarray(action)[None])
        success = self._environment.success(self._environment.states(), self._goal[None])
        return self.render(), float(success[0]), bool(success[0]), False, self._info()

    def render(self) -> np.ndarray:
        return self._environment.render(self.size)[0]

    def _info(self) -> dict[str, Any]:
        state = self._environment.states()[0]
        return {
            "state": state,
            "goal": self._goal.copy(),
            "goal_pixels": self._goal_pixels.copy(),
        }


for _name in ENVIRONMENTS:
    gymnasium.register(
        f"smwm/{_name}-v0",
        entry_point=f"{__name__}:{PixelGoalEnv.__name__}",
        kwargs={"name": _name},
        max_episode_steps=200,
    )
