"""A round pusher and a T-shaped block on a table (gym-pusht, pymunk).

Lengths are pixels of a 512 x 512 frame of reference; x runs to the right, y downwards.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

import cv2
import numpy as np

from smwm.envs.simulated import SimulatedCopies

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
from gym_pusht.envs.pusht import PushTEnv  # after silencing pygame

FRAME = 512.0
SPEED = 100.0  # displacement of the pusher's target per unit of action
SUCCESS_DISTANCE, SUCCESS_ANGLE = 20.0, np.pi / 9
PUSHER_RADIUS = 15.0
AGENT, AGENT_VELOCITY, BLOCK, ANGLE = slice(0, 2), slice(2, 4), slice(4, 6), 6
BLOCK_VELOCITY, SPIN, CONTACTS = slice(7, 9), 9, 10


class PushT(SimulatedCopies):
    """n tables. State: pusher and block with their velocities. A step is 0.1 s.

    An action moves the target of the pusher's controller, from where the pusher is.
    """

    action_low: ClassVar[np.ndarray] = np.full(2, -1, np.float32)
    action_high: ClassVar[np.ndarray] = np.full(2, 1, np.float32)
    state_names: ClassVar[tuple[str, ...]] = (
        "agent_x [px]",
        "agent_y [px]",
        "agent_velocity_x [px/s]",
        "agent_velocity_y [px/s]",
        "block_x [px]",
        "block_y [px]",
        "block_angle [rad]",
        "block_velocity_x [px/s]",
        "block_velocity_y [px/s]",
        "block_spin [rad/s]",
        "contact_points [1 in the last step]",
    )
    probes: ClassVar[dict[str, str]] = {
        "agent_position": "px",
        "block_position": "px",
        "block_orientation": "sine and cosine",
    }
    time_step: ClassVar[str] = "0.1 s"
    left_out: ClassVar[str] = "nothing; images are averaged down where the package samples pixels"

    def __init__(self, copies: int) -> None:
        super().__init__(copies, simulator, len(self.state_names))

    def collection_policy(self, rngs: Sequence[np.random.Generator]) -> ScriptedPusher:
        return ScriptedPusher(rngs)

    def quantities(self, states: np.ndarray) -> dict[str, np.ndarray]:
        angle = states[:, ANGLE]
        return {
            "agent_position": states[:, AGENT],
            "block_position": states[:, BLOCK],
            "block_orientation": np.stack([np.sin(angle), np.cos(angle)], 1),
        }

    def events(self, states: np.ndarray) -> dict[str, np.ndarray]:
        return {"contact": states[:, CONTACTS] > 0}

    @staticmethod
    def success(states: np.ndarray, goals: np.ndarray) -> np.ndarray:
        """Pusher and block within 20 px together, the block's angle within 20 degrees."""
        moved = states - goals
        distance = np.hypot(
            np.linalg.norm(moved[:, AGENT], axis=1), np.linalg.norm(moved[:, BLOCK], axis=1)
        )
        turn = np.abs((moved[:, ANGLE] + np.pi) % (2 * np.pi) - np.pi)
        return (distance < SUCCESS_DISTANCE) & (turn < SUCCESS_ANGLE)


class PushTSimulator(PushTEnv):
    """The package's table, without the reward that it computes at each step."""

    def __init__(self) -> None:
        super().__init__()
        self._setup()
        self._canvas = PushTEnv()
        self._canvas._setup()  # never stepped, not even as `reset` does: contacts would be drawn

    def _get_coverage(self) -> float:
        return 0.0

    def start(self, rng: np.random.Generator) -> np.ndarray:
        """Pusher and block at random, apart from each other."""
        while True:
            state = np.zeros(11)
            state[AGENT], state[BLOCK] = rng.uniform(50, 462, 2), rng.uniform(128, 384, 2)
            state[ANGLE] = rng.uniform(-np.pi, np.pi)
            if self.gap(state) > 0:
                return state

    def advance(self, state: np.ndarray, action: np.ndarray) -> np.ndarray:
        self.put(state)
        self.step(np.clip(state[AGENT] + SPEED * action, 0, FRAME))
        return self._read()

    def image(self, state: np.ndarray, size: int) -> np.ndarray:
        """The package draws 512 x 512 pixels; every other one goes into the average."""
        put(self._canvas, state)
        drawn = np.frombuffer(self._canvas._draw().get_buffer(), np.uint32).reshape(512, 512)
        step = 2 if size <= 128 else 1
        chosen = drawn[::step, ::step].copy().view(np.uint8).reshape(512 // step, 512 // step, 4)
        small = cv2.resize(chosen, (size, size), interpolation=cv2.INTER_AREA)  # B, G, R, -
        return small[..., 2::-1]

    def put(self, state: np.ndarray) -> None:
        """A new scene in `state`: old contacts live on in a used one."""
        self._setup()
        put(self, state)

    def gap(self, state: np.ndarray) -> float:
        """Distance of the pusher's edge from the block's; negative if they overlap."""
        put(self, state)
        centre = tuple(state[AGENT])
        return min(s.point_query(centre).distance for s in self.block.shapes) - PUSHER_RADIUS

    def _read(self) -> np.ndarray:
        return np.array(
            [
                *self.agent.position,
                *self.agent.velocity,
                *self.block.position,
                self.block.angle,
                *self.block.velocity,
                self.block.angular_velocity,
                self.n_contact_points,
            ]
        )


def put(table: PushTEnv, state: np.ndarray) -> None:
    """Move pusher and block to `state`.

    Velocities and the angle come before the position, since setting an angle turns the block
    about its centre of gravity.
    """
    table.agent.velocity = tuple(state[AGENT_VELOCITY])
    table.agent.position = tuple(state[AGENT])
    table.block.velocity = tuple(state[BLOCK_VELOCITY])
    table.block.angular_velocity = state[SPIN]
    table.block.angle = state[ANGLE]
    table.block.position = tuple(state[BLOCK])
    for body in (table.agent, table.block):
        table.space.reindex_shapes_for_body(body)


@cache
def simulator(full: bool) -> PushTSimulator:
    """One for the process, with one look: the copies take turns in it."""
    return PushTSimulator()


class ScriptedPusher:
    """Pushes the block about, from all sides, and at times moves freely.

    It picks a random spot of the block's outline, one that pushes towards a random point three
    times in four (so that the block crosses the table) and any one else (so that it turns),
    goes around the block to that spot, pushes for a while along the outline's normal, and picks
    again. One time in six it heads for a random point instead. Speeds vary, and every action
    gets Gaussian noise, so that what the block does is not a function of where things are.
    """

    FREE, AIMED = 1 / 6, 0.75  # probabilities
    WALK, PUSH = (0.15, 0.35), (0.08, 0.25)  # speeds in units of action
    NOISE = 0.1
    PATIENCE = 25  # steps to reach a spot
    PUSH_STEPS = (4, 20)
    DETOUR = 108.0  # distance from the centre of gravity that clears the block
    MARGIN = 24.0  # from the frame's edge

    def __init__(self, rngs: Sequence[np.random.Generator]) -> None:
        self._rngs = rngs
        self._plans = [self._pick(rng, None) for rng in rngs]

    def __call__(self, states: np.ndarray) -> np.ndarray:
        return np.stack([self._act(i, state) for i, state in enumerate(states)])

    def _act(self, i: int, state: np.ndarray) -> np.ndarray:
        rng, plan = self._rngs[i], self._plans[i]
        if plan["steps"] <= 0:
            plan = self._plans[i] = self._pick(rng, state)
        plan["steps"] -= 1
        if plan["spot"] is None:
            way = plan["target"] - state[AGENT]
            plan["steps"] *= np.linalg.norm(way) > PUSHER_RADIUS
        else:
            way = self._way_to_push(plan, state)
        speed = plan["push" if plan["pushing"] else "walk"]
        length = min(speed, np.linalg.norm(way) / SPEED * 2)
        heading = way / (np.linalg.norm(way) + 1e-9)
        action = length * heading + self.NOISE * rng.standard_normal(2)
        return np.clip(action, -1, 1).astype(np.float32)

    def _way_to_push(self, plan: dict, state: np.ndarray) -> np.ndarray:
        """Around the block to the spot, then against it."""
        rotation = _rotation(state[ANGLE])
        normal = rotation @ plan["normal"]
        spot = state[BLOCK] + rotation @ plan["spot"]
        before = spot + (PUSHER_RADIUS + 8) * normal
        if not plan["pushing"] and np.linalg.norm(before - state[AGENT]) < 12:
            plan |= {"pushing": True, "steps": plan["push_steps"]}
        if plan["pushing"]:
            ahead = state[BLOCK] - 60 * normal
            plan["steps"] *= (ahead > self.MARGIN).all() and (ahead < FRAME - self.MARGIN).all()
            return -SPEED * (normal + plan["slant"] * np.array([-normal[1], normal[0]]))
        centre = state[BLOCK] + rotation @ _centre_of_gravity()
        here, there = state[AGENT] - centre, before - centre
        turn = np.arctan2(_cross(here, there), here @ there)
        if abs(turn) > np.pi / 3:
            outward = _rotation(np.sign(turn) * np.pi / 4) @ here / np.linalg.norm(here)
            before = centre + self.DETOUR * outward
        return np.clip(before, self.MARGIN, FRAME - self.MARGIN) - state[AGENT]

    def _pick(self, rng: np.random.Generator, state: np.ndarray | None) -> dict:
        """What to do next."""
        target = rng.uniform(60, FRAME - 60, 2)
        plan: dict[str, Any] = {"steps": self.PATIENCE, "spot": None, "pushing": False}
        plan |= {"walk": rng.uniform(*self.WALK), "push": rng.uniform(*self.PUSH)}
        if state is None or rng.random() < self.FREE:
            return plan | {"target": target}
        spots, normals = _outline()
        chosen = rng.integers(len(spots), size=6)
        if rng.random() < self.AIMED:
            ahead = normals[chosen] @ _rotation(state[ANGLE]).T @ (target - state[BLOCK])
            chosen = chosen[[np.argmin(ahead)]]
        return plan | {
            "spot": spots[chosen[0]],
            "normal": normals[chosen[0]],
            "slant": 0.3 * rng.standard_normal(),
            "push_steps": rng.integers(*self.PUSH_STEPS),
        }


@cache
def _outline(spacing: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 2) along the block's outline and outward normals (n, 2), in its own frame."""
    simulator(False).put(np.zeros(11))
    shapes = simulator(False)._block_shapes  # in order; the body's own are a set
    spots, normals = [], []
    for shape in shapes:
        corners = np.array(shape.get_vertices())
        for a, b in zip(corners, np.roll(corners, -1, 0), strict=True):
            normal = np.array([b[1] - a[1], a[0] - b[0]]) / np.linalg.norm(b - a)
            for share in np.arange(spacing, np.linalg.norm(b - a), spacing):
                spot = a + share * (b - a) / np.linalg.norm(b - a)
                outside = spot + PUSHER_RADIUS * normal
                distances = [s.point_query(tuple(outside)).distance for s in shapes]
                if min(distances) > PUSHER_RADIUS - 1:
                    spots.append(spot)
                    normals.append(normal)
    return np.array(spots), np.array(normals)


@cache
def _centre_of_gravity() -> np.ndarray:
    simulator(False).put(np.zeros(11))
    return np.array(simulator(False).block.center_of_gravity)


def _rotation(angle: float) -> np.ndarray:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine], [sine, cosine]])


def _cross(a: np.ndarray, b: np.ndarray) -> float:
    return a[0] * b[1] - a[1] * b[0]
