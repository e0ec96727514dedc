"""What the latent keeps of a triangle, by what its actions control (paper, C5)."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from smwm.analysis.dimension import DEFINITION, effective_dimension, principal_axes
from smwm.analysis.exports import Export, check_models, first_seeds, read_arrays, read_export
from smwm.analysis.probes import PROBES, probe_r2
from smwm.analysis.spectrum import effective_rank
from smwm.data.worlds import WORLDS
from smwm.errors import InputError
from smwm.figures.style import new_figure, save_all, show_image

COLUMNS = (
    "world", "seed", "controllable_dof", "effective_dim", "effective_rank", "dof", "r2_linear",
    "r2_mlp",
)  # fmt: skip
SPRITES = [name for name in WORLDS if name.startswith("sprite_")]
SHOWN = 6


def targets_of(states: np.ndarray) -> dict[str, np.ndarray]:
    """Poses (N, 3) as x, y and the angle's sine and cosine."""
    angle = states[:, 2:]
    turned = np.concatenate([np.sin(angle), np.cos(angle)], axis=1)
    return {"x": states[:, :1], "y": states[:, 1:2], "angle": turned}


def decoding_table(exports: list[Export]) -> pd.DataFrame:
    """Rows of COLUMNS: one an export and freedom of the triangle."""
    rows = []
    for export in exports:
        true = WORLDS[export.place].controllable
        found = effective_dimension(principal_axes(export.fit_latents).variances)
        rank = effective_rank(torch.from_numpy(export.fit_latents)).item()
        fit = targets_of(export.fit_states)
        for freedom, targets in targets_of(export.states).items():
            data = (export.fit_latents, fit[freedom], export.latents, targets)
            values = [probe_r2(kind, *data, seed=export.seed) for kind in PROBES]
            rows.append((export.place, export.seed, true, found, rank, freedom, *values))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def read_decoded(exports: list[Export], paths: list[Path]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Held-out images, and what was decoded from their latents, once an export: (n, S, S, 3) uint8.

    Raises InputError for a file that is of another model or of other images than the first.
    """
    kind = "an output of `smwm decode`"
    files = [read_arrays(path, ["images", "decoded"], kind) for path in paths]
    check_models(exports, paths, [origin.get("checkpoint_sha256", "") for _, origin in files])
    images = files[0][0]["images"]
    for path, (arrays, _) in zip(paths, files, strict=True):
        if not np.array_equal(arrays["images"], images) or arrays["decoded"].shape != images.shape:
            raise InputError(f"{path}: decodes other images than {paths[0]}")
    return images, [arrays["decoded"] for arrays, _ in files]


def draw(images: np.ndarray, decoded: dict[Export, np.ndarray], table: pd.DataFrame) -> Figure:
    """The images on top, below them one row a world: decoded images, R^2 of each freedom."""
    exports = list(decoded)
    figure = new_figure(7.4, 1.1 * (len(exports) + 1))
    grid = figure.add_gridspec(len(exports) + 1, SHOWN + 2)
    strips = [("image", images)]
    strips += [(WORLDS[e.place].label.removeprefix("triangle, "), decoded[e]) for e in exports]
    for row, (words, strip) in enumerate(strips):
        for column, image in enumerate(strip[:SHOWN]):
            panel = figure.add_subplot(grid[row, column])
            show_image(panel, image)
            if column == 0:
                panel.set_ylabel(words.replace(" controlled", "\ncontrolled"), fontsize=7)
    for row, export in enumerate(exports, start=1):
        mine = table[(table["world"] == export.place) & (table["seed"] == export.seed)]
        panel = figure.add_subplot(grid[row, SHOWN:])
        panel.bar(mine["dof"], mine["r2_mlp"].clip(lower=0), color="#0072B2")
        panel.set_ylim(0, 1.05)
        panel.set_ylabel("R², MLP", fontsize=7)
        panel.tick_params(labelsize=6)
        true, found = mine["controllable_dof"].iloc[0], mine["effective_dim"].iloc[0]
        panel.set_title(f"true dimension {true}, found {found}", fontsize=7)
    return figure


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--embeddings", required=True, nargs="+", type=Path, help="`smwm embed`")
    parser.add_argument(
        "--decoded",
        required=True,
        nargs="+",
        type=Path,
        help="`smwm decode` of each world's first seed",
    )
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")


def run(arguments: argparse.Namespace) -> None:
    exports = [read_export(path, SPRITES) for path in arguments.embeddings]
    shown = first_seeds(exports)
    images, decoded = read_decoded(shown, arguments.decoded)
    table = decoding_table(exports)
    figure = draw(images, dict(zip(shown, decoded, strict=True)), table)
    settings = [{"definition": DEFINITION}, *(export.origin for export in exports)]
    inputs = [*arguments.embeddings, *arguments.decoded]
    save_all(arguments.out / "sprite_decoding", __name__, table, figure, inputs, settings)
