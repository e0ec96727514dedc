"""Whether encoding and predicting commute: five steps in the latent of one dot (paper, C3)."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from smwm.analysis.dimension import principal_axes
from smwm.analysis.exports import Export, read_export, read_models
from smwm.data.worlds import HELD_OUT, WORLDS, pairs
from smwm.figures.style import PAPER_COLOUR, new_figure, save_all
from smwm.methods import METHODS
from smwm.models.world_model import WorldModel

STEPS, PATHS, SHOWN = 5, 500, 6


@torch.inference_mode()
def roll_out(model: WorldModel, world: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Encoded and predicted latents (PATHS, STEPS + 1, D) along paths that were never seen."""
    data = pairs(world, HELD_OUT, PATHS, seed, steps=STEPS)
    encoded = model.encode(torch.from_numpy(data.pixels)).reshape(PATHS, STEPS + 1, -1)
    actions = model.normalise(torch.from_numpy(data.actions)).reshape(PATHS, STEPS + 1, -1)
    predicted = [encoded[:, 0]]
    for step in range(STEPS):
        predicted.append(model.predict(predicted[-1], actions[:, step]))
    return encoded.numpy(), torch.stack(predicted, 1).numpy()


def rollout_table(
    encoded: np.ndarray, predicted: np.ndarray, method: str, seed: int
) -> pd.DataFrame:
    """Rows method, seed, step, error [%]: distance of predicted from encoded latents, in units
    of the distance moved since the start; both are means over paths.
    """
    error = np.linalg.norm(predicted - encoded, axis=-1)[:, 1:].mean(0)
    moved = np.linalg.norm(encoded[:, 1:] - encoded[:, :1], axis=-1).mean(0)
    steps = np.arange(1, len(error) + 1)
    share = 100 * error / np.maximum(moved, 1e-30)
    return pd.DataFrame({"method": method, "seed": seed, "step": steps, "error": share})


def draw(export: Export, encoded: np.ndarray, predicted: np.ndarray, table: pd.DataFrame) -> Figure:
    """Some paths of one model in the first two components, and every model's error over steps."""
    figure = new_figure(6.4, 2.9)
    paths, errors = figure.subplots(1, 2)
    axes = principal_axes(export.fit_latents)
    paths.scatter(*axes.project(export.latents, 2).T, s=1, color="#DDDDDD", rasterized=True)
    colour = METHODS[export.method].colour
    for true, guess in zip(encoded[:SHOWN], predicted[:SHOWN], strict=True):
        paths.plot(*axes.project(true, 2).T, "-", color=PAPER_COLOUR, lw=1, label="encoded")
        paths.plot(*axes.project(guess, 2).T, "o--", color=colour, lw=0.8, ms=3, label="predicted")
    paths.set_xlabel("component 1")
    paths.set_ylabel("component 2")
    paths.grid(False)
    handles, _ = paths.get_legend_handles_labels()
    figure.legend(handles=handles[:2], loc="outside upper left", ncols=2, fontsize=7)
    for _, mine in table.groupby("seed"):
        errors.plot(mine["step"], mine["error"], "o-", color=colour, lw=1, ms=4)
    errors.set_xticks(sorted(table["step"].unique()))
    errors.set_ylim(0, max(1.2 * table["error"].max(), 1))
    errors.set_xlabel("steps predicted")
    errors.set_ylabel("error [% of the distance moved]")
    errors.set_title("one line a seed", fontsize=8)
    return figure


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--embeddings", required=True, nargs="+", type=Path, help="`smwm embed`")
    parser.add_argument(
        "--checkpoints", required=True, nargs="+", type=Path, help="the models, in the same order"
    )
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")


def run(arguments: argparse.Namespace) -> None:
    exports = [read_export(path, WORLDS) for path in arguments.embeddings]
    paths = [
        roll_out(model, export.place, export.origin["pairs"]["world_seed"])
        for export, model in zip(exports, read_models(exports, arguments.checkpoints), strict=True)
    ]
    tables = [
        rollout_table(*path, export.method, export.seed)
        for export, path in zip(exports, paths, strict=True)
    ]
    table = pd.concat(tables)
    figure = draw(exports[0], *paths[0], table)
    inputs = [*arguments.embeddings, *arguments.checkpoints]
    settings = [export.origin for export in exports]
    save_all(arguments.out / "latent_rollout", __name__, table, figure, inputs, settings)
