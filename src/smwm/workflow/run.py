"""Which files a run makes: data, models and what they solve, from a configuration alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from smwm.config.configuration import Configuration
from smwm.config.sweeps import Extension
from smwm.envs import DISTRACTOR
from smwm.methods import TRAINED

DATASET = "data/datasets/{scale}/{env}/{split}.h5"
TASKS = "results/{scale}/tasks/{env}.npz"
CHECKPOINT = "data/checkpoints/{scale}/{env}/{method}/seed{seed}.pt"
CURVES = "data/checkpoints/{scale}/{env}/{method}/seed{seed}.csv"
EXPORT = "results/{scale}/embeddings/{env}/{method}/seed{seed}.npz"
DECODED = "results/{scale}/decoded/{env}/{method}/seed{seed}.npz"
RECORD = "results/{scale}/planning/{env}/{method}/seed{seed}.json"
PATHS = "results/{scale}/planning/{env}/{method}/seed{seed}.npz"
SWEPT = "results/{scale}/lambda_sweep/{env}/lambda{weight:g}/seed{seed}.json"
FAR = "results/{scale}/horizon_sweep/{env}/offset{offset}/{method}/seed{seed}.json"
SCALED = "steps{steps:g}_data{data:g}"  # of the main models' steps and episodes
SCALED_RECORD = "results/{scale}/scaling/{env}/{method}/" + SCALED + "/seed{seed}.json"


@dataclass(frozen=True)
class Run:
    """The files of one configuration, as paths relative to the workflow's folder."""

    configuration: Configuration

    @cached_property
    def extension(self) -> Extension:
        return self.configuration.sweep("extension")

    @cached_property
    def trained(self) -> list[str]:
        """The methods that have a model."""
        return self.among(TRAINED)

    @cached_property
    def envs(self) -> list[str]:
        """The environments, and those with a distractor in the image."""
        variants = [env + DISTRACTOR for env in self.extension.distractor_envs]
        return [*self.configuration.envs, *variants]

    def among(self, methods: Iterable[str]) -> list[str]:
        """Those of `methods` that this run compares, in the configuration's order."""
        wanted = set(methods)
        return [method for method in self.configuration.methods if method in wanted]

    def of_models(
        self, path: str, envs: Iterable[str], methods: Sequence[str], seeds: int | None = None
    ) -> list[str]:
        """`path` for each environment or world, method and seed, or for the first `seeds`."""
        return [
            path.format(scale=self.configuration.scale, env=env, method=method, seed=seed)
            for env in envs
            for method in methods
            for seed in self.configuration.seeds(env)[:seeds]
        ]

    def dataset(self, domain: str, split: str) -> list[str]:
        """An environment's trajectories; a world has none, each stage draws its pairs."""
        if domain in self.configuration.worlds:
            return []
        return [DATASET.format(scale=self.configuration.scale, env=domain, split=split)]

    def source(self, env: str) -> list[str]:
        """The file that an environment's data are taken from: none where they are collected."""
        source = self.configuration.settings("collect", env)["source"]
        return [] if source == "none" else [source]

    def tasks(self, envs: Iterable[str]) -> list[str]:
        """The planning tasks of each environment."""
        return [TASKS.format(scale=self.configuration.scale, env=env) for env in envs]

    def checkpoint(self, env: str, method: str, seed: str) -> list[str]:
        """The model that a method plans with: none for random actions."""
        scale = self.configuration.scale
        path = CHECKPOINT.format(scale=scale, env=env, method=method, seed=seed)
        return [path] if method in TRAINED else []

    def worlds(self, *names: str) -> list[str]:
        """Those of the worlds that this run has."""
        return [name for name in names if name in self.configuration.worlds]

    @cached_property
    def dot_worlds(self) -> list[str]:
        """The worlds whose significant components are counted (C4)."""
        return self.worlds("independent", "coupled", "distractor", "combined")

    @cached_property
    def sprites(self) -> list[str]:
        """The worlds of the sprite (C5)."""
        return [world for world in self.configuration.worlds if world.startswith("sprite_")]

    @cached_property
    def folded(self) -> list[str]:
        """The environments in which distances in the latent are looked at (C10)."""
        return [env for env in ("two_room", "reacher") if env in self.configuration.envs]

    def training_curves(self) -> list[str]:
        """The log of every model of the environments."""
        return self.of_models(CURVES, self.configuration.envs, self.trained)

    def embeddings(self, envs: Iterable[str] = (), methods: Sequence[str] = ()) -> list[str]:
        """One export of embeddings a trained model, of all environments and methods or of some."""
        return self.of_models(EXPORT, envs or self.configuration.envs, methods or self.trained)

    def planning_records(self) -> list[str]:
        """One record of planning for each environment, method and seed."""
        return self.of_models(RECORD, self.configuration.envs, self.configuration.methods)

    def planning_paths(self) -> list[str]:
        """The ways that planning took with the first seed's models."""
        return self.of_models(PATHS, self.configuration.envs, self.configuration.methods, 1)

    def lambda_records(self) -> list[str]:
        """Planning with each weight of the inverse term."""
        sweep, scale = self.configuration.sweep("lambda_sweep"), self.configuration.scale
        return [
            SWEPT.format(scale=scale, env=env, weight=weight, seed=seed)
            for env in sweep.envs
            for weight in sweep.weights
            for seed in sweep.seeds
        ]

    def horizon_records(self) -> list[str]:
        """Planning to goals at each distance."""
        sweep, scale = self.configuration.sweep("horizon_sweep"), self.configuration.scale
        return [
            FAR.format(scale=scale, env=env, offset=offset, method=method, seed=seed)
            for env in sweep.envs
            for offset in sweep.offsets
            for method in sweep.methods
            for seed in sweep.seeds
        ]

    def world_embeddings(self) -> list[str]:
        """Exports of SMWM's models of every world."""
        return self.of_models(EXPORT, self.configuration.worlds, ["smwm"])

    def decoded(self) -> list[str]:
        """Images decoded from the first seed's latents of the sprite."""
        scale, seeds = self.configuration.scale, self.configuration.seeds
        return [
            DECODED.format(scale=scale, env=world, method="smwm", seed=min(seeds(world)))
            for world in self.sprites
        ]

    def swept_checkpoint(self, env: str, weight: str, seed: str) -> str:
        """The model of a sweep's weight: the main one where the sweep would train the same."""
        main = self.configuration.settings("train", env, "smwm")
        swept = self.configuration.sweep("lambda_sweep").training() | {"weight": float(weight)}
        method = "smwm" if main == main | swept else f"lambda{weight}"
        scale = self.configuration.scale
        return CHECKPOINT.format(scale=scale, env=env, method=method, seed=seed)

    def scaled_training(self, env: str, method: str, steps: float, data: float) -> dict[str, Any]:
        """Training settings of a model with a multiple of the steps and a share of the episodes."""
        main = self.configuration.settings("train", env, method)
        return {"steps": max(1, round(steps * main["steps"])), "data_share": data}

    def scaling_records(self) -> list[str]:
        """Planning with more and less training and data; the main records are among these."""
        sweep, scale = self.configuration.sweep("scaling"), self.configuration.scale
        return [
            (RECORD if steps == data == 1 else SCALED_RECORD).format(
                scale=scale, env=env, method=method, steps=steps, data=data, seed=seed
            )
            for env in sweep.envs
            for method in sweep.methods
            for steps, data in sweep.variants()
            for seed in self.configuration.seeds(env)[: sweep.most_seeds]
        ]

    @cached_property
    def played(self) -> list[str]:
        """The methods whose models plan on the page that plays."""
        return self.among(("smwm", "sigreg", "forward_only"))

    def page(self) -> list[str]:
        """The page that plays, if this run trains what it computes: convolutions and an MLP."""
        if "two_room" not in self.configuration.envs or not self.played:
            return []
        model = self.configuration.settings("model", "two_room")
        runs = (model["encoder"], model["forward_model"], model["resize"]) == ("cnn", "mlp", 0)
        return [f"figures/{self.configuration.scale}/explore.html"] if runs else []

    def distracted_page(self) -> list[str]:
        """The same page with a switch for the distractor, if the extension trains with one."""
        has = "two_room" in self.extension.distractor_envs and self.page()
        return [f"figures/{self.configuration.scale}/explore_distractor.html"] if has else []

    @cached_property
    def filmed(self) -> list[str]:
        """The environments that the page shows as films; two rooms are computed in it."""
        return [env for env in self.configuration.envs if env != "two_room"]

    def page_checkpoints(self) -> list[str]:
        return self.of_models(CHECKPOINT, self.configuration.envs, self.played, 1)

    def page_paths(self) -> list[str]:
        """Recorded planning that the page shows as films."""
        return self.of_models(PATHS, self.filmed, self.played, 1)

    def distracted_checkpoints(self) -> list[str]:
        methods = [m for m in self.played if m in self.extension.distractor_methods]
        return self.of_models(CHECKPOINT, [f"two_room{DISTRACTOR}"], methods, 1)
