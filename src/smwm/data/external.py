"""Take trajectories from an HDF5 file of somebody else, in the public LeWM layout.

The file has `pixels` and `action`, and says where its episodes are by `ep_len` and `ep_offset`,
or by an episode's number in each row (`episode_idx` or `ep_idx`). It is split by episode like
collected data, and from there on nothing differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from smwm.data.dataset import READ_ERRORS, has_attributes, write_dataset
from smwm.data.episodes import Episode
from smwm.errors import InputError
from smwm.files import sha256, write_bytes
from smwm.progress import Progress


def take(
    source: Path,
    out: Path,
    splits: dict[str, list[int]],
    image_size: int,
    storage: str,
    attributes: dict[str, str],
) -> None:
    """Write `out`/train.h5, `out`/eval.h5 and a card from episodes of `source`.

    Raises InputError naming the file and what is wrong with it.
    """
    attributes = attributes | {"source_sha256": sha256(source)}
    if all(has_attributes(out / f"{split}.h5", attributes) for split in splits):
        print(f"{out}: is there, from the same file and settings")
        return
    (out / "README.md").unlink(missing_ok=True)
    with h5py.File(source, "r") as file:
        lengths, offsets = episodes_of(source, file)
        _check(source, file, lengths, offsets, image_size)
        for split, chosen in splits.items():
            with Progress(f"take {split} from {source.name}", len(chosen), "episodes") as progress:
                episodes = _read(file, lengths, offsets, chosen, progress)
                rows = int(lengths[chosen].sum())
                more = attributes | {"split": split, "source_episodes": chosen}
                write_dataset(out / f"{split}.h5", episodes, more, storage, rows)
    text = (
        f"# Trajectories of {source.name}\n\nNot collected here: split by episode from a file of "
        f"SHA-256 {attributes['source_sha256']}.\n\n"
        + "".join(f"- {name}.h5: {len(chosen)} episodes\n" for name, chosen in splits.items())
    )
    write_bytes(out / "README.md", text.encode())


def count_episodes(source: Path) -> int:
    """Episodes in a file. Raises InputError naming a file that is none of trajectories."""
    if not source.is_file():
        raise InputError(f"{source}: no such dataset")
    try:
        with h5py.File(source, "r") as file:
            return len(episodes_of(source, file)[0])
    except READ_ERRORS as error:
        raise InputError(f"{source}: not a readable HDF5 dataset ({error})") from error


def episodes_of(source: Path, file: h5py.File) -> tuple[np.ndarray, np.ndarray]:
    """Lengths and offsets (E,) of the episodes, in rows."""
    if {"ep_len", "ep_offset"} <= set(file):
        return file["ep_len"][:].astype(np.int64), file["ep_offset"][:].astype(np.int64)
    for name in ("episode_idx", "ep_idx"):
        if name in file:
            numbers = file[name][:]
            offsets = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
            if len(np.unique(numbers)) != len(offsets):
                raise InputError(f"{source}: the rows of an episode are not beside each other")
            return np.diff(offsets, append=len(numbers)), offsets
    raise InputError(f"{source}: lacks the columns ep_len and ep_offset, or episode_idx")


def _check(
    source: Path, file: h5py.File, lengths: np.ndarray, offsets: np.ndarray, image_size: int
) -> None:
    missing = {"pixels", "action"} - set(file)
    if missing:
        raise InputError(f"{source}: lacks the columns {', '.join(sorted(missing))}")
    shape, rows = file["pixels"].shape, len(file["action"])
    if shape[1:] != (image_size, image_size, 3) or file["pixels"].dtype != np.uint8:
        raise InputError(
            f"{source}: pixels are {shape} {file['pixels'].dtype}, "
            f"(N, {image_size}, {image_size}, 3) uint8 is needed; image_size tells the side"
        )
    if shape[0] != rows or len(lengths) != len(offsets) or (lengths < 2).any():
        raise InputError(f"{source}: its columns and episodes do not belong together")
    if (offsets < 0).any() or (offsets + lengths > rows).any():
        raise InputError(f"{source}: ep_len and ep_offset point outside the rows")


def _read(
    file: h5py.File,
    lengths: np.ndarray,
    offsets: np.ndarray,
    chosen: list[int],
    progress: Progress,
) -> Iterator[Episode]:
    for number in chosen:
        rows = slice(offsets[number], offsets[number] + lengths[number])
        states = file["state"][rows].astype(np.float64) if "state" in file else None
        actions = file["action"][rows][:-1].astype(np.float32)  # the last row's is not taken
        yield Episode(file["pixels"][rows], actions, states)
        progress.advance()
