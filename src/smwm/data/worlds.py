"""Synthetic worlds whose controllable degrees of freedom are known (paper, representation claims).

A world is a stream of pairs: an image, an action, the image after it. Pair i is a function of
the seed and i alone, so that no file is needed and any part of a stream can be made by itself.
All lengths are pixels of the 64 x 64 canvas; x runs to the right, y downwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from smwm.data.dataset import Trajectories
from smwm.errors import InputError

SIZE = 64
DOT_RADIUS, DOT_STEP = 2.0, 16.0  # a step is at most that long in each coordinate
SPRITE_REACH, SPRITE_STEP, SPRITE_TURN = 11.0, 8.0, np.pi
ATTEMPTS = 200  # draws of one pair before it is given up
WHITE = 255
COLOURS = np.array(  # of Okabe and Ito
    [(0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (60, 60, 60)], np.float32
)


@dataclass(frozen=True)
class Group:
    """Dots that move together, by the agent's action or at random."""

    dots: int = 1
    controlled: bool = True


@dataclass(frozen=True)
class World:
    """What moves, what of it the action tells, and how it is drawn.

    S: dimensions of a state, A: of an action.
    """

    label: str
    controllable: int  # true degrees of freedom, an angle counting as two
    state_names: tuple[str, ...]
    action_dim: int
    draw: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]
    draws: int  # uniform numbers that a pair takes
    paint: Callable[[np.ndarray], np.ndarray]


def pairs(name: str, first: int, count: int, seed: int) -> Trajectories:
    """Pairs `first` to `first` + `count` of a world as episodes of one action.

    Rows 2 i and 2 i + 1 are the images before and after action i, which stands in row 2 i.
    Raises InputError for an unknown world.
    """
    if name not in WORLDS:
        raise InputError(f"world {name!r} is unknown, allowed: {', '.join(WORLDS)}")
    world = WORLDS[name]
    index = np.arange(first, first + count)
    before = np.zeros((count, len(world.state_names)))
    after, action = np.zeros_like(before), np.zeros((count, world.action_dim))
    left = np.arange(count)
    for attempt in range(ATTEMPTS):
        numbers = uniform(index[left], world.draws, seed, attempt)
        *drawn, allowed = world.draw(numbers)
        for values, new in zip((before, after, action), drawn, strict=True):
            values[left[allowed]] = new[allowed]
        left = left[~allowed]
        if len(left) == 0:
            break
    else:
        raise InputError(f"world {name!r}: no room for {len(left)} of {count} pairs")
    states = np.stack([before, after], axis=1).reshape(2 * count, -1)
    return Trajectories(
        pixels=world.paint(states),
        actions=np.repeat(action, 2, axis=0).astype(np.float32),
        states=states,
        lengths=np.full(count, 2, np.int64),
        offsets=2 * np.arange(count),
        attributes={"env": name, "first": first, "pairs": count, "seed": seed},
    )


def uniform(index: np.ndarray, draws: int, seed: int, attempt: int) -> np.ndarray:
    """Numbers (n, draws) in [0, 1) that depend on nothing but the arguments (splitmix64)."""
    with np.errstate(over="ignore"):
        lane = np.arange(draws, dtype=np.uint64) + np.uint64(draws * attempt)
        counter = (index.astype(np.uint64)[:, None] << np.uint64(20)) + lane
        x = _mix(counter + _mix(np.array(seed, np.uint64)))
    return (x >> np.uint64(11)) * 2.0**-53


def _mix(x: np.ndarray) -> np.ndarray:
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def dots(label: str, *groups: Group) -> World:
    """Dots of radius 2 on white, each of its own colour, never overlapping."""
    members = np.repeat(np.arange(len(groups)), [group.dots for group in groups])
    controlled = [i for i, group in enumerate(groups) if group.controlled]
    total = len(members)
    low, high = DOT_RADIUS + 1, SIZE - DOT_RADIUS - 1

    def draw(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        before = low + (high - low) * numbers[:, : 2 * total].reshape(-1, total, 2)
        step = DOT_STEP * (2 * numbers[:, 2 * total :].reshape(-1, len(groups), 2) - 1)
        after = before + step[:, members]
        allowed = ((after >= low) & (after <= high)).all((1, 2)) & _apart(before) & _apart(after)
        flat = (values.reshape(len(numbers), -1) for values in (before, after))
        return *flat, step[:, controlled].reshape(len(numbers), -1), allowed

    names = tuple(f"{axis}{i} [px]" for i in range(total) for axis in "xy")
    return World(
        label, 2 * len(controlled), names, 2 * len(controlled), draw,
        2 * total + 2 * len(groups), paint_dots,
    )  # fmt: skip


def _apart(positions: np.ndarray) -> np.ndarray:
    """Whether no two of the dots (n, k, 2) touch: (n,) bool."""
    distance = np.linalg.norm(positions[:, :, None] - positions[:, None], axis=-1)
    first, second = np.triu_indices(positions.shape[1], 1)
    return (distance[:, first, second] > 2 * DOT_RADIUS + 2).all(1)


def paint_dots(states: np.ndarray) -> np.ndarray:
    """Images (n, 64, 64, 3) uint8 of dots at states (n, 2 k), with smooth edges."""
    centres = states.reshape(len(states), -1, 2)
    images = np.full((len(states), SIZE, SIZE, 3), WHITE, np.uint8)
    around = np.arange(-4, 5)
    for dot, colour in enumerate(COLOURS[: centres.shape[1]]):
        x, y = (np.floor(centres[:, dot, i])[:, None].astype(int) + around for i in (0, 1))
        square = (x[:, None, :] + 0.5 - centres[:, dot, 0, None, None]) ** 2
        square = square + (y[:, :, None] + 0.5 - centres[:, dot, 1, None, None]) ** 2
        cover = np.clip(DOT_RADIUS + 0.5 - np.sqrt(square), 0, 1)
        _blend(images, x, y, cover, colour)
    return images


def sprite(label: str, *exposed: int) -> World:
    """An arrow that moves and turns; the action tells the `exposed` ones of x, y and the angle."""
    low, high = SPRITE_REACH + 1, SIZE - SPRITE_REACH - 1
    scale = np.array([SPRITE_STEP, SPRITE_STEP, SPRITE_TURN])

    def draw(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        before = np.empty((len(numbers), 3))
        before[:, :2] = low + (high - low) * numbers[:, :2]
        before[:, 2] = np.pi * (2 * numbers[:, 2] - 1)
        step = scale * (2 * numbers[:, 3:] - 1)
        after = before + step
        allowed = ((after[:, :2] >= low) & (after[:, :2] <= high)).all(1)
        after[:, 2] = (after[:, 2] + np.pi) % (2 * np.pi) - np.pi
        return before, after, step[:, list(exposed)], allowed

    names = ("x [px]", "y [px]", "angle [rad]")
    return World(label, len(exposed) + (2 in exposed), names, len(exposed), draw, 6, paint_sprites)


def paint_sprites(states: np.ndarray) -> np.ndarray:
    """Images (n, 64, 64, 3) uint8 of arrows at poses (n, 3), with smooth edges."""
    images = np.full((len(states), SIZE, SIZE, 3), WHITE, np.uint8)
    around = np.arange(-int(SPRITE_REACH) - 1, int(SPRITE_REACH) + 2)
    x, y = (np.floor(states[:, i])[:, None].astype(int) + around for i in (0, 1))
    right = x[:, None, :] + 0.5 - states[:, 0, None, None]
    down = y[:, :, None] + 0.5 - states[:, 1, None, None]
    cosine, sine = (f(states[:, 2])[:, None, None] for f in (np.cos, np.sin))
    along, across = cosine * right + sine * down, np.abs(cosine * down - sine * right)
    head = np.minimum(along - 1, (9 - along) * 0.6 - across * 0.8)  # signed distances, inside > 0
    shaft = np.minimum(np.minimum(along + 9, 2 - along), 2.2 - across)
    cover = np.clip(np.maximum(head, shaft) + 0.5, 0, 1)
    _blend(images, x, y, cover, COLOURS[0])
    return images


def _blend(
    images: np.ndarray, x: np.ndarray, y: np.ndarray, cover: np.ndarray, colour: np.ndarray
) -> None:
    """Lay `colour` over columns x and rows y (n, k) of each image, as far as `cover` says."""
    inside = (x >= 0) & (x < SIZE), (y >= 0) & (y < SIZE)
    cover = cover * (inside[1][:, :, None] & inside[0][:, None, :])
    where = np.arange(len(images))[:, None, None], y[:, :, None] % SIZE, x[:, None, :] % SIZE
    old = images[where].astype(np.float32)
    images[where] = old + cover[..., None] * (colour - old) + 0.5


WORLDS = {
    "single_dot": dots("one dot", Group()),
    "independent": dots("two independent dots", Group(), Group()),
    "coupled": dots("a coupled pair", Group(dots=2)),
    "distractor": dots("one controlled, one random dot", Group(), Group(controlled=False)),
    "combined": dots(
        "a coupled pair, two independent, one random dot",
        Group(dots=2), Group(), Group(), Group(controlled=False),
    ),
    "sprite_none": sprite("arrow, nothing controlled"),
    "sprite_x": sprite("arrow, x controlled", 0),
    "sprite_xy": sprite("arrow, x and y controlled", 0, 1),
    "sprite_xyt": sprite("arrow, x, y and angle controlled", 0, 1, 2),
}  # fmt: skip
