"""The card of a dataset: what is in it and how it came about, for people."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from inspect import getdoc
from pathlib import Path
from typing import Any

import numpy as np

from smwm.data.dataset import read_states
from smwm.envs import ENVIRONMENTS, make_environment
from smwm.system.files import sha256, write_bytes

SIMULATORS = ("mujoco", "dm-control", "ogbench", "gym-pusht", "pymunk", "numpy", "h5py")


def write_card(folder: Path, env: str, settings: dict[str, Any], code: str) -> None:
    """Write `folder`/README.md for `folder`/train.h5 and eval.h5: same data, same bytes."""
    environment = make_environment(env, 1)
    state_dim = len(environment.state_names)
    environment.reset([np.random.default_rng(0)])
    policy = environment.collection_policy([np.random.default_rng(0)])
    lines = [
        f"# Trajectories: {ENVIRONMENTS[env].label} (`{env}`)",
        "",
        "Collected without rewards, by this policy:",
        "",
        getdoc(policy) or getdoc(environment.collection_policy) or "not described",
        "",
        "| file | episodes | frames | actions | size [MB] | sha256 |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for split in ("train", "eval"):
        path = folder / f"{split}.h5"
        states, lengths, _ = read_states(path, state_dim)
        actions, size = int((lengths - 1).sum()), path.stat().st_size / 1e6
        cells = [f"{split}.h5", len(lengths), len(states), actions, f"{size:.1f}", sha256(path)]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    states, _, _ = read_states(folder / "train.h5", state_dim)
    events = environment.events(states)
    lines += [
        "",
        *(f"- {name}: {100 * flags.mean():.1f} % of steps" for name, flags in events.items()),
    ]
    lines += [
        "",
        f"Images: {settings['image_size']} x {settings['image_size']} pixels, RGB. "
        f"Left out of the full look: {environment.left_out}. A step: {environment.time_step}.",
        "",
        f"Each episode draws from its own seed, made of {settings['data_seed']} and its number; "
        f"{100 * settings['held_out']:g} % of the episodes are held out. Code {code}.",
        "",
        f"Columns of `state`: {', '.join(environment.state_names)}.",
        "",
        f"Versions: {', '.join(_versions())}.",
    ]
    write_bytes(folder / "README.md", ("\n".join(lines) + "\n").encode())


def _versions() -> list[str]:
    found = []
    for name in SIMULATORS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found
