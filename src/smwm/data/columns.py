"""Columns of an HDF5 dataset: how rows are stored, and how images are read back."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from smwm.data.episodes import form
from smwm.data.tiles import TiledImages, TileTable, tile_side
from smwm.errors import InputError

try:
    import hdf5plugin
except ImportError:  # a machine that only trains may do without, on images stored raw
    hdf5plugin = None  # type: ignore[assignment]  # mypy knows no module that may be lacking

STORAGES = ("zstd", "raw", "tiles")
SQUARE = 16  # side of the squares in which images are compressed
SHORTEST = 32  # rows that a compressed block has at least: a short episode would make many
TILE_ROWS = 1024  # tiles that are compressed together
LEVEL, TILE_LEVEL = 15, 3  # of 22; tiles are for data so large that 15 would take hours


def require_storage(storage: str) -> None:
    """Raise InputError unless images can be stored so here."""
    if storage not in STORAGES:
        raise InputError(f"storage: {storage!r} is not allowed, allowed: {', '.join(STORAGES)}")
    if storage != "raw" and hdf5plugin is None:
        raise InputError(
            f"storage: {storage} needs a module: pip install hdf5plugin; or choose raw"
        )


class ColumnWriter:
    """Appends rows to the columns of a new file, `rows` in all if images are stored raw."""

    def __init__(self, file: h5py.File, storage: str, rows: int | None) -> None:
        self.file, self.storage, self.rows = file, storage, rows
        self.row = 0  # the next to be written
        self.table: TileTable | None = None

    def append(self, count: int, columns: dict[str, np.ndarray | None]) -> None:
        """Write `count` rows of each column; None is a column that there is not."""
        for name, values in columns.items():
            if values is None:
                continue
            if name == "pixels" and self.storage == "tiles":
                name, values = "tile_index", self._tiled(values)
            if name not in self.file:
                self._create(name, values)
            self._write(name, self.row, values)
        self.row += count

    def _tiled(self, images: np.ndarray) -> np.ndarray:
        """What `tile_index` has for images (n, S, S, 3); new tiles are written."""
        if self.table is None:
            self.table = TileTable(tile_side(images.shape[1]))
            self._create("tiles", self.table[:])
        known = self.table.count
        index = self.table.add(images)
        self._write("tiles", known, self.table[known:])
        return index

    def _write(self, name: str, row: int, values: np.ndarray) -> None:
        if self.storage != "raw":
            self.file[name].resize(row + len(values), axis=0)
        self.file[name][row : row + len(values)] = values

    def _create(self, name: str, values: np.ndarray) -> None:
        """Make the column that begins with `values`: of its length if raw, else one that grows."""
        shape = values.shape[1:]
        if self.storage == "raw":
            self.file.create_dataset(name, (self.rows, *shape), values.dtype)
            return
        # images in squares over an episode's length: most squares hardly change over time
        square = (SQUARE, SQUARE, 3) if values.ndim == 4 else shape
        rows = TILE_ROWS if name == "tiles" else max(len(values), SHORTEST)
        self.file.create_dataset(
            name,
            (0, *shape),
            values.dtype,
            maxshape=(None, *shape),
            chunks=(rows, *map(min, square, shape)),
            shuffle=values.itemsize > 1,
            fletcher32=True,
            **hdf5plugin.Zstd(TILE_LEVEL if name in ("tiles", "tile_index") else LEVEL),
        )


def require_columns(path: Path, file: h5py.File, *names: str) -> None:
    """Raise InputError naming `path` if it lacks one of the columns `names`, or its images."""
    tiled = "tiles" in file and "pixels" not in file
    missing = {*names, *(("tiles", "tile_index") if tiled else ("pixels",))} - set(file)
    if missing:
        raise InputError(f"{path}: lacks the columns {', '.join(sorted(missing))}")


def read_images(path: Path, file: h5py.File) -> np.ndarray | TiledImages:
    """The images: mapped from the file where they lie in it as they are, else in memory."""
    column = image_column(path, file)
    if isinstance(column, TiledImages):
        return column
    offset = column.id.get_offset()
    if offset is None or column.dtype != np.uint8:
        return column[:]
    return np.memmap(path, np.uint8, "c", offset, column.shape)  # c: writes stay in memory


def image_column(path: Path, file: h5py.File) -> h5py.Dataset | TiledImages:
    """The images of a file by rows: read as they are asked for, or made of tiles in memory.

    Raises InputError naming `path` and what is wrong with its tiles.
    """
    if "pixels" in file:
        require_filters(path, file["pixels"])
        return file["pixels"]
    for name in ("tiles", "tile_index"):
        require_filters(path, file[name])
    tiles, index = file["tiles"][:], file["tile_index"][:]
    if tiles.dtype != np.uint8 or tiles.shape[1:] != (*tiles.shape[1:2] * 2, 3):
        raise InputError(f"{path}: tiles are {form(tiles)}, uint8 (K, side, side, 3) is needed")
    if index.dtype.kind not in "iu" or index.ndim != 3 or index.shape[1] != index.shape[2]:
        raise InputError(f"{path}: tile_index is {form(index)}, integers (N, g, g) are needed")
    if index.size and not 0 <= index.min() <= index.max() < len(tiles):
        raise InputError(
            f"{path}: tile_index has numbers from {index.min()} to {index.max()}, "
            f"there are tiles 0 to {len(tiles) - 1}"
        )
    return TiledImages(tiles, index.astype(np.int32, copy=False))


def require_filters(path: Path, column: h5py.Dataset) -> None:
    """Raise InputError naming `path` if what compressed the column is not installed here."""
    plist = column.id.get_create_plist()
    for number in range(plist.get_nfilters()):
        code, *_, name = plist.get_filter(number)
        if not h5py.h5z.filter_avail(code):
            raise InputError(
                f"{path}: {column.name[1:]} is compressed with {name.decode() or 'a filter'} "
                f"(HDF5 filter {code}), which is not installed: pip install hdf5plugin"
            )
