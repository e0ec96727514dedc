"""The configuration of the workflow: one base file, one file a scale, checked key by key."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from smwm.analysis.decode import DecodeSettings
from smwm.analysis.embed import EmbedSettings
from smwm.config.checking import check, read_yaml, require_few, unquote
from smwm.config.settings import fields_of, flag, json_schema
from smwm.config.sweeps import NAMING_ENVS, NAMING_METHODS, SWEEPS
from smwm.data.collect import CollectSettings
from smwm.data.worlds import WORLDS, PairSettings
from smwm.envs import DISTRACTOR, ENVIRONMENTS
from smwm.errors import InputError
from smwm.methods import METHODS
from smwm.models.world_model import ModelSettings
from smwm.planning.cem import PlannerSettings
from smwm.planning.tasks import TaskSettings
from smwm.system.device import DEVICES
from smwm.training.train import TrainSettings

RUN = ("scale", "device")  # keys that no scale has
Keys = tuple[str, ...]  # that lead to a part of a configuration
OF_METHODS = ("train", "model")  # blocks that a method may override
BLOCKS = {
    "collect": CollectSettings,
    "pairs": PairSettings,
    "model": ModelSettings,
    "train": TrainSettings,
    "tasks": TaskSettings,
    "planner": PlannerSettings,
    "embed": EmbedSettings,
    "decode": DecodeSettings,
}


def scale_schema() -> dict[str, Any]:
    """JSON Schema of config/scale/<name>.yaml."""
    blocks = {name: json_schema(settings) for name, settings in BLOCKS.items()}
    both = blocks["train"]["properties"] | blocks["model"]["properties"]
    methods = _mapping(
        dict.fromkeys(METHODS, _mapping(both, "overrides for one method")),
        "methods to compare; each may override keys of `train` and `model`, above all its `weight`",
    )
    seeds = {
        "type": "array",
        "items": {"type": "integer", "minimum": 0},
        "minItems": 1,
        "uniqueItems": True,
        "description": "seeds of training and planning; one model each",
    }
    overrides = _mapping(
        {**blocks, "methods": methods, "seeds": seeds}, "overrides for one environment"
    )
    overrides["type"] = ["object", "null"]
    return _mapping(
        {
            "description": {"type": "string", "description": "what the scale is for"},
            "jobs_per_gpu": {
                "type": "integer",
                "minimum": 1,
                "description": "jobs that share a GPU; small networks leave most of one idle",
            },
            "seeds": seeds,
            "methods": methods,
            "baselines": methods
            | {"description": "methods beyond the paper, compared in figures of their own"},
            "envs": _mapping(
                dict.fromkeys(ENVIRONMENTS, overrides),
                "environments; each may override the seeds, weights of methods and any block",
            ),
            "representation": overrides | {"description": "overrides for all worlds"},
            "worlds": _mapping(
                dict.fromkeys(WORLDS, overrides), "worlds; each may override the same as envs"
            ),
            **blocks,
            **{name: json_schema(settings) for name, settings in SWEEPS.items()},
        },
        "a scale",
    )


def base_schema() -> dict[str, Any]:
    """JSON Schema of config/config.yaml: the scale's name, and overrides of any of its keys."""
    schema = scale_schema()
    own = {
        "scale": {"type": "string", "description": "which file of config/scale to use"},
        "device": {"enum": list(DEVICES), "description": "where networks compute"},
    }
    return schema | {"properties": own | schema["properties"]}


class Configuration:
    """The resolved configuration: what each stage gets for an environment and a method."""

    def __init__(self, base: Mapping[str, Any], folder: Path | str = "config") -> None:
        """Read the scale that `base` names and check both.

        Raises InputError naming the file and the key, what is wrong, and what is allowed.
        """
        folder = Path(folder)
        require_few(base, f"{folder}/config.yaml or --config")
        base = unquote(base)
        check(base, base_schema(), f"{folder}/config.yaml or --config")
        self.scale = base.get("scale", "laptop")
        self.device = base.get("device", "auto")
        path = folder / "scale" / f"{self.scale}.yaml"
        known = sorted(file.stem for file in (folder / "scale").glob("*.yaml"))
        if not known:
            raise InputError(f"{folder / 'scale'}: holds no scales; run in the repository")
        if self.scale not in known:
            raise InputError(f"scale: {self.scale!r} is unknown, allowed: {', '.join(known)}")
        values = read_yaml(path)
        check(values, scale_schema(), str(path))
        overrides = {key: base[key] for key in base if key not in RUN}
        self._values, self._overrides = merge(values, overrides), overrides
        self.jobs_per_gpu: int = self._values.get("jobs_per_gpu", 1)
        self._asked_seeds: list[int] = overrides.get("seeds", [])
        for key in ("seeds", "methods", "envs"):
            if not self._values.get(key):
                raise InputError(f"{path}: {key}: is missing, a scale names at least one")
        self.methods: list[str] = list(self._values["methods"])
        self.baselines = [m for m in self._values.get("baselines") or {} if m not in self.methods]
        self.envs: list[str] = list(self._values["envs"])
        self.worlds: list[str] = list(self._values.get("worlds") or {})
        for domain in (*self.envs, *self.worlds):
            for block in BLOCKS:
                try:
                    self.settings(block, domain)
                except InputError as error:
                    raise InputError(f"{path}: {domain}: {block}.{error}") from error
            source = self.settings("collect", domain)["source"]
            if "{" in source:
                raise InputError(
                    f"{domain}: collect.source: {source!r} is not allowed, Snakemake takes braces "
                    f"for wildcards; rename the file"
                )

    def _layers(self, domain: str) -> list[tuple[Keys, Mapping[str, Any]]]:
        """What is said for all, then for all worlds, then for one environment or world.

        Each with the keys that lead to it. A variant with a distractor takes what is said of its
        original. Raises InputError for a domain that the run lacks.
        """
        for env in (domain, domain.removesuffix(DISTRACTOR)):
            if env in self._values["envs"]:
                return [((), self._values), (("envs", env), self._values["envs"][env] or {})]
        if domain not in self.worlds:
            known = ", ".join([*self.envs, *self.worlds])
            raise InputError(f"{domain!r} is no environment or world of this scale: {known}")
        worlds = self._values.get("representation") or {}
        own = self._values["worlds"][domain] or {}
        return [((), self._values), (("representation",), worlds), (("worlds", domain), own)]

    def seeds(self, domain: str) -> list[int]:
        """Seeds of an environment or world: those of --config, else its own, else the scale's."""
        own = [layer["seeds"] for _, layer in self._layers(domain) if "seeds" in layer]
        return self._asked_seeds or own[-1]

    def settings(self, block: str, domain: str, method: str | None = None) -> dict[str, Any]:
        """Every setting of `block` for an environment or world, and for a method of training.

        Later ones win: default, scale, all worlds, environment or world, then the same order
        for what is said of the method.
        """
        found = self.explained(block, domain, method)
        values = {key: value for key, (value, _) in found.items()}
        return asdict(BLOCKS[block](**_typed(BLOCKS[block], values)))

    def explained(
        self, block: str, domain: str, method: str | None = None
    ) -> dict[str, tuple[Any, str]]:
        """The same settings, each with the layer that set it: file and keys, or the default."""
        layers = self._layers(domain)
        chosen = [((*keys, block), layer.get(block) or {}) for keys, layer in layers]
        if method is not None and block in OF_METHODS:
            chosen += [
                ((*keys, kind, method), (layer.get(kind) or {}).get(method) or {})
                for keys, layer in layers
                for kind in ("baselines", "methods")
            ]
        found = {key: (value, "default") for key, value in asdict(BLOCKS[block]()).items()}
        for keys, layer in chosen:
            for key in layer.keys() & found.keys():
                found[key] = (layer[key], self._origin((*keys, key)))
        return found

    def _origin(self, keys: Keys) -> str:
        """The file that says what stands at `keys`, and the keys above the last."""
        said: Any = self._overrides
        for key in keys:
            said = said.get(key) if isinstance(said, Mapping) else None
        file = f"scale/{self.scale}.yaml" if said is None else "config.yaml or --config"
        return ": ".join([file, *keys[:-1]])

    def sweep(self, name: str) -> Any:
        """The settings of a sweep; environments and methods that the run lacks are left out."""
        settings = SWEEPS[name](**_typed(SWEEPS[name], self._values.get(name) or {}))
        methods = [*self.methods, *self.baselines]
        known = dict.fromkeys(NAMING_ENVS, self.envs)
        known |= dict.fromkeys(NAMING_METHODS, methods)
        kept = {
            key: tuple(one for one in value if one in known[key])
            for key, value in vars(settings).items()
            if key in known
        }
        return replace(settings, **kept)

    def flags(self, block: str, domain: str, method: str | None = None, **instead: Any) -> str:
        """The same as flags, quoted for a shell, with values that a sweep sets `instead`."""
        words = []
        for name, value in (self.settings(block, domain, method) | instead).items():
            words += [flag(name), *map(str, value if isinstance(value, tuple) else [value])]
        return shlex.join(words)


def _typed(settings: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values in the types of the settings: YAML's 1000.0 may stand for the integer."""
    result = dict(values)
    for field, kind, is_list in fields_of(settings):
        if field.name in result:
            value = result[field.name]
            result[field.name] = tuple(map(kind, value)) if is_list else kind(value)
    return result


def merge(
    values: Mapping[str, Any], overrides: Mapping[str, Any], choosing: bool = True
) -> dict[str, Any]:
    """`values` with `overrides` laid over them, mapping by mapping.

    `envs` and `methods` at the top of the overrides choose: names that they lack are left out.
    """
    result = dict(values)
    for key, value in overrides.items():
        old = result.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            merged = merge(old, value, choosing=False)
            chooses = choosing and key in ("envs", "methods", "worlds")
            result[key] = {name: merged[name] for name in value} if chooses else merged
        else:
            result[key] = value
    return result


def _mapping(properties: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "description": description,
    }
