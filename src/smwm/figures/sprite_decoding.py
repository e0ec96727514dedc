"""What the latent keeps of a triangle, by what its actions control (paper, C5)."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from smwm.analysis.exports import read_arrays
from smwm.analysis.measured import Measured, read_measured
from smwm.data.worlds import WORLDS
from smwm.errors import InputError
from smwm.figures.style import add_table, new_figure, save_drawn, show_image

COLUMNS = ("world", "seed", "controllable_dof", "effective_dim", "dof", "r2_linear", "r2_mlp")
SHOWN = 6
PROBES = (("r2_linear", "linear probe", "#0072B2"), ("r2_mlp", "MLP probe", "#56B4E9"))
COLLAPSE = (
    "Where nothing is controlled, no action can be told from the latents and they may shrink to a "
    "point:\nall images are then decoded to one. "
    "Probes enlarge what little is left, and can read from it."
)


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
    """The images on top, below them one row a world: decoded images, R^2 of each freedom.

    The R^2 are of the model whose images are shown; what its actions control has a bold name.
    """
    figure = new_figure(7.4, 1.2 * (len(decoded) + 1))
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
        _draw_scores(panel, mine, WORLDS[world].action_dim)
        true, found = mine["controllable_dof"].iloc[0], mine["effective_dim"].iloc[0]
        panel.set_title(f"true dimension {true}, found {found}", fontsize=7)
    key = figure.add_subplot(grid[0, SHOWN:])
    key.set_axis_off()
    handles = [Patch(color=colour, label=words) for _, words, colour in PROBES]
    key.legend(handles=handles, loc="center", title="bold: controlled", fontsize=7)
    if any(WORLDS[world].action_dim == 0 for world, _ in decoded):
        figure.supxlabel(COLLAPSE, fontsize=7)
    return figure


def _draw_scores(panel: Axes, scores: pd.DataFrame, controlled: int) -> None:
    """Bars of each freedom; the first `controlled` are what the actions of a sprite's world tell.

    The axis reaches below zero where an R^2 does.
    """
    x = np.arange(len(scores))
    for shift, (column, _, colour) in zip((-0.2, 0.2), PROBES, strict=True):
        panel.bar(x + shift, scores[column], 0.38, color=colour)
    panel.axhline(0, color="black", lw=0.6)
    panel.set_ylim(min(-0.1, 1.1 * scores[[column for column, *_ in PROBES]].min(axis=None)), 1.05)
    panel.set_yticks([0, 0.5, 1])
    panel.set_xticks(x, scores["dof"])
    panel.set_ylabel("R²", fontsize=7)
    panel.tick_params(labelsize=7)
    for number, label in enumerate(panel.get_xticklabels()):
        mark = {"fontweight": "bold"} if number < controlled else {"color": "#777777"}
        label.set(**mark)


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
