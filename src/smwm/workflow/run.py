"""Which files a run consists of: what the rules ask for, from a configuration alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from smwm.analysis.tables import CLAIM_TABLES
from smwm.config.configuration import Configuration
from smwm.config.sweeps import Extension
from smwm.envs import DISTRACTOR
from smwm.methods import TRAINED

CHECKPOINT = "data/checkpoints/{scale}/{env}/{method}/seed{seed}.pt"
CURVES = "data/checkpoints/{scale}/{env}/{method}/seed{seed}.csv"
EXPORT = "results/{scale}/embeddings/{env}/{method}/seed{seed}.npz"
DECODED = "results/{scale}/decoded/{env}/{method}/seed{seed}.npz"
RECORD = "results/{scale}/planning/{env}/{method}/seed{seed}.json"
PATHS = "results/{scale}/planning/{env}/{method}/seed{seed}.npz"
SWEPT = "results/{scale}/lambda_sweep/{env}/lambda{weight:g}/seed{seed}.json"
FAR = "results/{scale}/horizon_sweep/{env}/offset{offset}/{method}/seed{seed}.json"

# What measures a table, and the module that draws it, where they go by another name.
KIND_OF = {
    "embeddings_smwm": "spectrum",
    "embeddings_sigreg": "spectrum",
    "baselines": "planning_success",
    "baseline_probes": "probe_r2",
}
Inputs = Mapping[str, Any]  # of a table: files by the flag that hands them over


def kind_of(name: str) -> str:
    """What measures a table, or the module that draws it."""
    return KIND_OF.get(name, name)


def paper(name: str) -> str:
    """A table of the paper's numbers."""
    return f"resources/paper/{name}.csv"


def probes(exports: Iterable[str]) -> list[str]:
    """The probes of each export of embeddings."""
    return [path.replace("embeddings/", "probes/", 1).replace(".npz", ".csv") for path in exports]


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

    def tables(self) -> dict[str, Inputs]:
        """The inputs of each table that this run can fill."""
        configuration, extension = self.configuration, self.extension
        everyone = [*configuration.methods, *configuration.baselines]
        compared, most = extension.baseline_envs, extension.most_seeds
        variants = [env + DISTRACTOR for env in extension.distractor_envs]
        both = [*extension.distractor_envs, *variants]
        distracted, with_model = extension.distractor_methods, [m for m in everyone if m in TRAINED]
        dot, planners = self.worlds("single_dot"), self.among(("smwm", "sigreg"))
        dot_methods = self.among(("smwm", "forward_only"))
        rolled = {
            "embeddings": self.of_models(EXPORT, dot, ["smwm"]),
            "checkpoints": self.of_models(CHECKPOINT, dot, ["smwm"]),
        }
        dots = {
            "embeddings": self.of_models(EXPORT, dot, dot_methods),
            "checkpoints": self.of_models(CHECKPOINT, dot, dot_methods),
        }
        records = self.planning_records()
        found: dict[str, Inputs] = {
            "planning_success": {"records": records, "paper": paper("planning_success")},
            "planning_differences": {"records": records},
            "lambda_sweep": {"records": self.lambda_records()},
            "horizon_sweep": {"records": self.horizon_records(), "paper": paper("horizon_sweep")},
            "collapse": {"embeddings": self.embeddings()},
            "embeddings_smwm": {"embeddings": self._of("smwm")},
            "embeddings_sigreg": {"embeddings": self._of("sigreg")},
            "folding": {"embeddings": self.of_models(EXPORT, self.folded, planners)},
            "probe_r2": {"probes": probes(self.embeddings()), "paper": paper("probe_r2")},
            "dot_geometry": {"embeddings": dots["embeddings"]},
            "dot_grid": dots,
            "latent_rollout": rolled,
            "rollout_paths": rolled,
            "latent_dimension": {"embeddings": self.of_models(EXPORT, self.dot_worlds, ["smwm"])},
            "sprite_decoding": {"embeddings": self.of_models(EXPORT, self.sprites, ["smwm"])},
            "baselines": {
                "records": self.of_models(RECORD, compared, everyone, most),
                "paper": paper("planning_success"),
            },
            "baseline_probes": {
                "probes": probes(self.of_models(EXPORT, compared, with_model, most)),
                "paper": paper("probe_r2"),
            },
            "distractors": {
                "records": self.of_models(RECORD, both, distracted, most),
                "probes": probes(self.of_models(EXPORT, variants, distracted, most)),
            },
        }
        return {name: inputs for name, inputs in found.items() if all(inputs.values())}

    def _of(self, method: str) -> list[str]:
        return self.of_models(EXPORT, self.configuration.envs, self.among([method]))

    def claim_tables(self) -> list[str]:
        """The tables that the claims are judged by; an extension's only if it is made."""
        left_out = [] if self.extension.target == "all" else self.extension_figures()
        names = [name for name in CLAIM_TABLES if name in self.tables() and name not in left_out]
        return [f"results/{self.configuration.scale}/tables/{name}.csv" for name in names]

    def extension_figures(self) -> list[str]:
        """The figures beyond the paper, by name."""
        compared = self.configuration.baselines and self.extension.baseline_envs
        drawn = ["baselines", "baseline_probes"] if compared else []
        return drawn + (["distractors"] if self.extension.distractor_envs else [])

    def figures(self) -> list[str]:
        """The figures that this run can draw, by name."""
        drawn = ["environments", "planning_success", "planning_rollouts", "data_coverage"]
        drawn += ["training_curves", "probe_r2"] if self.trained else []
        drawn += ["folding"] if self.folded and self.among(("smwm", "sigreg")) else []
        drawn += [f"embeddings_{method}" for method in self.among(("smwm", "sigreg"))]
        if "smwm" in self.trained:
            drawn += ["dot_geometry", "latent_rollout"] if self.worlds("single_dot") else []
            drawn += ["latent_dimension"] if self.dot_worlds else []
            drawn += ["sprite_decoding"] if self.sprites else []
        drawn += ["lambda_sweep"] if self.lambda_records() else []
        drawn += ["horizon_sweep"] if self.horizon_records() else []
        return drawn + (self.extension_figures() if self.extension.target == "all" else [])

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

    def page_checkpoints(self) -> list[str]:
        return self.of_models(CHECKPOINT, self.configuration.envs, self.played, 1)

    def page_paths(self) -> list[str]:
        """Recorded planning that the page shows as films."""
        filmed = [env for env in self.configuration.envs if env != "two_room"]
        return self.of_models(PATHS, filmed, self.played, 1)

    def distracted_checkpoints(self) -> list[str]:
        methods = [m for m in self.played if m in self.extension.distractor_methods]
        return self.of_models(CHECKPOINT, [f"two_room{DISTRACTOR}"], methods, 1)
