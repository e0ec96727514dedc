"""Print the settings: every key that there is, or what a run makes of them: `smwm settings`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from smwm.config.checking import read_yaml
from smwm.config.configuration import BLOCKS, Configuration
from smwm.config.folder import config_folder
from smwm.config.settings import json_schema
from smwm.config.sweeps import SWEEPS
from smwm.errors import InputError
from smwm.methods import METHODS


def describe() -> str:
    """Every key of a scale as Markdown: config/README.md holds this text."""
    lines = []
    for name, settings in (BLOCKS | SWEEPS).items():
        lines += [f"### `{name}`", "", "| key | type | allowed | default | meaning |"]
        lines += ["|---|---|---|---|---|"]
        defaults = asdict(settings())
        for key, rule in json_schema(settings)["properties"].items():
            item = rule.get("items", rule)
            kind = f"list of {item['type']}" if "items" in rule else item["type"]
            signs = {"minimum": "≥", "maximum": "≤", "exclusiveMinimum": ">"}
            allowed = [f"{sign} {item[name]}" for name, sign in signs.items() if name in item]
            allowed += [", ".join(item["enum"])] if "enum" in item else []
            default = defaults[key]
            shown = list(default) if isinstance(default, tuple) else default
            cells = [f"`{key}`", kind, "; ".join(allowed), f"{shown}", rule["description"]]
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def resolved(configuration: Configuration, domain: str, method: str | None) -> Iterator[str]:
    """A line a setting of an environment or world: key, value, and the layer that set it."""
    rows = [
        (f"{block}.{key}", _shown(value), origin)
        for block in BLOCKS
        for key, (value, origin) in configuration.explained(block, domain, method).items()
    ]
    widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
    for key, value, origin in rows:
        yield f"{key:{widths[0]}}  {value:{widths[1]}}  {origin}"


def _shown(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--env", help="environment or world whose resolved settings to print")
    parser.add_argument("--method", choices=METHODS, help="method whose settings count, too")
    parser.add_argument("--scale", help="scale (default: that of config.yaml)")
    parser.add_argument(
        "--config", type=Path, help="folder (default: config, if it is there, else the package's)"
    )


def run(arguments: argparse.Namespace) -> None:
    if arguments.env is None:
        if arguments.method or arguments.scale:
            raise InputError("--env: is needed to say what a scale or a method makes of it")
        print(describe())
        return
    folder = arguments.config or config_folder()
    base = read_yaml(folder / "config.yaml") or {}
    if arguments.scale:
        base |= {"scale": arguments.scale}
    configuration = Configuration(base, folder)
    print("\n".join(resolved(configuration, arguments.env, arguments.method)))
