"""Draw one figure or table: `smwm figure NAME`."""

from __future__ import annotations

import argparse
from importlib import import_module

# Each is a module of this package with add_parser and run.
FIGURES = {
    "environments": "what the tasks look like, in the full look and as the model sees them",
    "data_coverage": "what the collection policies cover",
    "planning_success": "planning success of each method, with error bars",
    "replication": "every claim beside the paper's number, with a verdict",
}


def add_parser(parser: argparse.ArgumentParser) -> None:
    names = parser.add_subparsers(dest="figure", required=True, metavar="NAME")
    for name, meaning in FIGURES.items():
        figure = names.add_parser(name, help=meaning, description=meaning)
        import_module(f"smwm.figures.{name}").add_parser(figure)


def run(arguments: argparse.Namespace) -> None:
    import_module(f"smwm.figures.{arguments.figure}").run(arguments)
