"""The HDF5 format of trajectories: one file a split, rows of an episode beside each other.

    pixels       (N, H, W, 3) uint8     image before the action
    action       (N, A) float32         action taken there; unused in an episode's last row
    state        (N, S) float64         complete simulator state (optional)
    episode_idx  (N,) int64             step_idx (N,) int64
    ep_len       (E,) int64             ep_offset (E,) int64

This is the layout of the public LeWM files, so those can be read and these be read by tools
made for those.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from smwm.errors import InputError
from smwm.files import replacing

try:
    import hdf5plugin
except ImportError:  # a machine that only trains may do without, on images stored raw
    hdf5plugin = None

STORAGES = ("zstd", "raw")
TILE = 16  # side of the squares in which images are compressed
LEVEL = 15  # of 22
ZSTD = 32015  # the filter's registered number
READ_ERRORS = (OSError, RuntimeError, KeyError, TypeError, AttributeError, ValueError)


@dataclass(frozen=True)
class Trajectories:
    """Episodes in memory; the rows of episode e are offsets[e] : offsets[e] + lengths[e]."""

    pixels: np.ndarray  # (N, H, W, 3) uint8
    actions: np.ndarray  # (N, A) float32
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
        """Rows from which `span` actions lie in one episode."""
        return window_starts(self.lengths, self.offsets, span)

    def action_statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (A,) of the actions taken."""
        taken = self.actions[self.window_starts(1)].astype(np.float64)
        return taken.mean(0).astype(np.float32), taken.std(0).astype(np.float32)


def window_starts(lengths: np.ndarray, offsets: np.ndarray, span: int) -> np.ndarray:
    """Rows from which `span` actions lie in one of the episodes of `lengths` (E,), `offsets`."""
    counts = np.maximum(lengths - span, 0)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(offsets, counts) + within


@dataclass(frozen=True)
class Episode:
    """One recorded episode of T actions."""

    pixels: np.ndarray  # (T + 1, H, W, 3) uint8
    actions: np.ndarray  # (T, A) float32
    states: np.ndarray | None  # (T + 1, S) float64


def write_dataset(
    path: Path,
    episodes: Iterator[Episode],
    rows: int,
    attributes: dict[str, Any],
    storage: str = "zstd",
) -> None:
    """Write `episodes`, `rows` rows in all, and `attributes` to `path` atomically.

    `storage` of the images: `zstd` is small; `raw` is read from disk as it is needed, so that
    data may be larger than memory.
    """
    lengths: list[int] = []
    # HDF5's newer layout has checksums, without which a damaged file may hang its library.
    with replacing(path) as temporary, h5py.File(temporary, "w", libver="latest") as file:
        file.attrs.update({k: np.bytes_(v, "utf-8") for k, v in _as_texts(attributes).items()})
        row = 0
        for episode in episodes:
            count = len(episode.pixels)
            columns = {
                "pixels": episode.pixels,
                "action": np.pad(episode.actions, ((0, 1), (0, 0))),
                "state": episode.states,
                "episode_idx": np.full(count, len(lengths), np.int64),
                "step_idx": np.arange(count),
            }
            for name, values in columns.items():
                if values is None:
                    continue
                if not lengths:
                    _create_column(file, name, rows, values, storage)
                file[name][row : row + count] = values
            row += count
            lengths.append(count)
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


def _create_column(file: h5py.File, name: str, rows: int, values: np.ndarray, storage: str) -> None:
    shape = (rows, *values.shape[1:])
    if storage == "raw":
        options = {}
    else:  # images in squares over an episode's length: most squares hardly change over time
        square = (TILE, TILE, 3) if values.ndim == 4 else shape[1:]
        chunk = (len(values), *map(min, square, shape[1:]))
        options = {"chunks": chunk, "shuffle": values.itemsize > 1, "fletcher32": True}
        options |= hdf5plugin.Zstd(LEVEL)
    file.create_dataset(name, shape, values.dtype, **options)


def read_dataset(
    path: Path | str, image_size: int | None = None, action_dim: int | None = None
) -> Trajectories:
    """Read and check a dataset; `image_size` and `action_dim` are what the caller needs, if any.

    Raises InputError naming the file and what is wrong with it.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such dataset")
    try:
        with h5py.File(path, "r") as file, np.errstate(invalid="ignore"):  # _check tells of NaN
            missing = {"pixels", "action", "ep_len", "ep_offset"} - set(file)
            if missing:
                raise InputError(f"{path}: lacks the columns {', '.join(sorted(missing))}")
            data = Trajectories(
                pixels=_pixels(path, file["pixels"]),
                actions=file["action"][:],
                states=file["state"][:] if "state" in file else None,
                lengths=file["ep_len"][:].astype(np.int64),
                offsets=file["ep_offset"][:].astype(np.int64),
                attributes=_read_attributes(file),
            )
    except READ_ERRORS as error:
        raise InputError(f"{path}: not a readable HDF5 dataset ({error})") from error
    _check(path, data, image_size, action_dim)
    return data


def _pixels(path: Path, column: h5py.Dataset) -> np.ndarray:
    """The images: mapped from the file where they lie in it as they are, else in memory."""
    if hdf5plugin is None and column.id.get_create_plist().get_filter_by_id(ZSTD) is not None:
        raise InputError(f"{path}: is compressed with Zstandard: pip install hdf5plugin")
    offset = column.id.get_offset()
    if offset is None or column.dtype != np.uint8:
        return column[:]
    return np.memmap(path, np.uint8, "c", offset, column.shape)  # c: writes stay in memory


def read_states(path: Path, state_dim: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """States (N, S), and lengths and offsets (E,) of the episodes, without the images.

    S must be `state_dim`. Raises InputError naming the file and what is wrong with it.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such dataset")
    try:
        with h5py.File(path, "r") as file:
            states, lengths, offsets = (file[name][:] for name in ("state", "ep_len", "ep_offset"))
    except READ_ERRORS as error:
        raise InputError(f"{path}: not a dataset with states ({error})") from error
    _require_episodes(path, lengths, offsets, len(states))
    if states.shape[1:] != (state_dim,) or not np.isfinite(states).all():
        raise InputError(
            f"{path}: state has shape {states.shape}, (N, {state_dim}) finite numbers are needed"
        )
    return states, lengths, offsets


def _require_episodes(path: Path, lengths: np.ndarray, offsets: np.ndarray, rows: int) -> None:
    if lengths.ndim != 1 or lengths.shape != offsets.shape:
        raise InputError(f"{path}: ep_len and ep_offset are not two lists of the same length")
    inside = (lengths > 0) & (offsets >= 0) & (offsets + lengths <= rows)
    if len(inside) == 0 or not inside.all():
        raise InputError(f"{path}: ep_len and ep_offset point outside the rows")


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
    _require_episodes(path, data.lengths, data.offsets, len(pixels))
    require(
        image_size is None or data.image_size == image_size,
        f"images are {data.image_size} px, {image_size} px are needed",
    )
    require(
        action_dim is None or data.action_dim == action_dim,
        f"actions have {data.action_dim} dimensions, {action_dim} are needed",
    )
    bad = data.window_starts(1)[~np.isfinite(actions[data.window_starts(1)]).all(1)]
    require(len(bad) == 0, f"action is not finite in {len(bad)} rows, first in row {bad[:1]}")
