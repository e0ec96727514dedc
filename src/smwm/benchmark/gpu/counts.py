"""What the kit has to know of the configuration, which a bare machine cannot read.

`make kit` writes it to `scales.json` beside this file, and a test finds out if that is old.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from smwm.benchmark.gpu.scales import ENV, SCALES
from smwm.config.configuration import BLOCKS, Configuration
from smwm.config.folder import config_folder
from smwm.system.files import write_json
from smwm.workflow.results import tables
from smwm.workflow.run import CHECKPOINT, EXPORT, FAR, RECORD, SWEPT, Run

PROBES = "results/{scale}/probes/{env}/{method}/seed{seed}.csv"
TEMPLATES = (CHECKPOINT, EXPORT, PROBES, RECORD, FAR, SWEPT)
BATCH = ("batch_size", "frames", "projections")  # what of `train` a step's time depends on
TASKS = ("tasks", "budget")  # what of `tasks` the time of planning depends on


def write(path: Path = SCALES) -> None:
    write_json(path, described(config_folder()))


def described(folder: Path) -> dict[str, Any]:
    """Settings of scales gpu and paper, and the jobs of scale gpu that use a GPU."""
    scales = {name: Configuration({"scale": name}, folder) for name in ("gpu", "paper")}
    return {
        "scales": {
            name: {
                "image_size": scale.settings("collect", ENV)["image_size"],
                **{block: changed(block, scale.settings(block, ENV, "smwm"))
                   for block in ("model", "train", "tasks", "planner")},
            }
            for name, scale in scales.items()
        },
        "jobs": jobs(Run(scales["gpu"])),
    }  # fmt: skip


def jobs(run: Run) -> dict[str, Any]:
    """How often a run trains, plans and embeds, by what the time of it depends on.

    Jobs that load no network, such as planning at random, are left out.
    """
    models, planned, embedded = set(), Counter[str](), set()
    for template, named in wanted(run):
        if template == SWEPT:
            path = run.swept_checkpoint(named["env"], named["weight"], named["seed"])
            named |= match(CHECKPOINT, path) or {}
        if named["method"] == "random":
            continue
        models.add((named["env"], named["method"], named["seed"]))
        if template in (EXPORT, PROBES):
            embedded.add((named["env"], named["method"], named["seed"]))
        if template in (RECORD, FAR, SWEPT):
            planned[json.dumps(planning(run.configuration, template, named))] += 1
    steps, trained = Counter[str](), Counter[str]()
    for env, method, _ in models:
        kind, count = training(run.configuration, env, method)
        steps[json.dumps(kind)] += count
        trained[json.dumps(kind)] += 1
    return {
        "train": [json.loads(k) | {"jobs": trained[k], "steps": steps[k]} for k in sorted(steps)],
        "plan": [json.loads(kind) | {"jobs": planned[kind]} for kind in sorted(planned)],
        "embed": {
            "jobs": len(embedded),
            "images": sum(images(run.configuration, env) for env, _, _ in embedded),
        },
    }


def wanted(run: Run) -> Iterator[tuple[str, dict[str, str]]]:
    """Each file that the tables are made of, once: its template, and what stands in it."""
    files = {path for inputs in tables(run).values() for path in flat(inputs.values())}
    for path in sorted(files):
        for template in TEMPLATES:
            if named := match(template, path):
                yield template, named


def flat(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        yield from [value] if isinstance(value, str) else value


def match(template: str, path: str) -> dict[str, str] | None:
    """What stands in `path` for the names in braces; None if it is not of `template`."""
    pattern = re.sub(r"\{(\w+)(:g)?\}", r"(?P<\1>[^/]+)", template.replace(".", r"\."))
    found = re.fullmatch(pattern, path)
    return None if found is None else {"method": "smwm", **found.groupdict()}


def training(configuration: Configuration, env: str, method: str) -> tuple[dict[str, Any], int]:
    """What the time of a step depends on, and how many steps a model of the method takes."""
    swept = method.startswith("lambda")
    settings = configuration.settings("train", env, "smwm" if swept else method)
    if swept:
        settings |= configuration.sweep("lambda_sweep").training()
    method = "smwm" if swept else method
    kind = {
        "method": method,
        "model": changed("model", configuration.settings("model", env, method)),
        "train": {name: settings[name] for name in BATCH},
    }
    return kind, settings["steps"]


def planning(configuration: Configuration, template: str, named: dict[str, str]) -> dict[str, Any]:
    """What the time of planning depends on."""
    env = named["env"]
    tasks, planner = (configuration.settings(block, env) for block in ("tasks", "planner"))
    if template == SWEPT:
        sweep = configuration.sweep("lambda_sweep")
        tasks, planner = tasks | sweep.tasks(env), planner | {"iterations": sweep.iterations}
    if template == FAR:
        iterations = configuration.sweep("horizon_sweep").iterations
        tasks = tasks | {"budget": 2 * int(named["offset"])}
        planner = planner | {"iterations": iterations}
    return {
        "planner": changed("planner", planner),
        "tasks": {name: tasks[name] for name in TASKS},
        "block": configuration.settings("train", env)["block"],
    }


def images(configuration: Configuration, env: str) -> int:
    """Images that a model of `env` embeds."""
    settings = configuration.settings("embed", env)
    return settings["images"] + settings["fit_images"]


def changed(block: str, values: dict[str, Any]) -> dict[str, Any]:
    """Those of a block's settings that are not its defaults."""
    defaults = {field.name: field.default for field in fields(BLOCKS[block])}
    return {name: value for name, value in values.items() if value != defaults[name]}
