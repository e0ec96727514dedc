"""Draw one figure or table: `smwm figure NAME`."""

from __future__ import annotations

import argparse
from importlib import import_module

# Each is a module of this package with add_parser and run.
FIGURES = {
    "environments": "what the tasks look like, in the full look and as the model sees them",
    "data_coverage": "what the collection policies cover",
    "dot_geometry": "one dot's latent, with and without the inverse term",
    "latent_rollout": "predicted against encoded latents over five steps",
    "latent_dimension": "significant components of the dot worlds",
    "sprite_decoding": "what the latent keeps of a triangle",
    "folding": "how latent distance grows with distance in state",
    "embeddings": "latents of each environment, one method a figure",
    "probe_r2": "physical quantities read from the latents",
    "training_curves": "loss terms, embedding std and effective rank over training",
    "lambda_sweep": "success over the weight of the inverse term",
    "horizon_sweep": "success over the distance of the goal",
    "scaling": "success over training steps and training episodes",
    "planning_success": "planning success of each method, with error bars",
    "distractors": "planning and latents with a distractor in the image",
    "planning_rollouts": "real episodes of planning, solved and failed",
    "replication": "every claim beside the paper's number, with a verdict",
    "report": "the same as one page with the figures in it, and how the run went",
}


def add_parser(parser: argparse.ArgumentParser) -> None:
    names = parser.add_subparsers(dest="figure", required=True, metavar="NAME")
    for name, meaning in FIGURES.items():
        figure = names.add_parser(name, help=meaning, description=meaning)
        import_module(f"smwm.figures.{name}").add_parser(figure)


def run(arguments: argparse.Namespace) -> None:
    import_module(f"smwm.figures.{arguments.figure}").run(arguments)
