"""Measure one table: `smwm measure NAME`. Figures draw these tables, claims are judged by them."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

from smwm.analysis.measured import write_measured

FLAGS = {
    "records": "of `smwm plan`",
    "embeddings": "of `smwm embed`",
    "checkpoints": "the models behind the embeddings, in the same order",
    "probes": "of `smwm measure probes`",
    "paper": "the paper's numbers, CSV",
}
# Each is a function of that name in a module of this package, which takes lists of paths by the
# flags' names and gives the table and the settings behind it.
MEASURES = {
    "planning_success": ("rates", ("records", "paper"), "planning success of each method"),
    "planning_differences": ("rates", ("records",), "differences of methods on the same tasks"),
    "lambda_sweep": ("rates", ("records",), "success over the weight of the inverse term"),
    "horizon_sweep": ("rates", ("records", "paper"), "success over the distance of the goal"),
    "collapse": ("spectra", ("embeddings",), "how widely embeddings spread, beside SMWM's"),
    "spectrum": ("spectra", ("embeddings",), "principal components of each model's embeddings"),
    "folding": ("growths", ("embeddings",), "how latent distance grows with distance in state"),
    "probes": ("probing", ("embeddings",), "physical quantities read from the latents"),
    "probe_r2": ("probe_tables", ("probes", "paper"), "probes of several models, and the paper's"),
    "distractors": ("probe_tables", ("records", "probes"), "success and probes with a distractor"),
    "latent_dimension": ("dots", ("embeddings",), "significant components of the dot worlds"),
    "dot_geometry": ("dots", ("embeddings",), "principal components of one dot's latent"),
    "dot_grid": ("dots", ("embeddings", "checkpoints"), "a grid of positions in the latent"),
    "latent_rollout": ("rollouts", ("embeddings", "checkpoints"), "errors of predicted latents"),
    "rollout_paths": ("rollouts", ("embeddings", "checkpoints"), "some predicted paths"),
    "sprite_decoding": ("sprites", ("embeddings",), "what the latent keeps of a triangle"),
}


def add_parser(parser: argparse.ArgumentParser) -> None:
    names = parser.add_subparsers(dest="measure", required=True, metavar="NAME")
    for name, (_, flags, meaning) in MEASURES.items():
        measure = names.add_parser(name, help=meaning, description=meaning)
        for flag in flags:
            measure.add_argument(f"--{flag}", required=True, nargs="+", type=Path, help=FLAGS[flag])
        measure.add_argument("--out", required=True, type=Path, help="table to write, CSV")


def run(arguments: argparse.Namespace) -> None:
    name, out = arguments.measure, arguments.out
    module = f"smwm.measures.{MEASURES[name][0]}"
    given = {flag: getattr(arguments, flag) for flag in MEASURES[name][1]}
    table, settings = getattr(import_module(module), name)(**given)
    inputs = [path for paths in given.values() for path in paths]
    write_measured(out, module, table, inputs, settings)
