"""Environments: one file each, behind the protocol in `smwm.envs.base`."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from smwm.envs.base import Environment
from smwm.errors import InputError
from smwm.system.extras import extras_named


class Entry(NamedTuple):
    """An environment's class, in the module of its name, and its name for people."""

    class_name: str
    label: str


ENVIRONMENTS = {
    "two_room": Entry("TwoRoom", "Two rooms"),
    "reacher": Entry("Reacher", "Reacher"),
    "push_t": Entry("PushT", "Push-T"),
    "cube": Entry("Cube", "Cube"),
    "two_room_distractor": Entry("TwoRoomDistractor", "Two rooms, distractor"),
    "push_t_distractor": Entry("PushTDistractor", "Push-T, distractor"),
}
DISTRACTOR = "_distractor"  # ends the name of a variant with a distractor in the image


def environment_module(name: str) -> str:
    """Module of an environment. Raises InputError for an unknown name."""
    if name not in ENVIRONMENTS:
        known = ", ".join(sorted(ENVIRONMENTS))
        raise InputError(f"environment {name!r} is unknown, allowed: {known}")
    return f"smwm.envs.{name}"


def make_environment(name: str, copies: int) -> Environment:
    """`copies` independent copies of the environment `name`, stepped together.

    Raises InputError for an unknown name, and where its simulator is not installed.
    """
    with extras_named():
        module = import_module(environment_module(name))
        return getattr(module, ENVIRONMENTS[name].class_name)(copies)
