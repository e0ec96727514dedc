"""What a run measures and draws: each table with its inputs, each figure with its tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from smwm.analysis.tables import CLAIM_TABLES, SEED_TABLES
from smwm.envs import DISTRACTOR
from smwm.methods import TRAINED
from smwm.workflow.run import CHECKPOINT, EXPORT, RECORD, Run

# What measures a table, where it goes by another name.
KIND_OF = {
    "embeddings_smwm": "spectrum",
    "embeddings_sigreg": "spectrum",
    "baselines": "planning_success",
    "baseline_probes": "probe_r2",
}
Inputs = Mapping[str, Any]  # files by the flag that hands them over
Kinds = tuple[str, ...]
BESIDE: Kinds = (".csv", ".json")  # a figure's picture: its table, and where that comes from
LATEX: Kinds = (*BESIDE, ".tex")


# Words of `smwm figure` that draw a table, where they are not its name alone.
COMMANDS = {
    "embeddings_smwm": "embeddings --method smwm",
    "embeddings_sigreg": "embeddings --method sigreg",
    "baselines": "planning_success --name baselines",
    "baseline_probes": "probe_r2 --name baseline_probes",
}


class Drawing(NamedTuple):
    """What a figure is drawn from, and what it leaves beside its picture."""

    category: str  # in Snakemake's report
    inputs: Inputs
    command: str  # words of `smwm figure`: its module, and which of its kind
    beside: Kinds = BESIDE
    scenes: bool = False  # whether environments are rendered

    @property
    def module(self) -> str:
        """The module of `smwm.figures` that draws it, which has a caption of its own."""
        return self.command.split()[0]


def kind_of(name: str) -> str:
    """What measures a table."""
    return KIND_OF.get(name, name)


def paper(name: str) -> str:
    """A table of the paper's numbers."""
    return f"resources/paper/{name}.csv"


def probes(exports: Iterable[str]) -> list[str]:
    """The probes of each export of embeddings."""
    return [path.replace("embeddings/", "probes/", 1).replace(".npz", ".csv") for path in exports]


def tables(run: Run) -> dict[str, Inputs]:
    """The inputs of each table that a run can fill."""
    configuration, extension, envs = run.configuration, run.extension, run.configuration.envs
    everyone = [*configuration.methods, *configuration.baselines]
    compared = extension.baseline_envs if configuration.baselines else ()
    most, distracted = extension.most_seeds, extension.distractor_methods
    variants = [env + DISTRACTOR for env in extension.distractor_envs]
    both = [*extension.distractor_envs, *variants]
    with_model = [method for method in everyone if method in TRAINED]
    ours, planners = run.among(["smwm"]), run.among(["smwm", "sigreg"])

    def dots(methods: list[str]) -> Inputs:
        """Exports of one dot's models, and the models."""
        world = run.worlds("single_dot")
        flags = {"embeddings": EXPORT, "checkpoints": CHECKPOINT}
        return {flag: run.of_models(path, world, methods) for flag, path in flags.items()}

    rolled, beside = dots(ours), dots(run.among(["smwm", "forward_only"]) if ours else [])
    records = run.planning_records()
    trajectories = [path for env in envs for path in run.dataset(env, "train")]
    found: dict[str, Inputs] = {
        "data_coverage": {"data": trajectories},
        "data_histograms": {"data": trajectories},
        "planning_rollouts": {"tasks": run.tasks(envs), "paths": run.planning_paths()},
        "planning_success": {"records": records, "paper": paper("planning_success")},
        "planning_differences": {"records": records},
        "lambda_sweep": {"records": run.lambda_records()},
        "horizon_sweep": {"records": run.horizon_records(), "paper": paper("horizon_sweep")},
        "scaling": {"records": run.scaling_records()},
        "collapse": {"embeddings": run.embeddings()},
        "embeddings_smwm": {"embeddings": run.of_models(EXPORT, envs, ours)},
        "embeddings_sigreg": {"embeddings": run.of_models(EXPORT, envs, run.among(["sigreg"]))},
        "latent_points": {"embeddings": run.embeddings(methods=planners) if planners else []},
        "folding": {"embeddings": run.of_models(EXPORT, run.folded, planners)},
        "probe_r2": {"probes": probes(run.embeddings()), "paper": paper("probe_r2")},
        "dot_geometry": {"embeddings": beside["embeddings"]},
        "dot_grid": beside,
        "latent_rollout": rolled,
        "rollout_paths": rolled,
        "latent_dimension": {"embeddings": run.of_models(EXPORT, run.dot_worlds, ours)},
        "sprite_decoding": {"embeddings": run.of_models(EXPORT, run.sprites, ours)},
        "baselines": {
            "records": run.of_models(RECORD, compared, everyone, most),
            "paper": paper("planning_success"),
        },
        "baseline_probes": {
            "probes": probes(run.of_models(EXPORT, compared, with_model, most)),
            "paper": paper("probe_r2"),
        },
        "distractors": {
            "records": run.of_models(RECORD, both, distracted, most),
            "probes": probes(run.of_models(EXPORT, variants, distracted, most)),
        },
    }
    filled = {name: inputs for name, inputs in found.items() if all(inputs.values())}
    summed = [table_path(run, name) for name in SEED_TABLES if name in filled]
    return filled | ({"over_seeds": {"tables": summed}} if summed else {})


def table_path(run: Run, name: str) -> str:
    """Where a table lies."""
    return f"results/{run.configuration.scale}/tables/{name}.csv"


def drawings(run: Run) -> dict[str, Drawing]:
    """Every figure that a run can draw, in the order of its report."""
    envs, known = run.configuration.envs, tables(run)
    tasks = run.tasks(envs)
    held_out = [path for env in envs for path in run.dataset(env, "eval")]

    def table(name: str) -> str:
        """The path of a table; empty, as no input is, if the run cannot fill it."""
        return table_path(run, name) if name in known else ""

    def of_table(name: str, category: str, beside: Kinds = BESIDE, /, **shown: Any) -> Drawing:
        """A figure that draws the table of its name, and what else it shows."""
        command = COMMANDS.get(name, name)
        return Drawing(category, shown | {"table": table(name)}, command, beside)

    points = table("latent_points")
    found = {
        "environments": Drawing(
            "Data", {"tasks": tasks, "data": held_out}, "environments", beside=(".json",),
            scenes=True,
        ),
        "planning_success": of_table("planning_success", "Planning"),
        "planning_rollouts": of_table(
            "planning_rollouts", "Planning", (*BESIDE, ".gif"), tasks=tasks,
            paths=run.planning_paths(),
        )._replace(scenes=True),
        "data_coverage": of_table("data_coverage", "Data", histograms=table("data_histograms")),
        "training_curves": Drawing(
            "Training", {"curves": run.training_curves()}, "training_curves"
        ),
        "probe_r2": of_table("probe_r2", "Latents", LATEX),
        "folding": of_table("folding", "Latents"),
        "embeddings_smwm": of_table("embeddings_smwm", "Latents", points=points),
        "embeddings_sigreg": of_table("embeddings_sigreg", "Latents", points=points),
        "dot_geometry": of_table("dot_geometry", "Latents", grid=table("dot_grid")),
        "latent_rollout": of_table("latent_rollout", "Latents", paths=table("rollout_paths")),
        "latent_dimension": of_table("latent_dimension", "Latents"),
        "sprite_decoding": of_table("sprite_decoding", "Latents", decoded=run.decoded()),
        "lambda_sweep": of_table("lambda_sweep", "Planning"),
        "horizon_sweep": of_table("horizon_sweep", "Planning"),
        "baselines": of_table("baselines", "Extension"),
        "baseline_probes": of_table("baseline_probes", "Extension", LATEX),
        "distractors": of_table("distractors", "Extension"),
        "scaling": of_table("scaling", "Extension"),
    }  # fmt: skip
    return {name: drawing for name, drawing in found.items() if all(drawing.inputs.values())}


def figures(run: Run, extension: bool) -> list[str]:
    """Names of the figures of the paper's claims, or of those beyond them."""
    return [
        name
        for name, drawing in drawings(run).items()
        if (drawing.category == "Extension") == extension
    ]


def reported(run: Run) -> list[str]:
    """Names of the figures in the report: the extension's too if it is part of the run."""
    extended = run.extension.target == "all"
    return figures(run, extension=False) + (figures(run, extension=True) if extended else [])


def claim_tables(run: Run) -> list[str]:
    """The tables that the claims are judged by; an extension's only if it is part of the run."""
    left_out = set(figures(run, extension=True)) - set(reported(run))
    names = [name for name in CLAIM_TABLES if name in tables(run) and name not in left_out]
    return [table_path(run, name) for name in names]


def pictures(run: Run, names: Iterable[str]) -> list[str]:
    """The files of figures that a reader looks at."""
    folder = f"figures/{run.configuration.scale}"
    return [f"{folder}/{name}.{kind}" for name in names for kind in ("pdf", "png")]


def targets(run: Run) -> list[str]:
    """All that a run leaves for its reader, and the records behind it.

    Figures travel with the repository, records do not, so that a fresh clone computes
    everything instead of believing what it was given.
    """
    folder = f"figures/{run.configuration.scale}"
    report = [f"{folder}/replication.{kind}" for kind in ("csv", "md", "html")]
    return [
        *run.planning_records(),
        *run.embeddings(),
        *run.lambda_records(),
        *run.horizon_records(),
        *run.world_embeddings(),
        *pictures(run, reported(run)),
        *report,
        f"{folder}/metrics.json",
        *run.page(),
        *(run.distracted_page() if run.extension.target == "all" else []),
    ]
