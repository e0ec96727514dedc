"""Significant components against controllable degrees of freedom: four dot worlds (paper, C4)."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from smwm.analysis.dimension import DEFINITION, effective_dimension, principal_axes, shares
from smwm.analysis.exports import Export, first_seeds, read_export
from smwm.analysis.probes import probe_r2
from smwm.analysis.spectrum import effective_rank
from smwm.data.worlds import WORLDS, pairs
from smwm.figures.style import new_figure, save_all, show_image
from smwm.methods import METHODS

COMPONENTS = 10  # shown of a spectrum
COLUMNS = (
    "world", "seed", "controllable_dof", "effective_dim", "effective_rank",
    "variance_in_true_dim", "r2_controlled", "r2_distractor",
)  # fmt: skip


def steps_of(
    rows: np.ndarray, latents: np.ndarray, states: np.ndarray, world: str
) -> tuple[np.ndarray, np.ndarray]:
    """Changes of latent and of what the action tells, for an export's pairs: (n, D), (n, A).

    Rows 2 i and 2 i + 1 of a world are before and after; a row without its partner is left out.
    """
    (before,) = np.nonzero((rows[:-1] % 2 == 0) & (np.diff(rows) == 1))
    moved = states[before + 1] - states[before]
    return latents[before + 1] - latents[before], moved[:, controlled_columns(world)]


def told(world: str) -> np.ndarray:
    """Which state column moves as which dimension of the action tells: (S, A) bool."""
    data = pairs(world, 0, 50, 0)
    moved, actions = data.states[1::2] - data.states[::2], data.actions[::2]
    return np.abs(moved[:, :, None] - actions[:, None]).max(0) < 1e-3


def controlled_columns(world: str) -> list[int]:
    """The first state column that each dimension of the action moves; others move alike."""
    return told(world).argmax(0).tolist()


def distractor_columns(world: str) -> list[int]:
    """State columns that move unlike any action."""
    return np.flatnonzero(~told(world).any(1)).tolist()


def dimension_row(export: Export) -> tuple:
    """One row of COLUMNS. r2_controlled: linear R^2 of the action's displacement from the change
    of the latent; r2_distractor: linear R^2 of the distractor's position from the latent."""
    world = WORLDS[export.place]
    variances = principal_axes(export.fit_latents).variances
    inside = shares(variances)[: world.controllable].sum()
    fitted = steps_of(export.fit_rows, export.fit_latents, export.fit_states, export.place)
    held_out = steps_of(export.rows, export.latents, export.states, export.place)
    r2 = probe_r2("linear", *fitted, *held_out)
    others = distractor_columns(export.place)
    noise = np.nan
    if others:
        targets = export.fit_states[:, others], export.states[:, others]
        noise = probe_r2("linear", export.fit_latents, targets[0], export.latents, targets[1])
    rank = effective_rank(torch.from_numpy(export.fit_latents)).item()
    dimension = effective_dimension(variances)
    return export.place, export.seed, world.controllable, dimension, rank, inside, r2, noise


def draw(exports: list[Export], table: pd.DataFrame) -> Figure:
    """One column a world: a picture of it, and the spectrum with its true dimension."""
    figure = new_figure(1.9 * len(exports), 3.6)
    panels = figure.subplots(2, len(exports), squeeze=False)
    colour = METHODS[exports[0].method].colour
    for (picture, spectrum), export in zip(panels.T, exports, strict=True):
        world = WORLDS[export.place]
        show_image(picture, pairs(export.place, 3, 1, 0).pixels[0])
        picture.set_title(world.label.replace(", ", ",\n"), fontsize=7)
        share = shares(principal_axes(export.fit_latents).variances)[:COMPONENTS]
        spectrum.bar(np.arange(1, len(share) + 1), share, color=colour)
        line = spectrum.axvline(world.controllable + 0.5, color="black", ls="--", lw=0.8)
        found = table[table["world"] == export.place].sort_values("seed")["effective_dim"]
        words = ", ".join(map(str, found))  # the spectrum is of the first
        spectrum.set_title(f"true {world.controllable}, found {words}", fontsize=8)
        spectrum.set_xlabel("component")
        spectrum.set_xticks(range(2, COMPONENTS + 1, 2))
    seeds = "; found: one number a seed, spectrum of the first" * (table["seed"].nunique() > 1)
    line.set_label(f"controllable degrees of freedom{seeds}")
    figure.legend(handles=[line], loc="outside lower center", fontsize=7)
    panels[1, 0].set_ylabel("variance [%]")
    return figure


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--embeddings", required=True, nargs="+", type=Path, help="`smwm embed`")
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")


def run(arguments: argparse.Namespace) -> None:
    dots = [name for name, world in WORLDS.items() if "angle [rad]" not in world.state_names]
    exports = [read_export(path, dots) for path in arguments.embeddings]
    table = pd.DataFrame([dimension_row(export) for export in exports], columns=list(COLUMNS))
    figure = draw(first_seeds(exports), table)
    settings = [{"definition": DEFINITION}, *(export.origin for export in exports)]
    stem = arguments.out / "latent_dimension"
    save_all(stem, __name__, table, figure, arguments.embeddings, settings)
