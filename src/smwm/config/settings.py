"""Typed settings: one frozen dataclass a stage, one line a setting.

The same fields make the command line's flags (`add_arguments`), the schema of the
configuration files (`json_schema`) and the record in each result (`dataclasses.asdict`), so
that a name, its range and its meaning are written once.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import typing
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, TypeVar

from smwm.errors import InputError

Settings = TypeVar("Settings")
JSON_TYPES = {int: "integer", float: "number", str: "string"}
ABSTRACT_TYPES = {int: Integral, float: Real, str: str}  # NumPy's numbers are of them too


def setting(
    default: Any,
    meaning: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """A dataclass field with its meaning and the values it may take."""
    rules = {
        "minimum": at_least,
        "maximum": at_most,
        "exclusiveMinimum": above,
        "enum": list(choices) if choices else None,
    }
    rules = {key: value for key, value in rules.items() if value is not None}
    return dataclasses.field(default=default, metadata={"meaning": meaning, "rules": rules})


def json_schema(settings: type) -> dict[str, Any]:
    """JSON Schema of a settings class: every key optional, no others allowed."""
    properties = {}
    for field, kind, is_list in fields_of(settings):
        rules = field.metadata["rules"]
        value = {"type": JSON_TYPES[kind], **rules}
        if is_list:
            value = {"type": "array", "items": value, "minItems": 1}
        properties[field.name] = {**value, "description": field.metadata["meaning"]}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def add_arguments(parser: argparse.ArgumentParser, settings: type) -> None:
    """Give `parser` one flag per setting, with its meaning and default as help."""
    assert settings.__doc__ is not None  # a dataclass has one
    group = parser.add_argument_group(settings.__doc__.splitlines()[0].rstrip("."))
    for field, kind, is_list in fields_of(settings):
        default: Any = field.default  # `setting` gives every field one
        shown = " ".join(map(str, default)) if is_list else default
        group.add_argument(
            flag(field.name),
            type=kind,
            nargs="+" if is_list else None,
            default=default,
            choices=field.metadata["rules"].get("enum"),
            metavar=None if "enum" in field.metadata["rules"] else kind.__name__.upper(),
            help=f"{field.metadata['meaning']} (default: {shown})",
        )


def from_arguments(arguments: argparse.Namespace, settings: type[Settings]) -> Settings:
    """Settings from parsed flags. Raises InputError for a value out of range."""
    values = {}
    for field, _, is_list in fields_of(settings):
        value = getattr(arguments, field.name)
        values[field.name] = tuple(value) if is_list else value
        for item in value if is_list else [value]:
            _check(flag(field.name), item, field.metadata["rules"])
    return settings(**values)


def from_keywords(values: Mapping[str, Any], *kinds: type) -> list[Any]:
    """Settings of each of `kinds` from keywords; what they do not name has its default.

    Raises InputError for a key that none of `kinds` has, and for a value that is of another type
    or not allowed.
    """
    fields = [fields_of(kind) for kind in kinds]
    known = {field.name for own in fields for field, _, _ in own}
    for name in values:
        if name not in known:
            raise InputError(f"{name}: is no setting, allowed: {', '.join(sorted(known))}")
    return [
        settings(
            **{
                field.name: _typed(field, kind, is_list, values[field.name])
                for field, kind, is_list in own
                if field.name in values
            }
        )
        for settings, own in zip(kinds, fields, strict=True)
    ]


def _typed(field: dataclasses.Field, kind: type, is_list: bool, value: Any) -> Any:
    items = list(value) if is_list and isinstance(value, list | tuple) else [value]
    for item in items:
        if not isinstance(item, ABSTRACT_TYPES[kind]) or isinstance(item, bool):
            raise InputError(
                f"{field.name}: {item!r} is not allowed, it must be of type {JSON_TYPES[kind]}"
            )
        _check(field.name, item, field.metadata["rules"])
    return tuple(map(kind, items)) if is_list else kind(value)


def flag(name: str) -> str:
    """Command-line flag of a setting: `batch_size` is `--batch-size`."""
    return "--" + name.replace("_", "-")


def at_least(bound: int) -> Callable[[str], int]:
    """An argparse type: integers from `bound` on."""

    def integer(text: str) -> int:
        if not text.lstrip("-").isdigit() or int(text) < bound:
            raise argparse.ArgumentTypeError(f"{text!r} is not an integer of at least {bound}")
        return int(text)

    return integer


def _check(name: str, value: Any, rules: dict[str, Any]) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{name}: {value} is not allowed, it must be a finite number")
    tests = {
        "minimum": (lambda bound: value >= bound, "at least"),
        "maximum": (lambda bound: value <= bound, "at most"),
        "exclusiveMinimum": (lambda bound: value > bound, "more than"),
    }
    if value not in rules.get("enum", [value]):
        raise InputError(f"{name}: {value!r} is not allowed, allowed: {', '.join(rules['enum'])}")
    for rule, (passes, words) in tests.items():
        if rule in rules and not passes(rules[rule]):
            raise InputError(f"{name}: {value} is not allowed, it must be {words} {rules[rule]}")


def fields_of(settings: type) -> list[tuple[dataclasses.Field, type, bool]]:
    """(field, type of one value, whether it is a list) for each setting."""
    hints = typing.get_type_hints(settings)
    result = []
    for field in dataclasses.fields(settings):
        hint = hints[field.name]
        is_list = typing.get_origin(hint) is tuple
        if is_list:
            hint = typing.get_args(hint)[0]
        result.append((field, hint, is_list))
    return result
