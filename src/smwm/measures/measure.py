"""Measure one table: `smwm measure NAME`. Figures draw these tables, claims are judged by them."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

from smwm.analysis.measured import read_measured, write_measured
from smwm.measures.names import FLAGS, MEASURES


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
    behind = [read_measured(path).inputs for path in given.get("tables", [])]
    known = {path: sha for found in behind for path, sha in found.items()}
    write_measured(out, module, table, inputs, settings, known)
