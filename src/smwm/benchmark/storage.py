"""Timings of `smwm benchmark` of images stored as tiles: gathered from memory, against a disk.

All sides give the same uint8 windows; nothing is made of these.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from smwm.benchmark.parts import Bench, in_turns
from smwm.benchmark.plain import PlainWindows
from smwm.data.dataset import Trajectories, read_dataset, write_dataset
from smwm.data.tiles import TiledImages, TileTable, tile_side
from smwm.data.windows import Windows

Batches = Callable[[], Iterator[Tensor]]
COPIES = 16  # of the episodes, in the file that is read from a disk
SHARE = 16  # one of so many of its windows is read: reading ahead must not bring the others


class StoredWindows(PlainWindows):
    """Windows read one by one that stay as they are stored."""

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        return self.stored(i)


def bench_tiles_and_loader(bench: Bench) -> tuple:
    """Windows made of tiles, against a DataLoader with a worker a thread on raw images in HDF5."""
    train, data = bench.train, tiled(bench.data)
    starts = data.window_starts((train.frames - 1) * train.block)
    chosen = np.resize(shuffled(starts), bench.settings.batches * train.batch_size)
    source, workers = StoredWindows(bench.path, chosen, train.frames, train.block), bench.threads
    loader = DataLoader(
        source, train.batch_size, num_workers=workers, persistent_workers=workers > 0
    )

    def plain() -> Iterator[Tensor]:
        return (pixels.to(bench.device) for pixels, _ in loader)

    return compared(bench, "tiles, loader", batches_of(bench, data, chosen), plain)


def bench_tiles_and_cold_map(bench: Bench) -> tuple:
    """Windows made of tiles, against those of a raw file mapped from disk, not in its cache.

    The file is larger than what is read of it, as that of a whole dataset would be.
    """
    path = bench.path.with_name("copies.h5")
    episodes = list(read_dataset(bench.path).episodes()) * COPIES
    write_dataset(path, episodes, {}, "raw", sum(len(e.pixels) for e in episodes))
    data = tiled(read_dataset(path))
    starts = data.window_starts((bench.train.frames - 1) * bench.train.block)
    chosen = shuffled(starts)[: -(-len(starts) // SHARE)]

    def plain() -> Iterator[Tensor]:  # mapped anew: what is mapped does not leave the cache
        mapped = batches_of(bench, read_dataset(path), chosen, torch.device("cpu"))
        return (pixels.to(bench.device) for pixels in mapped())

    ours = batches_of(bench, data, chosen)
    row = compared(bench, "tiles, cold map", ours, plain, lambda: leave_cache(path))
    path.unlink()
    return row


def tiled(data: Trajectories) -> Trajectories:
    """The same with images made of their tiles."""
    table = TileTable(tile_side(data.image_size))
    index = [table.add(episode.pixels) for episode in data.episodes()]
    return replace(data, pixels=TiledImages(table[:], np.concatenate(index)))


def shuffled(starts: np.ndarray) -> np.ndarray:
    return np.random.default_rng(0).permutation(starts)


def batches_of(
    bench: Bench, data: Trajectories, starts: np.ndarray, device: torch.device | None = None
) -> Batches:
    """How to gather the windows (B, L, S, S, 3) that begin at `starts`, batch by batch."""
    train = bench.train
    windows = Windows.of(data, train.frames, train.block, device or bench.device)
    batches = torch.from_numpy(starts).to(device or bench.device).split(train.batch_size)
    return lambda: (windows.gather(rows)[0] for rows in batches)


def compared(
    bench: Bench,
    part: str,
    ours: Batches,
    plain: Batches,
    before: Callable[[], None] = lambda: None,
) -> tuple:
    """A row of the table, after both have given the same pixels."""
    agreement, images = 0.0, 0
    for mine, other in zip(ours(), plain(), strict=True):
        agreement = max(agreement, (mine.short() - other.short()).abs().max().item())
        images += len(mine.flatten(0, 1))

    def taken(batches: Batches) -> Callable[[], None]:
        def take() -> None:
            for _ in batches():
                pass

        return take

    times = in_turns(taken(ours), taken(plain), bench.settings.repeats, bench.device, before)
    sizes = f"{images} images of {bench.data.image_size} px"
    return bench.row(part, times, agreement, 0, "float32", sizes)


def leave_cache(path: Path) -> None:
    """Let the system's page cache forget a file, where it can: not where files are in memory."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())  # what is not yet on disk would stay
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


TILE_PARTS: dict[str, Callable[[Bench], tuple]] = {
    "tiles, loader": bench_tiles_and_loader,
    "tiles, cold map": bench_tiles_and_cold_map,
}
