"""Which benchmark: against a plain reference, or of a GPU on a bare machine: `smwm benchmark`."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path

from smwm.benchmark.gpu import run as kit
from smwm.errors import InputError
from smwm.system.device import DEVICES


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", required=True, type=Path,
        help="folder for benchmark.csv and .md, in which rows of other machines, scales, parts "
        "and numbers of threads stay; with --gpu for gpu.csv, .md and .json",
    )  # fmt: skip
    parser.add_argument("--device", default="auto", choices=DEVICES)
    group = parser.add_argument_group("Of a GPU")
    group.add_argument(
        "--gpu", action="store_true",
        help="check and time a GPU in some minutes, with the package's bare dependencies",
    )  # fmt: skip
    group.add_argument(
        "--checks", nargs="+", choices=[*kit.CHECKS, *kit.MORE], metavar="CHECK",
        help=f"which (default: {' '.join(kit.CHECKS)}; also: {' '.join(kit.MORE)})",
    )  # fmt: skip
    group.add_argument(
        "--small", action="store_true", help="small sizes without goals of speed; always on a CPU"
    )
    with suppress(ModuleNotFoundError):  # a bare machine: it runs the kit alone
        from smwm.benchmark.compare import add_arguments_of_comparison

        add_arguments_of_comparison(parser)


def run(arguments: argparse.Namespace) -> None:
    """Raises InputError for bad input, and if a check of the GPU fails."""
    if arguments.gpu:
        checks = arguments.checks or list(kit.CHECKS)
        kit.run(arguments.out, arguments.device, arguments.small, checks)
        return
    if arguments.checks or arguments.small:
        raise InputError("--checks, --small: are of --gpu, which is not given")
    from smwm.benchmark import compare

    compare.run(arguments)
