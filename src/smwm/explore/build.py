"""Write the page: `smwm explore`.

One file that needs nothing else: no server, no network. Models of the two rooms plan live in
it; episodes that were recorded in the other environments are shown as films.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from smwm.analysis.measured import save_origin
from smwm.config.settings import add_arguments, from_arguments
from smwm.errors import InputError
from smwm.explore.films import film
from smwm.explore.scenes import ENVS, geometry, scene
from smwm.methods import METHODS, TRAINED
from smwm.models.checkpoint import load_model
from smwm.models.world_model import WorldModel
from smwm.planning.cem import PlannerSettings
from smwm.planning.episodes import RULE, Episode, read_episodes
from smwm.system.files import write_bytes

PAGE = Path(__file__).parent / "page"
BUDGET = 100  # steps until the page gives up: the far corner of the other room takes 70
OFFSET = 25  # steps that a distractor flies on before the goal's image, as in a task
NOTES = {
    "smwm": "From two latents one must be able to tell the action between them. That is all.",
    "sigreg": "All latents together must look like a Gaussian cloud.",
    "forward_only": "Nothing but prediction: the same latent for every image would do.",
}
Models = dict[tuple[str, str], WorldModel]  # by environment and method


def read_models(paths: list[Path]) -> tuple[Models, list[dict[str, Any]]]:
    """The models and their provenance. Raises InputError naming a file with an unknown one."""
    models: Models = {}
    provenances = []
    for path in paths:
        model, provenance = load_model(path)
        env, method = str(provenance.get("env")), provenance.get("method")
        if method not in TRAINED:
            raise InputError(f"{path}: is of method {method!r}, allowed: {', '.join(TRAINED)}")
        if (env, method) in models:
            raise InputError(f"{path}: a model of {env} with {method} is there already")
        models[env, method] = model
        provenances.append(provenance)
    return models, provenances


def read_scenes(models: Models) -> dict[str, dict[str, Any]]:
    """What plans live, by environment, then by method in the order of METHODS."""
    found: dict[str, dict[str, Any]] = {}
    for env in ENVS:
        for method in METHODS:
            if (env, method) in models:
                try:
                    found.setdefault(env, {})[method] = scene(env, models[env, method])
                except InputError as error:
                    raise InputError(f"the model of {env} with {method}: {error}") from error
    if ENVS[0] not in found:
        raise InputError(f"--checkpoints: none is of {ENVS[0]}, in which the page plays")
    return found


def read_films(episodes: list[Episode], models: Models) -> list[dict[str, Any]]:
    """Raises InputError if an episode's model is missing or sees images of another size."""
    films = []
    for episode in episodes:
        key = episode.tasks.env, episode.paths.method
        if key not in models:
            raise InputError(f"--checkpoints: none is of {key[0]} with {key[1]}, whose --paths are")
        if models[key].image_size != episode.tasks.image_size:
            raise InputError(
                f"--checkpoints: the model of {key[0]} with {key[1]} sees "
                f"{models[key].image_size} px, the tasks' images are {episode.tasks.image_size} px"
            )
        films.append(film(episode, models[key]))
    return films


def described(method: str) -> dict[str, str]:
    """What the page says of a method, and its colour."""
    entry = METHODS[method]
    note = NOTES.get(method, entry.source)
    return {"label": entry.label, "colour": entry.colour, "note": note}


def page(content: dict[str, Any]) -> str:
    """The page with its style, its scripts and `content` in it."""
    parts = {file.name: file.read_text(encoding="utf-8") for file in PAGE.iterdir()}
    parts["data.json"] = json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")
    text = parts.pop("index.html")
    for name, part in parts.items():
        text = text.replace(f"{{{{ {name} }}}}", part)
    return text


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--checkpoints", required=True, nargs="+", type=Path,
        help="models of `smwm train`: of two_room, which plan live, of its variant with a "
        "distractor, and of what --paths are of",
    )  # fmt: skip
    parser.add_argument("--tasks", nargs="*", default=[], type=Path, help="of `smwm tasks`")
    parser.add_argument(
        "--paths", nargs="*", default=[], type=Path, help="of `smwm plan` through the tasks: films"
    )
    parser.add_argument("--out", required=True, type=Path, help="page to write (.html)")
    add_arguments(parser, PlannerSettings)


def run(arguments: argparse.Namespace) -> None:
    planner = from_arguments(arguments, PlannerSettings)
    models, provenances = read_models(arguments.checkpoints)
    scenes = read_scenes(models)
    films = read_films(read_episodes(arguments.tasks, arguments.paths), models)
    shown = dict.fromkeys(method for found in scenes.values() for method in found)
    content = {
        "methods": {
            name: {
                "label": METHODS[name].label,
                "colour": METHODS[name].colour,
                "note": NOTES.get(name, METHODS[name].source),
            }
            for name in shown
        },
        "geometry": geometry(),
        "budget": BUDGET,
        "offset": OFFSET,
        "planner": asdict(planner),
        "scenes": scenes,
        "films": films,
        "rule": RULE,
    }
    write_bytes(arguments.out, page(content).encode())
    inputs = [*arguments.checkpoints, *arguments.tasks, *arguments.paths]
    save_origin(
        arguments.out.with_suffix(".json"), __name__, inputs, [asdict(planner), *provenances]
    )
