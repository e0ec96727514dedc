"""Synthetic worlds whose controllable degrees of freedom are known (paper, representation claims).

A world is a stream of pairs: an image, an action, the image after it. Pair i is a function of
the seed and i alone, so that no file is needed and any part of a stream can be made by itself.
All lengths are pixels of the 64 x 64 canvas; x runs to the right, y downwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from smwm.config.settings import setting
from smwm.data.dataset import Trajectories
from smwm.errors import InputError

SIZE = 64
DOT_RADIUS, DOT_STEP = 2.0, 16.0  # a step is at most that long in each coordinate
SPRITE_SCALE, SPRITE_STEP, SPRITE_TURN = 7.5, 8.0, np.pi
# The triangle, in units of its scale: how far its tip lies ahead of its centre of mass, its back
# behind it, and the back's corners to either side.
TIP, BACK, HALF_WIDTH = 1.2, 0.6, 0.6
SPRITE_REACH = SPRITE_SCALE * TIP + 2  # the smooth edge of the tip ends 1.6 px ahead of it
HELD_OUT = 1 << 32  # pairs from this one on are never trained on
ATTEMPTS = 5000  # draws of one pair before it is given up
WHITE = 255
COLOURS = np.array(  # of Okabe and Ito
    [(0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (60, 60, 60)], np.float32
)


@dataclass(frozen=True)
class PairSettings:
    """Pairs of the dot and sprite worlds."""

    pairs: int = setting(20000, "pairs to train on", at_least=2)
    world_seed: int = setting(0, "seed of the stream of pairs", at_least=0)


@dataclass(frozen=True)
class Group:
    """Dots that move together, by the agent's action or at random."""

    dots: int = 1
    controlled: bool = True


@dataclass(frozen=True)
class World:
    """What moves, what of it the action tells, and how it is drawn.

    S: dimensions of a state, A: of an action. `start` and `move` make one draw of many and say
    which of them are allowed; the others are drawn again.
    """

    label: str
    controllable: int  # true degrees of freedom, an angle counting as two
    state_names: tuple[str, ...]
    action_dim: int
    numbers: int  # uniform numbers that a draw takes at most
    start: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    move: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
    paint: Callable[[np.ndarray], np.ndarray]


def pairs(name: str, first: int, count: int, seed: int, steps: int = 1) -> Trajectories:
    """Pairs `first` to `first` + `count` of a world: episodes of one action, or of `steps`.

    The last row of an episode has no action. Raises InputError for an unknown world.
    """
    if name not in WORLDS:
        raise InputError(f"world {name!r} is unknown, allowed: {', '.join(WORLDS)}")
    world = WORLDS[name]
    index = np.arange(first, first + count)
    states = np.zeros((count, steps + 1, len(world.state_names)))
    actions = np.zeros((count, steps + 1, world.action_dim), np.float32)

    (states[:, 0],) = _until_allowed(
        lambda chosen, numbers: world.start(numbers), index, world, seed, 0
    )
    for step in range(steps):
        states[:, step + 1], actions[:, step] = _until_allowed(
            lambda chosen, numbers, step=step: world.move(states[chosen, step], numbers),
            index, world, seed, step + 1,
        )  # fmt: skip
    flat = states.reshape(count * (steps + 1), -1)
    return Trajectories(
        # a few at a time, since painting takes 20 times an image's memory
        pixels=np.concatenate(
            [world.paint(part) for part in np.split(flat, range(1000, len(flat), 1000))]
        ),
        actions=actions.reshape(len(flat), -1),
        states=flat,
        lengths=np.full(count, steps + 1, np.int64),
        offsets=(steps + 1) * np.arange(count),
        attributes={"env": name, "first": first, "pairs": count, "seed": seed},
    )


def _until_allowed(
    draw: Callable[..., tuple[np.ndarray, ...]],
    index: np.ndarray,
    world: World,
    seed: int,
    step: int,
) -> list[np.ndarray]:
    """Draw for every index (n,) until each draw is allowed; the values drawn, (n, ...) each."""
    left = np.arange(len(index))
    result: list[np.ndarray] = []
    for attempt in range(step * ATTEMPTS, (step + 1) * ATTEMPTS):
        *values, allowed = draw(left, uniform(index[left], world.numbers, seed, attempt))
        result = result or [np.zeros((len(index), value.shape[1])) for value in values]
        for whole, new in zip(result, values, strict=True):
            whole[left[allowed]] = new[allowed]
        left = left[~allowed]
        if len(left) == 0:
            return result
    raise InputError(f"{world.label}: found no room for {len(left)} of {len(index)} pairs")


def uniform(index: np.ndarray, draws: int, seed: int, attempt: int) -> np.ndarray:
    """Numbers (n, draws) in [0, 1) that depend on nothing but the arguments (splitmix64)."""
    with np.errstate(over="ignore"):
        lane = np.arange(draws, dtype=np.uint64) + np.uint64(draws * attempt)
        counter = (index.astype(np.uint64)[:, None] << np.uint64(24)) + lane
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

    def start(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        states = low + (high - low) * numbers[:, : 2 * total]
        return states, _apart(states.reshape(-1, total, 2))

    def move(states: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        step = DOT_STEP * (2 * numbers[:, : 2 * len(groups)].reshape(-1, len(groups), 2) - 1)
        after = states.reshape(-1, total, 2) + step[:, members]
        allowed = ((after >= low) & (after <= high)).all((1, 2)) & _apart(after)
        return after.reshape(states.shape), step[:, controlled].reshape(len(states), -1), allowed

    names = tuple(f"{axis}{i} [px]" for i in range(total) for axis in "xy")
    freedom = 2 * len(controlled)
    return World(label, freedom, names, freedom, 2 * total, start, move, paint_dots)


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
    """A triangle that moves and turns; the action tells the `exposed` of x, y and the angle."""
    low, high = SPRITE_REACH, SIZE - SPRITE_REACH
    scale = np.array([SPRITE_STEP, SPRITE_STEP, SPRITE_TURN])

    def start(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        position = low + (high - low) * numbers[:, :2]
        angle = np.pi * (2 * numbers[:, 2:] - 1)
        return np.concatenate([position, angle], axis=1), np.ones(len(numbers), bool)

    def move(states: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        step = scale * (2 * numbers - 1)
        after = states + step
        allowed = ((after[:, :2] >= low) & (after[:, :2] <= high)).all(1)
        after[:, 2] = (after[:, 2] + np.pi) % (2 * np.pi) - np.pi
        return after, step[:, list(exposed)], allowed

    names = ("x [px]", "y [px]", "angle [rad]")
    freedom = len(exposed) + (2 in exposed)
    return World(label, freedom, names, len(exposed), 3, start, move, paint_sprites)


def paint_sprites(states: np.ndarray) -> np.ndarray:
    """Images (n, 64, 64, 3) uint8 of triangles at poses (n, 3), with smooth edges."""
    images = np.full((len(states), SIZE, SIZE, 3), WHITE, np.uint8)
    tip, back, half_width = SPRITE_SCALE * TIP, SPRITE_SCALE * BACK, SPRITE_SCALE * HALF_WIDTH
    length = np.hypot(tip + back, half_width)  # of a side, from the tip to a corner
    around = np.arange(-int(SPRITE_REACH), int(SPRITE_REACH) + 1)
    x, y = (np.floor(states[:, i])[:, None].astype(int) + around for i in (0, 1))
    right = x[:, None, :] + 0.5 - states[:, 0, None, None]
    down = y[:, :, None] + 0.5 - states[:, 1, None, None]
    cosine, sine = (f(states[:, 2])[:, None, None] for f in (np.cos, np.sin))
    along, across = cosine * right + sine * down, np.abs(cosine * down - sine * right)
    # signed distances from the back and from the nearer side, inside > 0
    side = ((tip - along) * half_width - across * (tip + back)) / length
    cover = np.clip(np.minimum(along + back, side) + 0.5, 0, 1)
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
    "sprite_none": sprite("triangle, nothing controlled"),
    "sprite_x": sprite("triangle, x controlled", 0),
    "sprite_xy": sprite("triangle, x and y controlled", 0, 1),
    "sprite_xyt": sprite("triangle, x, y and angle controlled", 0, 1, 2),
}  # fmt: skip
