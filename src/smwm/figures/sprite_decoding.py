"""What the latent keeps of a triangle, by what its actions control (paper, C5)."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from smwm.analysis.exports import read_arrays
from smwm.analysis.measured import Measured, read_measured
from smwm.data.worlds import WORLDS
from smwm.errors import InputError
from smwm.figures.style import add_table, new_figure, save_drawn, show_image

COLUMNS = ("world", "seed", "controllable_dof", "effective_dim", "dof", "r2_mlp")
SHOWN = 6


def read_decoded(
    measured: Measured, paths: list[Path]
) -> tuple[np.ndarray, dict[tuple[str, int], np.ndarray]]:
    """Held-out images, and what was decoded from their latents, by world and seed of the model.

    Both are (n, S, S, 3) uint8. Raises InputError for a file of a model that was not measured, or
    of other images than the first.
    """
    kind = "an output of `smwm decode`"
    images, decoded = None, {}
    for path in paths:
        arrays, origin = read_arrays(path, ["images", "decoded"], kind)
        found = measured.exports.get(origin.get("checkpoint_sha256", ""))
        if found is None:
            raise InputError(f"{path}: not of a model behind {measured.path}")
        images = arrays["images"] if images is None else images
        if not np.array_equal(arrays["images"], images) or arrays["decoded"].shape != images.shape:
            raise InputError(f"{path}: decodes other images than {paths[0]}")
        decoded[found["model"]["env"], found["model"]["seed"]] = arrays["decoded"]
    assert images is not None  # there is a file
    return images, decoded


def draw(
    images: np.ndarray, decoded: dict[tuple[str, int], np.ndarray], table: pd.DataFrame
) -> Figure:
    """The images on top, below them one row a world: decoded images, R^2 of each freedom."""
    figure = new_figure(7.4, 1.1 * (len(decoded) + 1))
    grid = figure.add_gridspec(len(decoded) + 1, SHOWN + 2)
    strips = [("image", images)]
    strips += [
        (WORLDS[world].label.removeprefix("triangle, "), strip)
        for (world, _), strip in decoded.items()
    ]
    for row, (words, strip) in enumerate(strips):
        for column, image in enumerate(strip[:SHOWN]):
            panel = figure.add_subplot(grid[row, column])
            show_image(panel, image)
            if column == 0:
                panel.set_ylabel(words.replace(" controlled", "\ncontrolled"), fontsize=7)
    for row, (world, seed) in enumerate(decoded, start=1):
        mine = table[(table["world"] == world) & (table["seed"] == seed)]
        panel = figure.add_subplot(grid[row, SHOWN:])
        panel.bar(mine["dof"], mine["r2_mlp"].clip(lower=0), color="#0072B2")
        panel.set_ylim(0, 1.05)
        panel.set_ylabel("R², MLP", fontsize=7)
        panel.tick_params(labelsize=6)
        true, found = mine["controllable_dof"].iloc[0], mine["effective_dim"].iloc[0]
        panel.set_title(f"true dimension {true}, found {found}", fontsize=7)
    return figure


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)
    parser.add_argument(
        "--decoded", required=True, nargs="+", type=Path, help="`smwm decode` of a model a world"
    )


def run(arguments: argparse.Namespace) -> None:
    measured = read_measured(arguments.table, COLUMNS)
    figure = draw(*read_decoded(measured, arguments.decoded), measured.table)
    stem = arguments.out / "sprite_decoding"
    save_drawn(stem, __name__, figure, measured, others=arguments.decoded)
