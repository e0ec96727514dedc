"""Take trajectories from an HDF5 file of somebody else, in the public LeWM layout.

The file has `pixels` and `action`, and says where its episodes are by `ep_len` and `ep_offset`,
or by an episode's number in each row (`episode_idx` or `ep_idx`). It is split by episode like
collected data, its images get the size that is asked for, and from there on nothing differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from smwm.data.columns import image_column, require_columns, require_filters
from smwm.data.dataset import (
    has_attributes,
    not_finite,
    reading,
    require_episodes,
    window_starts,
    write_dataset,
)
from smwm.data.episodes import NUMBERS, Episode, form
from smwm.data.tiles import TiledImages
from smwm.errors import InputError
from smwm.system.files import replacing, sha256, write_bytes
from smwm.system.progress import Progress

STATES = ("state", "observation", "proprio")  # columns to take states from: the first that is there


@dataclass(frozen=True)
class Source:
    """What a file has beside its images, of the episodes that have an action."""

    path: Path
    image_size: int
    actions: np.ndarray  # (N, A) float32
    states: np.ndarray | None  # (N, S) float64
    state_column: str | None  # where the states are from
    numbers: np.ndarray  # (E,) of the episodes in the file, from 0
    lengths: np.ndarray  # (E,) int64, in rows
    offsets: np.ndarray  # (E,) int64
    single: int  # episodes of one row, which are left out


def read_source(path: Path) -> Source:
    """Read and check everything but the images.

    Raises InputError naming the file and what is wrong with it.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such dataset")
    with reading(path), h5py.File(path, "r") as file, np.errstate(all="ignore"):  # checks tell
        require_columns(path, file, "action")
        for images in ("pixels", "tiles", "tile_index"):
            if images in file:
                _column(path, file, images)
        pixels, action = image_column(path, file), _column(path, file, "action")
        size = pixels.shape[1] if pixels.ndim == 4 else 0
        if pixels.dtype != np.uint8 or size == 0 or pixels.shape[2:] != (size, 3):
            raise InputError(
                f"{path}: pixels are {form(pixels)}, uint8 (N, size, size, 3) is needed"
            )
        if action.dtype.kind != "f" or action.ndim != 2 or action.shape[1] == 0:
            raise InputError(f"{path}: action is {form(action)}, floating point (N, A) is needed")
        name = next((name for name in STATES if name in file), None)
        states, rows = None, {"pixels": len(pixels), "action": len(action)}
        if name is not None:
            states = _states(path, file, name)
            rows[name] = len(states)
        if len(set(rows.values())) > 1:
            counts = ", ".join(f"{count} of {column}" for column, count in rows.items())
            raise InputError(f"{path}: its rows do not belong together: {counts}")
        actions = action[:].astype(np.float32)
        lengths, offsets = _episodes(path, file)
    require_episodes(path, lengths, offsets, len(actions))
    numbers = np.flatnonzero(lengths > 1)
    single = len(lengths) - len(numbers)
    if len(numbers) < 2:
        raise InputError(
            f"{path}: {len(numbers)} of its {len(lengths)} episodes have an action, at least 2 are "
            "needed: one to train on and one to hold out"
        )
    lengths, offsets = lengths[numbers], offsets[numbers]
    for column, values, span in (("action", actions, 1), (name, states, 0)):
        if values is None:
            continue
        bad = not_finite(values, window_starts(lengths, offsets, span))
        if len(bad):
            raise InputError(
                f"{path}: {column} is not finite in {len(bad)} rows of episodes, first in row "
                f"{bad[0]}; only the action in an episode's last row may be so"
            )
    return Source(path, size, actions, states, name, numbers, lengths, offsets, single)


def _column(path: Path, file: h5py.File, name: str) -> h5py.Dataset:
    column = file[name]
    if not isinstance(column, h5py.Dataset):
        raise InputError(f"{path}: {name} is a group, an array is needed")
    require_filters(path, column)
    return column


def _states(path: Path, file: h5py.File, name: str) -> np.ndarray:
    """States (N, S) float64; one number a row is a state of one dimension."""
    column = _column(path, file, name)
    if column.dtype.kind not in NUMBERS or column.ndim not in (1, 2) or 0 in column.shape[1:]:
        raise InputError(f"{path}: {name} is {form(column)}, numbers (N, S) are needed")
    return column[:].astype(np.float64).reshape(len(column), *(column.shape[1:] or (1,)))


def _episodes(path: Path, file: h5py.File) -> tuple[np.ndarray, np.ndarray]:
    """Lengths and offsets (E,) of the episodes, in rows."""
    if {"ep_len", "ep_offset"} <= set(file):
        columns = (_column(path, file, name)[:] for name in ("ep_len", "ep_offset"))
        return tuple(column.astype(np.int64) for column in columns)
    for name in ("episode_idx", "ep_idx"):
        if name in file:
            numbers = _column(path, file, name)[:]
            if numbers.shape != file["action"].shape[:1]:
                raise InputError(f"{path}: {name} is {form(numbers)}, one number a row is needed")
            offsets = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1])[: len(numbers)])
            if len(np.unique(numbers)) != len(offsets):
                raise InputError(f"{path}: the rows of an episode are not beside each other")
            return np.diff(offsets, append=len(numbers)), offsets
    raise InputError(f"{path}: lacks the columns ep_len and ep_offset, or episode_idx")


def take(
    source: Source,
    out: Path,
    splits: dict[str, list[int]],
    image_size: int,
    storage: str,
    attributes: dict[str, Any],
) -> None:
    """Write `out`/train.h5, `out`/eval.h5 and a card, from the episodes of `source` in `splits`.

    Raises InputError naming the source if its images cannot be read; what was in `out` then stays.
    """
    paths = {split: out / f"{split}.h5" for split in splits}
    if source.path.resolve() in [path.resolve() for path in paths.values()]:
        raise InputError(f"{source.path}: would be overwritten, choose another folder for --out")
    attributes = attributes | {"source_sha256": sha256(source.path)}
    card = _card(source, splits, image_size, attributes["source_sha256"])
    if all(has_attributes(path, attributes) for path in paths.values()):
        print(f"{out}: is there, from the same file and settings")
        if not (out / "README.md").exists():
            write_bytes(out / "README.md", card.encode())
        return
    with h5py.File(source.path, "r") as file, ExitStack() as stack:
        images = image_column(source.path, file)
        new = {split: stack.enter_context(replacing(path)) for split, path in paths.items()}
        for split, chosen in splits.items():
            label = f"take {split} from {source.path.name}"
            more = {"split": split, "source_episodes": source.numbers[chosen].tolist()}
            rows = int(source.lengths[chosen].sum())
            with Progress(label, len(chosen), "episodes") as progress:
                episodes = _read(source, images, chosen, image_size, progress)
                write_dataset(new[split], episodes, attributes | more, storage, rows)
        (out / "README.md").unlink(missing_ok=True)  # a kill must not leave a card of other data
    write_bytes(out / "README.md", card.encode())


def _read(
    source: Source,
    pixels: h5py.Dataset | TiledImages,
    chosen: list[int],
    image_size: int,
    progress: Progress,
) -> Iterator[Episode]:
    for number in chosen:
        first, last = source.offsets[number], source.offsets[number] + source.lengths[number] - 1
        with reading(source.path):
            images = pixels[first : last + 1]
        if source.image_size != image_size:
            images = resized(images, image_size)
        states = None if source.states is None else source.states[first : last + 1]
        yield Episode(images, source.actions[first:last], states)
        progress.advance()


def resized(images: np.ndarray, size: int) -> np.ndarray:
    """Images (n, S, S, 3) averaged to (n, size, size, 3) uint8."""
    import cv2  # not where Snakemake reads the workflow

    return np.stack([cv2.resize(i, (size, size), interpolation=cv2.INTER_AREA) for i in images])


def _card(source: Source, splits: dict[str, list[int]], image_size: int, sha256: str) -> str:
    taken, single = sum(map(len, splits.values())), source.single
    lines = [
        f"# Trajectories of {source.path.name}",
        "",
        f"Not collected here: split by episode from a file of SHA-256 {sha256}.",
        "",
        *(f"- {name}.h5: {len(chosen)} episodes" for name, chosen in splits.items()),
        "",
        f"Taken: {taken} of its {len(source.numbers) + single} episodes"
        + (f"; {single} of them have one row and so no action." if single else "."),
        "",
        f"Images: {image_size} x {image_size} pixels, RGB"
        + (f", from {source.image_size} x {source.image_size} by area averaging."
           if source.image_size != image_size else "."),
        "",
        f"States: column `{source.state_column}`." if source.state_column else "No states.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
