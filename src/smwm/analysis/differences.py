"""What a run's settings have in common with the paper's, and where they differ.

Ours are read from what the results carry with them, the paper's from its table of settings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from smwm.analysis.paper import Paper
from smwm.envs import ENVIRONMENTS
from smwm.errors import InputError

UNKNOWN = "–"
Settings = dict[str, dict[str, str]]  # environment or world: setting: value


@dataclass(frozen=True)
class Comparison:
    """The settings that differ, as a table, and those that do not, as `name value`."""

    differing: pd.DataFrame  # setting, paper, then a column for each domain
    same: list[str]


def compare(part: str, ours: Settings, paper: Paper) -> Comparison:
    """Our settings of each domain (environment or world) beside the paper's of a `part`."""
    table = paper.tables["settings"]
    table = table[table["part"] == part]
    known = {(row.setting, row.domain): row.value for row in table.itertuples()}
    names = dict.fromkeys([*table["setting"], *(name for own in ours.values() for name in own)])
    differing, same = [], []
    for name in names:
        mine = [own.get(name, UNKNOWN) for own in ours.values()]
        everywhere = known.get((name, "all"), UNKNOWN)
        theirs = [known.get((name, domain), everywhere) for domain in ours]
        if set(mine) == {UNKNOWN}:
            continue
        if mine == theirs:
            same.append(f"{name} {_brief(mine)}")
        else:
            differing.append([name, _brief(theirs), *mine])
    return Comparison(pd.DataFrame(differing, columns=["setting", "paper", *ours]), same)


def _brief(values: list[str]) -> str:
    """One value where all are the same, else all of them in order."""
    return values[0] if len(set(values)) == 1 else " / ".join(values)


def environment_settings(
    planned: list[dict[str, Any]], tables: dict[str, pd.DataFrame], probed: Iterable[dict[str, Any]]
) -> Settings:
    """What SMWM ran with in each environment, sweeps and probes included.

    `planned`: the settings behind planning_success, which is one of `tables`; `probed`: where
    embeddings come from, by `smwm embed`. Raises InputError naming what the settings of SMWM do
    not tell.
    """
    images = {origin["model"]["env"]: origin["settings"] for origin in probed}
    success = tables.get("planning_success", pd.DataFrame(columns=["env", "episodes"]))
    settings = {}
    for env in (env for env in ENVIRONMENTS if env in set(success["env"])):
        mine = [group for group in planned if group["env"] == env and group["model"]]
        ours = [group for group in mine if group["method"] == "smwm"]
        if not ours:
            continue
        tasks = int(success[success["env"] == env]["episodes"].iloc[0])
        try:
            found = _experiment(ours[0], tasks) | {"seeds": sum(len(g["seeds"]) for g in ours)}
            others = [g["model"]["settings"]["weight"] for g in mine if g["method"] == "sigreg"]
            found["weight of SIGReg"] = others[0] if others else None
        except KeyError as error:
            raise InputError(f"a record of smwm in {env} does not tell {error}") from error
        if env in images:
            found["probes: training images"] = images[env]["fit_images"]
            found["probes: held-out images"] = images[env]["images"]
        found |= _sweeps(env, tables)
        settings[env] = {name: text(value) for name, value in found.items()}
    return settings


def _experiment(group: dict[str, Any], tasks: int) -> dict[str, Any]:
    model, used = group["model"], group["settings"]
    net, training, planner = model["model"], model["settings"], used["planner"]
    return {
        "time step": used.get("time_step"),
        "image side [px]": model["image_size"],
        "encoder": encoder_name(net),
        "forward model": forward_name(net),
        "latent dimensions": net["latent_dim"],
        "training episodes": model["episodes"],
        "optimiser steps": training["steps"],
        "batch size": training["batch_size"],
        "frames in a window": training["frames"],
        "learning rate": training["learning_rate"],
        "λ": training["weight"],
        "tasks": tasks,
        "steps to the goal": used["offset"],
        "budget [steps]": used["budget"],
        "planner: samples": planner["samples"],
        "planner: iterations": planner["iterations"],
        "planner: elites": planner["elites"],
        "planner: horizon [blocks]": planner["horizon"],
        "planner: executes [blocks]": planner["execute"] or planner["horizon"],
        "planner: initial std": planner["initial_std"],
        "planner: returns": planner.get("returns"),
        "planner: candidates": planner.get("candidates"),
    }


def _sweeps(env: str, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """What the sweeps of an environment went over, from their tables."""
    found: dict[str, Any] = {}
    for name, columns in {
        "lambda_sweep": {
            "λ sweep: weights": "weight",
            "λ sweep: budget [steps]": "budget",
            "λ sweep: optimiser steps": "steps",
            "λ sweep: seeds": "seeds",
        },
        "horizon_sweep": {"distances of goals": "offset", "distances of goals: seeds": "seeds"},
    }.items():
        table = tables.get(name)
        mine = None if table is None else table[table["env"] == env]
        for setting, column in columns.items():
            if mine is None or mine.empty:
                found[setting] = "not run"
            else:
                found[setting] = sorted(mine[column].unique()) if column in mine else None
    return found


def world_settings(origins: Iterable[dict[str, Any]]) -> Settings:
    """What SMWM was trained with in each world; `origins`: where exports come from."""
    settings: Settings = {}
    seeds: dict[str, set[int]] = {}
    for origin in origins:
        model = origin["model"]
        if model["method"] != "smwm" or "pairs" not in model:
            continue
        net, training = model["model"], model["settings"]
        seeds.setdefault(model["env"], set()).add(model["seed"])
        found = {
            "pairs": model["pairs"]["pairs"],
            "encoder": encoder_name(net),
            "output": net["output"],
            "latent dimensions": net["latent_dim"],
            "width of MLPs": net["width"],
            "updates": training["steps"],
            "batch size": training["batch_size"],
            "learning rate": training["learning_rate"],
            "λ": training["weight"],
            "seeds": len(seeds[model["env"]]),
        }
        settings[model["env"]] = {name: text(value) for name, value in found.items()}
    return settings


def encoder_name(net: dict[str, Any]) -> str:
    """An encoder's kind and what tells its size; the paper's has the paper's name."""
    if net["encoder"] == "vit":
        sizes = tuple(net[key] for key in ("vit_width", "vit_depth", "vit_heads"))
        kind = "ViT-Tiny" if sizes == (192, 12, 3) else "vit-" + "-".join(map(str, sizes))
        return f"{kind}/{net['patch']}"
    if net["encoder"] in ("cnn", "keypoints"):
        return "-".join([net["encoder"], *map(str, net["channels"])])
    return net["backbone"]


def forward_name(net: dict[str, Any]) -> str:
    """A forward model's kind and its depth."""
    if net["forward_model"] == "transformer":
        return f"transformer of {net['blocks']} blocks"
    return f"MLP of {net['depth']} hidden layers"


def text(value: Any) -> str:
    """A setting as it stands in the table."""
    if value is None:
        return UNKNOWN
    if isinstance(value, list):
        return " ".join(map(text, value))
    return value if isinstance(value, str) else f"{value:.10g}"
