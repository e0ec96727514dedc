"""How many distinct tiles datasets have against their episodes, and would have at 10,000.

Collect with `--storage tiles` first; then, for the numbers of docs/data.md:

    python examples/tile_growth.py DATASET/train.h5 ... --out figures/tiles.csv

Tiles are numbered episode by episode, so the index of a dataset tells how many its first episodes
have. What more episodes would have is told twice from the last half: by a power law, and by a line,
which is an upper bound where the curve bends down.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from smwm.data.columns import require_columns
from smwm.data.dataset import reading
from smwm.errors import InputError
from smwm.system.files import write_bytes

COLUMNS = (
    "env", "image_size", "tile_side", "from", "episodes", "images", "tiles", "tiles_an_image",
    "kb_an_image", "gb", "stored_kb_an_image",
)  # fmt: skip


def growth(path: Path, points: int, wanted: int) -> list[tuple]:
    """Rows of COLUMNS: measured at `points` numbers of episodes, then told for `wanted` ones.

    Raises InputError naming `path` if it has no tiles.
    """
    with reading(path), h5py.File(path, "r") as file:
        require_columns(path, file, "ep_len", "ep_offset")
        if "tiles" not in file:
            raise InputError(f"{path}: has pixels; collect with --storage tiles")
        starts = file["ep_offset"][:]
        ends = starts + file["ep_len"][:]
        highest = [
            file["tile_index"][first:end].max() for first, end in zip(starts, ends, strict=True)
        ]
        side, grid = file["tiles"].shape[1], file["tile_index"].shape[1]
        stored = sum(file[name].id.get_storage_size() for name in ("tiles", "tile_index"))
        env = file.attrs["env"].decode()
    tiles, count = np.maximum.accumulate(highest) + 1.0, len(ends)

    def row(source: str, episodes: int, images: float, distinct: float) -> tuple:
        size = 3 * side**2 * distinct + 4 * grid**2 * images
        on_disk = stored / images / 1e3 if source == "measured" and episodes == count else np.nan
        each = (round(images), round(distinct), distinct / images, size / images / 1e3, size / 1e9)
        return (env, grid * side, side, source, episodes, *each, on_disk)

    chosen = np.unique(np.linspace(count / points, count, points).round().astype(int))
    rows = [row("measured", n, ends[n - 1], tiles[n - 1]) for n in chosen]
    tail = np.arange(count // 2, count)
    slope, offset = np.polyfit(np.log(tail + 1), np.log(tiles[tail]), 1)
    rate, rest = np.polyfit(tail + 1, tiles[tail], 1)
    images = ends[-1] / count * wanted
    told = {f"power law {slope:.3f}": np.exp(offset) * wanted**slope, "line": rate * wanted + rest}
    return rows + [row(name, wanted, images, distinct) for name, distinct in told.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="+", type=Path, help="splits stored as tiles (.h5)")
    parser.add_argument("--out", type=Path, required=True, help="table to write (.csv)")
    parser.add_argument("--points", type=int, default=6, help="points of each curve (default: 6)")
    parser.add_argument("--episodes", type=int, default=10_000, help="to tell (default: 10,000)")
    arguments = parser.parse_args()
    try:
        rows = [
            row
            for path in arguments.data
            for row in growth(path, arguments.points, arguments.episodes)
        ]
    except InputError as error:
        parser.error(str(error))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    write_bytes(arguments.out, table.to_csv(index=False, float_format="%.4g").encode())
    print(table.to_string(index=False, float_format="%.4g"))


if __name__ == "__main__":
    main()
