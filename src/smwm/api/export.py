"""Export a checkpoint in the format of the Hugging Face Hub: `smwm export`."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", required=True, type=Path, help="model of `smwm train`")
    parser.add_argument(
        "--out", required=True, type=Path,
        help="folder for model.safetensors, config.json and the card README.md",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> None:
    from smwm.api.hub import export  # needs an extra, and --help does not

    export(arguments.checkpoint, arguments.out)
    print(f"{arguments.out}: written; its README.md is the model's card")
