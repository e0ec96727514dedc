"""The HDF5 format of trajectories: one file a split, rows of an episode beside each other.

    pixels       (N, H, W, 3) uint8     image before the action
    action       (N, A) float32         action taken there; NaN in an episode's last row
    state        (N, S) float64         complete simulator state (optional)
    episode_idx  (N,) int64             step_idx (N,) int64
    ep_len       (E,) int64             ep_offset (E,) int64

Images stored as tiles have two columns in place of `pixels` (`smwm.data.tiles`):

    tiles        (K, s, s, 3) uint8     distinct squares of the images, episode by episode
    tile_index   (N, g, g) int32        which of these each image is made of; H = W = g * s

The rest is the layout of the public LeWM files, so those can be read and these be read by tools
made for those. Whatever a file has for the action in an episode's last row is never used, and
rows that belong to no episode are not either.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from smwm.data.columns import ColumnWriter, read_images, require_columns, require_storage
from smwm.data.episodes import NUMBERS, Episode, check_episodes, form
from smwm.data.tiles import TiledImages
from smwm.errors import InputError
from smwm.system.files import replacing

READ_ERRORS = (OSError, RuntimeError, KeyError, TypeError, AttributeError, ValueError, MemoryError)


@dataclass(frozen=True)
class Trajectories:
    """Episodes in memory; the rows of episode e are offsets[e] : offsets[e] + lengths[e]."""

    pixels: np.ndarray | TiledImages  # (N, H, W, 3) uint8, indexed by rows
    actions: np.ndarray  # (N, A) float32, of no meaning in an episode's last row
    states: np.ndarray | None  # (N, S) float64
    lengths: np.ndarray  # (E,) int64, in rows: one more than the actions taken
    offsets: np.ndarray  # (E,) int64
    attributes: dict[str, Any]

    @property
    def image_size(self) -> int:
        return self.pixels.shape[1]

    @property
    def action_dim(self) -> int:
        return self.actions.shape[1]

    def window_starts(self, span: int) -> np.ndarray:
        """Rows from which `span` actions lie in one episode; of 0, every row of an episode."""
        return window_starts(self.lengths, self.offsets, span)

    def episodes(self) -> Iterator[Episode]:
        """The episodes one by one, as they were recorded."""
        for first, count in zip(self.offsets, self.lengths, strict=True):
            rows = slice(first, first + count)
            states = None if self.states is None else self.states[rows]
            yield Episode(self.pixels[rows], self.actions[rows][:-1], states)

    def first(self, share: float) -> Trajectories:
        """The first episodes, a share of all and at least one; rows of the others stay unused."""
        count = max(1, round(share * len(self.lengths)))
        return replace(self, lengths=self.lengths[:count], offsets=self.offsets[:count])

    def action_statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (A,) of the actions taken."""
        taken = self.actions[self.window_starts(1)].astype(np.float64)
        return taken.mean(0).astype(np.float32), taken.std(0).astype(np.float32)


def window_starts(lengths: np.ndarray, offsets: np.ndarray, span: int) -> np.ndarray:
    """Rows from which `span` actions lie in one of the episodes of `lengths` (E,), `offsets`.

    The last row of an episode has no action; a `span` of 0 gives every row of the episodes.
    """
    counts = np.maximum(lengths - span, 0)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(offsets, counts) + within


def write_dataset(
    path: Path | str,
    episodes: Iterable[Episode],
    attributes: dict[str, Any],
    storage: str = "zstd",
    rows: int | None = None,
) -> None:
    """Write `episodes`, taken one by one, and `attributes` to `path` atomically.

    `storage` of the images: `zstd` is small; `raw` is read from disk as it is needed, so that
    data may be larger than memory; of `tiles` each distinct one is held in memory, while writing
    and reading, which for large images is a small part of them. Raw images need their place
    beforehand: where `rows`, the number of images in all, is not given, all episodes are held in
    memory to count it.

    Raises InputError naming `path`, the number of an episode (from 0) that is not as `Episode`
    says or not like the first, what is wrong with it and what is allowed.
    """
    require_storage(storage)
    checked: Iterable[Episode] = check_episodes(path, episodes)
    if storage == "raw" and rows is None:
        checked = list(checked)
        rows = sum(len(episode.pixels) for episode in checked)
    lengths: list[int] = []
    # HDF5's newer layout has checksums, without which a damaged file may hang its library.
    with replacing(path) as temporary, h5py.File(temporary, "w", libver="latest") as file:
        file.attrs.update({k: np.bytes_(v, "utf-8") for k, v in _as_texts(attributes).items()})
        columns = ColumnWriter(file, storage, rows)
        for episode in checked:
            count = len(episode.pixels)
            if rows is not None and columns.row + count > rows:
                raise InputError(f"{path}: rows is {rows}, the episodes have more images")
            actions = np.pad(episode.actions, ((0, 1), (0, 0)), constant_values=np.nan)
            columns.append(
                count,
                {
                    "pixels": episode.pixels,
                    "action": actions,
                    "state": episode.states,
                    "episode_idx": np.full(count, len(lengths), np.int64),
                    "step_idx": np.arange(count),
                },
            )
            lengths.append(count)
        if not lengths:
            raise InputError(f"{path}: there is no episode to write, at least one is needed")
        if rows is not None and columns.row < rows:
            raise InputError(f"{path}: rows is {rows}, the episodes have {columns.row} images")
        file["ep_len"] = np.array(lengths, np.int64)
        file["ep_offset"] = np.cumsum(lengths) - lengths


def has_attributes(path: Path, attributes: dict[str, Any]) -> bool:
    """Whether `path` is a dataset that was written with these attributes, perhaps with more."""
    try:
        with h5py.File(path, "r") as file:
            return _as_texts(attributes).items() <= _read_attributes(file).items()
    except (OSError, TypeError):
        return False


def _read_attributes(file: h5py.File) -> dict[str, Any]:
    return {k: v.decode() if isinstance(v, bytes) else v for k, v in file.attrs.items()}


def _as_texts(values: dict[str, Any]) -> dict[str, str]:
    return {key: v if isinstance(v, str) else json.dumps(v) for key, v in values.items()}


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what reading an HDF5 file raises into an InputError that names `path`."""
    try:
        yield
    except READ_ERRORS as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a readable HDF5 dataset ({reason})") from error


def read_dataset(
    path: Path | str, image_size: int | None = None, action_dim: int | None = None
) -> Trajectories:
    """Read and check a dataset; `image_size` and `action_dim` are what the caller needs, if any.

    Raises InputError naming the file and what is wrong with it.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such dataset")
    invalid = np.errstate(invalid="ignore")  # _check tells of NaN
    with reading(path), h5py.File(path, "r") as file, invalid:
        require_columns(path, file, "action", "ep_len", "ep_offset")
        data = Trajectories(
            pixels=read_images(path, file),
            actions=file["action"][:],
            states=file["state"][:] if "state" in file else None,
            lengths=file["ep_len"][:].astype(np.int64),
            offsets=file["ep_offset"][:].astype(np.int64),
            attributes=_read_attributes(file),
        )
    _check(path, data, image_size, action_dim)
    return data


def read_states(path: Path, state_dim: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """States (N, S) of the rows of episodes, and lengths and offsets (E,) of these in them.

    The images are not read. S must be `state_dim`. Raises InputError naming the file and what is
    wrong with it.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such dataset")
    try:
        with h5py.File(path, "r") as file, np.errstate(invalid="ignore"):
            states = file["state"][:]
            lengths, offsets = (file[n][:].astype(np.int64) for n in ("ep_len", "ep_offset"))
    except READ_ERRORS as error:
        raise InputError(f"{path}: not a dataset with states ({error})") from error
    require_episodes(path, lengths, offsets, len(states))
    within = states[window_starts(lengths, offsets, 0)]
    if not _is_state(states) or states.shape[1] != state_dim or not np.isfinite(within).all():
        raise InputError(
            f"{path}: state is {form(states)}, (N, {state_dim}) finite numbers are needed"
        )
    return within, lengths, np.cumsum(lengths) - lengths


def require_episodes(path: Path, lengths: np.ndarray, offsets: np.ndarray, rows: int) -> None:
    """Raise InputError naming `path` unless the episodes are parts of `rows` rows, none shared."""
    if lengths.ndim != 1 or lengths.shape != offsets.shape:
        raise InputError(f"{path}: ep_len and ep_offset are not two lists of the same length")
    inside = (lengths > 0) & (offsets >= 0) & (offsets <= rows) & (lengths <= rows - offsets)
    if len(inside) == 0 or not inside.all():
        raise InputError(f"{path}: ep_len and ep_offset point outside the rows")
    order = np.argsort(offsets)
    shared = np.flatnonzero((offsets + lengths)[order][:-1] > offsets[order][1:])
    if len(shared):
        one, other = order[shared[0] : shared[0] + 2]
        raise InputError(f"{path}: episodes {one} and {other} share rows, each needs its own")


def not_finite(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Those of `rows` in which values (N, d) are not all finite."""
    return rows[~np.isfinite(values[rows]).all(1)]


def _is_state(states: np.ndarray) -> bool:
    return states.dtype.kind in NUMBERS and states.ndim == 2


def _check(path: Path, data: Trajectories, image_size: int | None, action_dim: int | None) -> None:
    pixels, actions = data.pixels, data.actions

    def require(holds: bool, what: str) -> None:
        if not holds:
            raise InputError(f"{path}: {what}")

    require(
        pixels.ndim == 4 and pixels.shape[1] == pixels.shape[2] and pixels.shape[3] == 3,
        f"pixels have shape {pixels.shape}, not (N, size, size, 3)",
    )
    require(pixels.dtype == np.uint8, f"pixels are {pixels.dtype}, not uint8")
    require(actions.ndim == 2, f"action has shape {actions.shape}, not (N, A)")
    require(actions.dtype.kind == "f", f"action is {actions.dtype}, not floating point")
    require(len(actions) == len(pixels), f"{len(actions)} actions for {len(pixels)} images")
    states = data.states
    require(
        states is None or (_is_state(states) and len(states) == len(pixels)),
        "" if states is None else f"state is {form(states)}, not numbers ({len(pixels)}, S)",
    )
    require_episodes(path, data.lengths, data.offsets, len(pixels))
    require(
        image_size is None or data.image_size == image_size,
        f"images are {data.image_size} px, {image_size} px are needed",
    )
    require(
        action_dim is None or data.action_dim == action_dim,
        f"actions have {data.action_dim} dimensions, {action_dim} are needed",
    )
    for name, values, span in (("action", actions, 1), ("state", states, 0)):
        if values is not None:
            bad = not_finite(values, data.window_starts(span))
            require(
                len(bad) == 0, f"{name} is not finite in {len(bad)} rows, first in row {bad[:1]}"
            )
