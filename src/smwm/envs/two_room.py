"""Two rooms joined by a door, and a point agent: the paper's navigation task.

All lengths are pixels of a 224 x 224 frame of reference; images are rendered at any size.
x runs to the right, y downwards; the centres of the frame's pixels are its whole numbers, so
that it reaches from -0.5 to 223.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import ClassVar

import numpy as np

FRAME = 224.0
BORDER = 14.0
WALL_X, WALL_THICKNESS = 112.0, 10.0
DOOR_Y, DOOR_HALF_SIZE = 49.0, 14.0
RADIUS = 7.0
SPEED = 5.0  # per unit of action
SUCCESS_DISTANCE = 16.0

# Where the agent's centre may be: its disc stays within the border.
LOW, HIGH = BORDER + RADIUS, FRAME - BORDER - RADIUS
# Closer to the wall's middle than this, its disc overlaps the wall, which pushes it off by half a
# pixel more; unless it is in the door, whose edges let a quarter of the radius pass.
WALL_REACH = WALL_THICKNESS / 2 + RADIUS
WALL_LEFT, WALL_RIGHT = WALL_X - WALL_REACH - 0.5, WALL_X + WALL_REACH + 0.5
DOOR_REACH = DOOR_HALF_SIZE + RADIUS / 4

POLICY_NOISE = 2.0  # standard deviation, in units of action
POLICY_ARRIVAL = 10.0  # distance at which a subgoal counts as reached

LINE = 4.0  # thickness of the border's lines, which lie outside the rooms
AGENT_COLOUR = (255.0, 0.0, 0.0)


class TwoRoom:
    """n agents, each in its own pair of rooms. State: the agent's position (x, y)."""

    action_low: ClassVar[np.ndarray] = np.full(2, -1, np.float32)
    action_high: ClassVar[np.ndarray] = np.full(2, 1, np.float32)
    state_names: ClassVar[tuple[str, ...]] = ("agent_x [px]", "agent_y [px]")
    probes: ClassVar[dict[str, str]] = {"agent_position": "px"}
    time_step: ClassVar[str] = "one move"
    left_out: ClassVar[str] = "nothing"

    def __init__(self, copies: int) -> None:
        self._position = np.tile([LOW, LOW], (copies, 1))

    def reset(self, rngs: Sequence[np.random.Generator]) -> None:
        self._position = np.stack([random_position(rng) for rng in rngs])

    def restore(self, states: np.ndarray) -> None:
        self._position = np.array(states, np.float64)

    def states(self) -> np.ndarray:
        return self._position.copy()

    def step(self, actions: np.ndarray) -> None:
        """Move freely up to the border, then off the wall: the paper's rule.

        Where a step ends decides, not the way there. Whoever ends in the wall, and not in the
        door, is put before the wall's face on the side where the step began; y stays as moved.
        So an agent that leaves the door sideways is thrown out of the wall.
        """
        move = SPEED * np.clip(actions, self.action_low, self.action_high).astype(np.float64)
        x, y = np.clip(self._position + move, LOW, HIGH).T
        blocked = (np.abs(x - WALL_X) < WALL_REACH) & (np.abs(y - DOOR_Y) > DOOR_REACH)
        face = np.where(self._position[:, 0] < WALL_X, WALL_LEFT, WALL_RIGHT)
        self._position = np.stack([np.where(blocked, face, x), y], axis=1)

    def keep(self, mask: np.ndarray) -> None:
        self._position = self._position[mask]

    def render(self, size: int, full: bool = False) -> np.ndarray:
        """The rooms, and each agent as a red Gaussian dot of its radius."""
        centres = (np.arange(size, dtype=np.float64) + 0.5) * (FRAME / size) - 0.5
        falloff = np.exp(-0.5 * ((centres - self._position[:, :, None]) / RADIUS) ** 2)
        x, y = falloff[:, 0].astype(np.float32), falloff[:, 1].astype(np.float32)
        dot = (y[:, :, None] * x[:, None, :])[..., None]  # (n, size, size, 1)
        rooms = _rooms(size)
        images = rooms + dot * (np.array(AGENT_COLOUR, np.float32) - rooms)
        return (images + 0.5).astype(np.uint8)

    def collection_policy(self, rngs: Sequence[np.random.Generator]) -> GoalSeeker:
        return GoalSeeker(rngs)

    def quantities(self, states: np.ndarray) -> dict[str, np.ndarray]:
        return {"agent_position": states}

    def events(self, states: np.ndarray) -> dict[str, np.ndarray]:
        x = states[:, 0]
        in_door = np.abs(x - WALL_X) < WALL_REACH
        return {"in the door": in_door, "in the left room": x < WALL_X}

    @staticmethod
    def success(states: np.ndarray, goals: np.ndarray) -> np.ndarray:
        return np.linalg.norm(states - goals, axis=1) < SUCCESS_DISTANCE


class GoalSeeker:
    """Heads for a random point, through the door where it lies in the other room.

    The unit direction gets Gaussian noise of standard deviation 2 and is clipped, so that
    most of a step is noise: the drift covers both rooms and the door, the noise covers the
    actions. A new point is drawn when the last one is reached.
    """

    def __init__(self, rngs: Sequence[np.random.Generator]) -> None:
        self._rngs = rngs
        self._goals = np.stack([random_position(rng) for rng in rngs])

    def __call__(self, states: np.ndarray) -> np.ndarray:
        arrived = np.linalg.norm(self._goals - states, axis=1) < POLICY_ARRIVAL
        for i in np.flatnonzero(arrived).tolist():
            self._goals[i] = random_position(self._rngs[i])
        heading = subgoal(states, self._goals) - states
        heading /= np.linalg.norm(heading, axis=1, keepdims=True) + 1e-9
        noise = np.stack([rng.standard_normal(2) for rng in self._rngs])
        return np.clip(heading + POLICY_NOISE * noise, -1, 1).astype(np.float32)


def subgoal(states: np.ndarray, goals: np.ndarray) -> np.ndarray:
    """The next point (n, 2) on the way to `goals`: in front of the door, behind it, the goal."""
    side = np.where(goals[:, 0] < WALL_X, -1.0, 1.0)
    ahead = (WALL_X - states[:, 0]) * side > 0  # the wall lies between
    in_line = np.abs(states[:, 1] - DOOR_Y) <= DOOR_REACH
    clearance = WALL_RIGHT - WALL_X + 2.0
    before = np.stack([WALL_X - side * clearance, np.full_like(side, DOOR_Y)], axis=1)
    behind = np.stack([WALL_X + side * clearance, np.full_like(side, DOOR_Y)], axis=1)
    through = np.where(in_line[:, None], behind, before)
    return np.where(ahead[:, None], through, goals)


def random_position(rng: np.random.Generator) -> np.ndarray:
    """A position (2,) uniform over both rooms."""
    left = rng.random() < 0.5
    x = rng.uniform(LOW, WALL_LEFT) if left else rng.uniform(WALL_RIGHT, HIGH)
    return np.array([x, rng.uniform(LOW, HIGH)])


@cache
def _rooms(size: int) -> np.ndarray:
    """The empty scene (size, size, 1) float32: black walls on white, smooth by area.

    The lines of the border end where the rooms begin; beyond them the image is white again. A
    line from a to b is the pixels a to b - 1 of the frame, as if they were cut out of it.
    """
    edges = np.linspace(0, FRAME, size + 1)

    def cover(low: float, high: float) -> np.ndarray:
        overlap = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
        return np.clip(overlap, 0, None) * (size / FRAME)

    outer = cover(BORDER - LINE, FRAME - BORDER + LINE)
    inner = cover(BORDER, FRAME - BORDER)
    wall = cover(WALL_X - WALL_THICKNESS / 2, WALL_X + WALL_THICKNESS / 2)
    door = cover(DOOR_Y - DOOR_HALF_SIZE, DOOR_Y + DOOR_HALF_SIZE)
    black = outer[:, None] * outer - inner[:, None] * inner + (inner - door)[:, None] * wall
    return (255 * (1 - black))[..., None].astype(np.float32)
