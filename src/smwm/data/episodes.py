"""One recorded episode, and what it must be to become part of a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from smwm.errors import InputError

NUMBERS = "biuf"  # kinds of dtypes that states may have


@dataclass(frozen=True)
class Episode:
    """One recorded episode of T actions, at least one.

    Either all episodes of a file have states or none has.
    """

    pixels: np.ndarray  # (T + 1, size, size, 3) uint8
    actions: np.ndarray  # (T, A) floating point, finite
    states: np.ndarray | None  # (T + 1, S) finite numbers


def check_episodes(path: Path | str, episodes: Iterable[Episode]) -> Iterator[Episode]:
    """The episodes for the dataset `path`, one by one, in the format's types.

    Raises InputError naming `path` and the number (from 0) of an episode that is not as `Episode`
    says or not of the first one's sizes.
    """
    first = None
    for number, episode in enumerate(_read(path, episodes)):
        try:
            stored = _as_stored(episode)
        except InputError as error:
            raise InputError(f"{path}: episode {number}: {error}") from error
        sizes = _sizes(stored)
        first = first or sizes
        if sizes != first:
            raise InputError(f"{path}: episode {number}: has {sizes}; needed, as before: {first}")
        yield stored


def _read(path: Path | str, episodes: Iterable[Episode]) -> Iterator[Episode]:
    """The episodes; a system error of reading them is not taken for one of writing `path`."""
    try:
        yield from episodes
    except OSError as error:
        raise InputError(f"{path}: the episodes for it cannot be read ({error})") from error


def _as_stored(episode: Episode) -> Episode:
    """The episode in the format's types. Raises InputError saying what is wrong with it."""
    pixels, actions = np.asarray(episode.pixels), np.asarray(episode.actions)
    states = None if episode.states is None else np.asarray(episode.states)
    count = len(pixels) if pixels.ndim == 4 else 0
    if count < 2 or pixels.dtype != np.uint8 or pixels.shape[2:] != (pixels.shape[1], 3):
        raise InputError(
            f"pixels are {form(pixels)}, needed: uint8 (T + 1, size, size, 3), T at least 1"
        )
    if actions.dtype.kind != "f" or not _is_table(actions, count - 1):
        raise InputError(
            f"actions are {form(actions)}, needed: floating point ({count - 1}, A), "
            "one row fewer than images"
        )
    with np.errstate(over="ignore"):  # what becomes infinite is told of below
        actions = actions.astype(np.float32)
    if not np.isfinite(actions).all():
        raise InputError("actions are not finite as float32, needed: finite numbers")
    if states is None:
        return Episode(pixels, actions, None)
    if states.dtype.kind not in NUMBERS or not _is_table(states, count):
        raise InputError(
            f"states are {form(states)}, needed: numbers ({count}, S), one row an image, or None"
        )
    if not np.isfinite(states).all():
        raise InputError("states are not finite, needed: finite numbers")
    return Episode(pixels, actions, states.astype(np.float64))


def _is_table(values: np.ndarray, rows: int) -> bool:
    return values.ndim == 2 and len(values) == rows and values.size > 0


def _sizes(episode: Episode) -> str:
    size, action_dim = episode.pixels.shape[1], episode.actions.shape[1]
    states = "no states" if episode.states is None else f"states of {episode.states.shape[1]}"
    return f"images of {size} px, actions of {action_dim}, {states}"


def form(values: np.ndarray | h5py.Dataset) -> str:
    """Type and shape of an array, for messages."""
    return f"{values.dtype} {values.shape}"
