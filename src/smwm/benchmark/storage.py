"""Timings of `smwm benchmark` of images stored as tiles: gathered from memory, against a disk.

All sides give the same uint8 windows; nothing is made of these.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from smwm.benchmark.parts import Bench, in_turns
from smwm.benchmark.plain import PlainWindows
from smwm.data.dataset import Trajectories, read_dataset
from smwm.data.tiles import TiledImages, TileTable, tile_side
from smwm.data.windows import Windows


class StoredWindows(PlainWindows):
    """Windows read one by one that stay as they are stored."""

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        return self.stored(i)


def bench_tiles_and_loader(bench: Bench) -> tuple:
    """Windows made of tiles, against a DataLoader with a worker a thread on raw images in HDF5."""
    ours, starts = tiled_batches(bench)
    source = StoredWindows(bench.path, starts, bench.train.frames, bench.train.block)
    workers = bench.threads
    loader = DataLoader(
        source, bench.train.batch_size, num_workers=workers, persistent_workers=workers > 0
    )

    def plain() -> list[Tensor]:
        return [pixels.to(bench.device) for pixels, _ in loader]

    return compared(bench, "tiles, loader", ours, plain, lambda: None)


def bench_tiles_and_cold_map(bench: Bench) -> tuple:
    """Windows made of tiles, against those of a raw file mapped from disk, not in its cache."""
    ours, starts = tiled_batches(bench)
    batches = torch.from_numpy(starts).split(bench.train.batch_size)

    def plain() -> list[Tensor]:  # mapped anew: what is mapped does not leave the cache
        data = read_dataset(bench.path)
        windows = Windows.of(data, bench.train.frames, bench.train.block, "cpu", bench.train.window)
        return [windows.gather(rows)[0].to(bench.device) for rows in batches]

    return compared(bench, "tiles, cold map", ours, plain, lambda: leave_cache(bench.path))


def tiled(data: Trajectories) -> Trajectories:
    """The same with images made of their tiles."""
    table = TileTable(tile_side(data.image_size))
    index = table.add(np.asarray(data.pixels))
    return replace(data, pixels=TiledImages(table[:], index))


def tiled_batches(bench: Bench) -> tuple[Callable[[], list[Tensor]], np.ndarray]:
    """How to gather batches of windows made of tiles, and the first rows (M,) of the windows."""
    train = bench.train
    windows = Windows.of(tiled(bench.data), train.frames, train.block, bench.device, train.window)
    drawn = np.random.default_rng(0).permutation(windows.starts.cpu().numpy())
    starts = np.resize(drawn, bench.settings.batches * train.batch_size)
    batches = torch.from_numpy(starts).to(bench.device).split(train.batch_size)
    return lambda: [windows.gather(rows)[0] for rows in batches], starts


def compared(
    bench: Bench,
    part: str,
    ours: Callable[[], list[Tensor]],
    plain: Callable[[], list[Tensor]],
    before: Callable[[], None],
) -> tuple:
    """A row of the table, after both have given the same pixels."""
    pairs = list(zip(ours(), plain(), strict=True))
    agreement = max((mine.int() - other.int()).abs().max().item() for mine, other in pairs)
    images, size = sum(len(mine.flatten(0, 1)) for mine, _ in pairs), bench.data.image_size
    del pairs
    times = in_turns(ours, plain, bench.settings.repeats, bench.device, before)
    return bench.row(part, times, agreement, 0, "float32", f"{images} images of {size} px")


def leave_cache(path: Path) -> None:
    """Let the system's page cache forget a file, where it can: not where files are in memory."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())  # what is not yet on disk would stay
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


TILE_PARTS: dict[str, Callable[[Bench], tuple]] = {
    "tiles, loader": bench_tiles_and_loader,
    "tiles, cold map": bench_tiles_and_cold_map,
}
