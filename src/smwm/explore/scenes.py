"""The live part of the page: the environment's rules, and models that plan in two rooms."""

from __future__ import annotations

from typing import Any

import numpy as np

from smwm.envs import DISTRACTOR, distracted, make_environment, two_room
from smwm.explore.networks import components, encoded, network, rounded
from smwm.models.world_model import WorldModel

ENVS = ("two_room", "two_room" + DISTRACTOR)
SPACING = 14.0  # between positions of the lattice, in pixels of the frame
GEOMETRY = (
    "FRAME", "BORDER", "WALL_X", "WALL_THICKNESS", "DOOR_Y", "DOOR_HALF_SIZE", "RADIUS", "SPEED",
    "SUCCESS_DISTANCE", "LOW", "HIGH", "WALL_REACH", "WALL_LEFT", "WALL_RIGHT", "DOOR_REACH",
    "LINE", "AGENT_COLOUR",
)  # fmt: skip


def geometry() -> dict[str, Any]:
    """Every constant of the two rooms and of the distractor, which the page's world.js obeys."""
    dot = {"RADIUS": distracted.RADIUS, "SPEED": distracted.SPEED}
    dot["COLOUR"] = distracted.COLOUR.tolist()
    return {**{name: getattr(two_room, name) for name in GEOMETRY}, "DOT": dot}


def lattice() -> np.ndarray:
    """Positions (N, 2) on a square grid over both rooms and the door."""
    line = np.linspace(
        two_room.LOW, two_room.HIGH, round((two_room.HIGH - two_room.LOW) / SPACING) + 1
    )
    x, y = (axis.ravel() for axis in np.meshgrid(line, line))
    in_wall = np.abs(x - two_room.WALL_X) < two_room.WALL_REACH
    free = ~in_wall | (np.abs(y - two_room.DOOR_Y) <= two_room.DOOR_REACH)
    return np.stack([x, y], 1)[free]


def turn(points: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """The rotation or reflection (2, 2) that lays points (N, 2) most nearly as positions (N, 2).

    The y of positions runs downwards, that of points upwards. Orthogonal Procrustes problem.
    """
    upright = (positions - positions.mean(0)) * (1, -1)
    left, _, right = np.linalg.svd((points - points.mean(0)).T @ upright)
    return left @ right


def scene(env: str, model: WorldModel) -> dict[str, Any]:
    """A model, and where it puts the lattice: its two principal components are fitted to that.

    They are turned within their plane to lie as the rooms do, which changes no distance. A
    distractor is somewhere else in the image of each position, as it would be in data.
    """
    positions = lattice()
    environment = make_environment(env, len(positions))
    environment.reset([np.random.default_rng([4, i]) for i in range(len(positions))])
    states = environment.states()
    states[:, :2] = positions
    environment.restore(states)
    latents = encoded(model, environment.render(model.image_size))
    mean, directions, share = components(latents)
    directions = directions @ turn((latents - mean) @ directions, positions)
    return {
        **network(model),
        "mean": rounded(mean),
        "directions": rounded(directions.T),
        "share": share,
        "lattice": rounded(np.hstack([positions, (latents - mean) @ directions])),
    }
