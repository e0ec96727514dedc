import argparse
from dataclasses import dataclass

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from smwm.config.configuration import BLOCKS
from smwm.config.settings import (
    add_arguments,
    from_arguments,
    from_keywords,
    json_schema,
    setting,
)
from smwm.errors import InputError


@dataclass(frozen=True)
class Example:
    """Example."""

    steps: int = setting(10, "how many", at_least=1)
    rate: float = setting(0.5, "how fast", above=0.0, at_most=1.0)
    widths: tuple[int, ...] = setting((4, 8), "how wide", at_least=1)
    kind: str = setting("a", "which", choices=("a", "b"))


def parse(words):
    parser = argparse.ArgumentParser()
    add_arguments(parser, Example)
    return from_arguments(parser.parse_args(words.split()), Example)


def test_flags_give_typed_settings():
    assert parse("") == Example()
    assert parse("--steps 3 --rate 1 --widths 1 2 3 --kind b") == Example(3, 1.0, (1, 2, 3), "b")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--steps 0", "--steps: 0 is not allowed, it must be at least 1"),
        ("--rate 0", "--rate: 0.0 is not allowed, it must be more than 0.0"),
        ("--rate 2", "--rate: 2.0 is not allowed, it must be at most 1.0"),
        ("--widths 4 0", "--widths: 0 is not allowed, it must be at least 1"),
    ],
)
def test_values_out_of_range_are_refused(words, message):
    with pytest.raises(InputError, match=message):
        parse(words)


def test_schema_accepts_what_the_class_accepts():
    validator = Draft202012Validator(json_schema(Example))
    assert validator.is_valid({"steps": 1, "rate": 0.1, "widths": [1], "kind": "b"})
    for bad in ({"steps": 0}, {"steps": 1.5}, {"widths": []}, {"kind": "c"}, {"other": 1}):
        assert not validator.is_valid(bad)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_setting_of_the_project_has_a_meaning(block):
    schema = json_schema(BLOCKS[block])
    Draft202012Validator.check_schema(schema)
    assert all(len(rule["description"]) > 3 for rule in schema["properties"].values())


@dataclass(frozen=True)
class Other:
    """Other."""

    size: int = setting(1, "how large", at_least=1)


def test_keywords_give_each_class_its_own():
    example, other = from_keywords({"size": 2, "widths": [1, 2], "rate": 1}, Example, Other)
    assert example == Example(widths=(1, 2), rate=1.0)
    assert isinstance(example.rate, float)
    assert other == Other(2)
    assert from_keywords({"steps": np.int64(3)}, Example) == [Example(3)]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"step": 3}, "step: is no setting, allowed: kind, rate, size, steps, widths"),
        ({"steps": 0}, "steps: 0 is not allowed, it must be at least 1"),
        ({"steps": 1.5}, "steps: 1.5 is not allowed, it must be of type integer"),
        ({"steps": True}, "steps: True is not allowed, it must be of type integer"),
        ({"steps": [3]}, r"steps: \[3\] is not allowed, it must be of type integer"),
        ({"rate": "fast"}, "rate: 'fast' is not allowed, it must be of type number"),
        ({"widths": (4, 0)}, "widths: 0 is not allowed, it must be at least 1"),
        ({"kind": "c"}, "kind: 'c' is not allowed, allowed: a, b"),
    ],
)
def test_keywords_that_are_not_allowed_are_named(values, message):
    with pytest.raises(InputError, match=message):
        from_keywords(values, Example, Other)
