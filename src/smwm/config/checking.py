"""What people write into configurations, read and checked: every fault is one clear line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from smwm.errors import InputError

LARGEST = 1e15  # number; what is larger is a slip, and overflows further on
MOST = 100_000  # values; nested aliases of a short file may stand for any number of them
DEEPEST = 20  # levels; a configuration has four
OPENING = (
    yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken,
)  # fmt: skip
CLOSING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


def read_yaml(path: Path) -> Any:
    """Parse a YAML file safely. Raises InputError naming the file and the line.

    Aliases are refused: a few lines of them can stand for more values than fit in memory. So is
    deep nesting, on which the parser spends minutes.
    """
    depth = 0
    try:
        text = path.read_text(encoding="utf-8")
        for token in yaml.scan(text):
            line = token.start_mark.line + 1
            if isinstance(token, yaml.AliasToken):
                raise InputError(f"{path}: line {line}: aliases (*{token.value}) are not allowed")
            depth += isinstance(token, OPENING) - isinstance(token, CLOSING)
            if depth > DEEPEST:
                raise InputError(f"{path}: line {line}: nested more than {DEEPEST} deep")
        return yaml.safe_load(text) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InputError(
            f"{path}: not readable as YAML ({' '.join(str(error).split())})"
        ) from error


def require_few(values: Any, origin: str) -> None:
    """Raise InputError if `values` stand for more than MOST, as aliases of aliases do."""
    left, count = [values], 0
    while left:
        value = left.pop()
        count += 1
        if count > MOST:
            raise InputError(f"{origin}: stands for more than {MOST} values: aliases of aliases?")
        left.extend(value.values() if isinstance(value, Mapping) else ())
        left.extend(value if isinstance(value, list) else ())


def unquote(value: Any) -> Any:
    """Numbers for texts that spell one: Snakemake hands on nested `--config` values as text."""
    if isinstance(value, Mapping):
        return {key: unquote(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unquote(item) for item in value]
    if isinstance(value, str):
        with suppress(yaml.YAMLError):
            parsed = yaml.safe_load(value)
            return parsed if isinstance(parsed, int | float) else value
    return value


def check(values: Any, schema: dict[str, Any], origin: str) -> None:
    """Raise InputError for the first violation of `schema`, worded for people."""
    for name, value in _numbers(values):
        if not abs(value) <= LARGEST:  # nor is NaN
            raise InputError(
                f"{origin}: {name}: {value} is not allowed, it must be finite, at most {LARGEST:g}"
            )
    errors = Draft202012Validator(schema).iter_errors(values)
    error = min(errors, key=lambda error: list(map(str, error.absolute_path)), default=None)
    if error is not None:
        raise InputError(f"{origin}: {_explain(error)}")


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, int | float]]:
    """Every number in nested mappings and lists, with its key."""
    if isinstance(value, int | float):
        yield name, value
    items: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, Mapping) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, item in items:
        yield from _numbers(item, f"{name}.{key}" if name else str(key))


def _explain(error: ValidationError) -> str:
    name = ".".join(map(str, error.absolute_path))
    prefix = f"{name}: " if name else ""
    if error.validator == "additionalProperties":
        allowed = sorted(error.schema["properties"])
        unknown = next(str(key) for key in error.instance if key not in allowed)
        near = difflib.get_close_matches(unknown, allowed, 1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        return f"{prefix}unknown key {unknown!r}{hint}, allowed: {', '.join(allowed)}"
    rules = {
        "type": "must be of type {}",
        "enum": "must be one of {}",
        "minimum": "must be at least {}",
        "maximum": "must be at most {}",
        "exclusiveMinimum": "must be more than {}",
        "minItems": "must have at least {} entry",
        "uniqueItems": "must not repeat an entry",
    }
    rule = rules[error.validator].format(error.validator_value)
    hint = ""
    if error.validator == "type" and isinstance(error.instance, str):
        with suppress(ValueError):
            hint = f"; YAML reads it as text, write {float(error.instance)}"
    return f"{prefix}{error.instance!r} is not allowed, it {rule}{hint}"
