"""Images as the distinct square tiles of a dataset, and which of these each image is made of.

Frames of a trajectory share most of what they show, and what moves often looks the same again:
so a dataset has few distinct tiles. Nothing is lost, and images are made of their tiles by rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from smwm.errors import InputError

SIDES = (14, 12, 10, 8)  # of tiles, in pixels; the paper's encoder has patches of 14
FREE = -1  # a slot of the hash table without a tile


def tile_side(image_size: int) -> int:
    """Side of the tiles of images: the largest of SIDES that divides theirs, else InputError."""
    for side in SIDES:
        if image_size % side == 0:
            return side
    allowed = ", ".join(map(str, SIDES[:-1]))
    raise InputError(
        f"storage: tiles need images whose side is a multiple of {allowed} or {SIDES[-1]} px, "
        f"not of {image_size} px"
    )


def cut(images: np.ndarray, side: int) -> np.ndarray:
    """Tiles (n * g * g, 3 * side * side) of images (n, S, S, 3), where S = g * side."""
    grid = images.shape[1] // side
    rows = images.reshape(-1, grid, side, grid, 3 * side).swapaxes(2, 3)
    return np.ascontiguousarray(rows).reshape(-1, 3 * side * side)


def lines_of(index: Any, within: Any) -> Any:
    """Lines (..., g, s, g) of pixels, of K * s lines of tiles, that images are made of in order.

    `index` (..., g, g) are tiles and `within` is 0 ... s - 1, both int64 of numpy or of torch.
    Lines are gathered straight to their places; whole tiles would have to be permuted after it.
    """
    return index[..., None, :] * len(within) + within[:, None]


@dataclass(frozen=True)
class TiledImages:
    """Images (N, S, S, 3) uint8, S = g * s, that are indexed by rows as if they were an array."""

    tiles: np.ndarray  # (K, s, s, 3) uint8
    index: np.ndarray  # (N, g, g) int32, tiles of each image

    dtype = np.dtype(np.uint8)

    @property
    def shape(self) -> tuple[int, ...]:
        size = self.index.shape[-1] * self.tiles.shape[1]
        return (*self.index.shape[:-2], size, size, 3)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.tiles.nbytes + self.index.nbytes

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, rows: Any) -> np.ndarray:
        """The images of a row, a slice or an array of rows."""
        if isinstance(rows, tuple):
            raise TypeError("images stored as tiles are indexed by rows alone: images[rows][...]")
        chosen, side = self.index[rows].astype(np.int64), self.tiles.shape[1]
        lines = lines_of(chosen, np.arange(side))
        pixels = self.tiles.reshape(-1, 3 * side).take(lines, 0)
        return pixels.reshape(*chosen.shape[:-2], *self.shape[-3:])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or np.uint8, copy=False)


class TileTable:
    """Collects distinct tiles, numbered from 0: first those of the images added first.

    Tiles are found by a hash of theirs and then compared, so that equal numbers mean equal tiles.
    The hash table has open addressing, and holds 4 to 8 bytes of numbers beside the 8 of each
    tile's hash: a Python dictionary would take a sixth of what the tiles themselves do.
    """

    def __init__(self, side: int) -> None:
        length = 3 * side * side  # a multiple of 4, as all SIDES are even
        self.side, self.count = side, 0
        self._words = np.empty((0, length // 4), np.uint32)  # tiles; there may be room for more
        self._hashes = np.empty(0, np.uint64)
        self._slots = np.full(2, FREE, np.int32)
        rng = np.random.default_rng(0)
        self._weights = rng.integers(2**63, size=length // 4, dtype=np.uint64) | np.uint64(1)

    def __getitem__(self, numbers: slice) -> np.ndarray:
        """A copy of the tiles (k, side, side, 3) of a range of numbers."""
        chosen = self._words[: self.count][numbers].view(np.uint8)
        return chosen.reshape(-1, self.side, self.side, 3).copy()

    def add(self, images: np.ndarray) -> np.ndarray:
        """Numbers (n, g, g) int32 of the tiles of images (n, S, S, 3), of which some are new."""
        words = cut(images, self.side).view(np.uint32)
        hashes = np.einsum("ij,j->i", words, self._weights)
        self._make_slots(self.count + len(words))
        slots, numbers = self._first_slots(hashes), np.empty(len(words), np.int32)
        left = np.arange(len(words))
        while len(left):
            found = self._slots[slots]
            free = np.flatnonzero(found == FREE)
            if len(free):  # the first tile at a free slot is new
                first = np.sort(free[np.unique(slots[free], return_index=True)[1]])
                self._append(words[left[first]], hashes[left[first]])
                self._slots[slots[first]] = np.arange(self.count - len(first), self.count)
                found = self._slots[slots]
            same = (self._words[found] == words[left]).all(1)
            numbers[left[same]] = found[same]
            left, slots = left[~same], self._next(slots[~same])
        grid = images.shape[1] // self.side
        return numbers.reshape(-1, grid, grid)

    def _first_slots(self, hashes: np.ndarray) -> np.ndarray:
        """Where to look first: the highest bits, which depend on all of a tile."""
        return (hashes >> np.uint64(65 - len(self._slots).bit_length())).astype(np.int64)

    def _next(self, slots: np.ndarray) -> np.ndarray:
        return (slots + 1) % len(self._slots)

    def _append(self, words: np.ndarray, hashes: np.ndarray) -> None:
        count = self.count + len(words)
        if count > len(self._words):  # in place where the system can: tiles may fill the memory
            room = count + count // 8
            self._words.resize((room, self._words.shape[1]))
            self._hashes.resize(room)
        self._words[self.count : count] = words
        self._hashes[self.count : count] = hashes
        self.count = count

    def _make_slots(self, count: int) -> None:
        """At least two slots for each of `count` tiles, so that the next free one is near."""
        if 2 * count <= len(self._slots):
            return
        self._slots = np.full(1 << (2 * count).bit_length(), FREE, np.int32)
        numbers = np.arange(self.count, dtype=np.int32)
        slots = self._first_slots(self._hashes[: self.count])
        while len(numbers):
            free = self._slots[slots] == FREE
            self._slots[slots[free]] = numbers[free]  # the last of those that share one has it
            left = self._slots[slots] != numbers
            numbers, slots = numbers[left], self._next(slots[left])
