# The checked configuration, and the package's files as inputs.
import fcntl
import re
import shlex
from contextlib import suppress

from smwm.analysis.tables import CLAIM_TABLES
from smwm.workflow.artifacts import take_records
from smwm.config.configuration import Configuration
from smwm.system.device import gpu_count
from smwm.envs import DISTRACTOR, environment_module
from smwm.measures.names import MEASURES
from smwm.errors import InputError
from smwm.system.provenance import PACKAGE, sources
from smwm.methods import TRAINED
from smwm.workflow.stopping import end_jobs_on_signals, last_words

try:
    CONFIG = Configuration(config)
except InputError as error:
    sys.exit(f"configuration: {error}")

if workflow.is_main_process:
    try:
        take_records()
    except InputError as error:
        sys.exit(f"pulled data: {error}")

    ending.hold()

# A job on a GPU takes a share of one; the executor of a cluster asks for GPUs by its own profile.
GPUS = gpu_count(CONFIG.device)
GPU_SHARE = min(GPUS, 1)
if GPUS and workflow.is_main_process and "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", GPUS * CONFIG.jobs_per_gpu)

EXTENSION = CONFIG.sweep("extension")


wildcard_constraints:
    scale=re.escape(CONFIG.scale),
    env="|".join([*CONFIG.envs, *(env + DISTRACTOR for env in EXTENSION.distractor_envs)]),
    world="|".join(CONFIG.worlds) or "none",
    method="|".join([*CONFIG.methods, *CONFIG.baselines]),
    seed=r"\d+",
    weight=r"[\d.e+-]+",
    offset=r"\d+",


def hold_folder():
    """Mark this folder as in use until this process ends, however it ends.

    Snakemake's own lock outlives a kill; `make reproduce` clears that one if this is free.
    """
    global running
    running = open(".snakemake/running", "wb")
    fcntl.flock(running, fcntl.LOCK_EX | fcntl.LOCK_NB)


def know_results():
    """Look at what this run made, while time stamps still tell that it did."""
    with suppress(InputError):  # the next start names the file
        take_records()


def source_files(*modules):
    """The package's files that a stage uses; after an edit of one, the stage runs again."""
    paths = {path for module in modules for path in sources(module)}
    return sorted(os.path.relpath(path) for path in paths)


def external_file(wildcards):
    """The file that an environment's data are taken from: none where they are collected."""
    source = CONFIG.settings("collect", wildcards.env)["source"]
    return [] if source == "none" else [source]


def checkpoint_of(wildcards):
    """The model that a method plans with: none for random actions."""
    path = "data/checkpoints/{scale}/{env}/{method}/seed{seed}.pt"
    return [path.format(**wildcards)] if wildcards.method in TRAINED else []


def swept_checkpoint(wildcards):
    """The model of a sweep's weight: the main one where the sweep would train the same anew."""
    main = settings_for("train", wildcards)
    sweep = CONFIG.sweep("lambda_sweep").training() | {"weight": float(wildcards.weight)}
    folder = "smwm" if main == main | sweep else "lambda{weight}"
    path = f"data/checkpoints/{{scale}}/{{env}}/{folder}/seed{{seed}}.pt"
    return [path.format(**wildcards)]


def method_of(wildcards):
    """The method that a rule trains or plans with; sweeps over weights are of SMWM."""
    return wildcards.get("method", "smwm")


def addressed(block, wildcards):
    """Block, environment or world, and method: where the settings of a job stand."""
    return block, wildcards.get("env") or wildcards.world, method_of(wildcards)


def settings_for(block, wildcards):
    """The settings of a rule's environment or world, and of its method."""
    return CONFIG.settings(*addressed(block, wildcards))


def flags_for(block, wildcards, **instead):
    """The same as flags for a shell, with values that a sweep sets `instead`."""
    return CONFIG.flags(*addressed(block, wildcards), **instead)


def training_source(wildcards, input):
    """Flags of what a model is trained on: a dataset or a world's stream of pairs."""
    if "world" in wildcards.keys():
        return f"--world {wildcards.world} {flags_for('pairs', wildcards)}"
    size = settings_for("collect", wildcards)["image_size"]
    return f"--env {wildcards.env} --data {shlex.quote(input.data)} --image-size {size}"


def embedding_source(wildcards, input):
    """Flags of what is embedded: held-out and training images, or a world's pairs."""
    if "world" in wildcards.keys():
        return f"--world {wildcards.world} {flags_for('pairs', wildcards)}"
    return f"--data {shlex.quote(input.data)} --fit {shlex.quote(input.fit)}"


def planning_sources(wildcards):
    """The package's files that planning in an environment uses."""
    return source_files("smwm.planning.evaluate", environment_module(wildcards.env))


def checkpoint_flags(wildcards, input):
    """The model that a method plans with as words for a shell."""
    return [f"--checkpoint {shlex.quote(path)}" for path in input.checkpoint]


def per_model(path, methods, seeds=None):
    """`path` for each environment, method and seed, or for the first seeds."""
    return [
        path.format(scale=CONFIG.scale, env=env, method=method, seed=seed)
        for env in CONFIG.envs
        for method in methods
        for seed in CONFIG.seeds(env)[:seeds]
    ]


DOT_WORLDS = [w for w in ("independent", "coupled", "distractor", "combined") if w in CONFIG.worlds]
DOT_METHODS = [method for method in ("smwm", "forward_only") if method in CONFIG.methods]
FOLDED = [env for env in ("two_room", "reacher") if env in CONFIG.envs]
PLANNERS = [method for method in ("smwm", "sigreg") if method in CONFIG.methods]
SPRITES = [world for world in CONFIG.worlds if world.startswith("sprite_")]


def world_files(kind, worlds, methods, seeds=None):
    """Checkpoints, embeddings or decoded images of synthetic worlds, of their first seeds."""
    folder = "data" if kind == "checkpoints" else "results"
    return [
        (
            f"{folder}/{kind}/{CONFIG.scale}/{world}/{method}/seed{seed}.pt"
            if kind == "checkpoints"
            else f"{folder}/{CONFIG.scale}/{kind}/{world}/{method}/seed{seed}.npz"
        )
        for world in worlds
        if world in CONFIG.worlds
        for method in methods
        for seed in sorted(CONFIG.seeds(world))[:seeds]
    ]


def training_curves():
    """The log of every model of the environments."""
    trained = [method for method in CONFIG.methods if method in TRAINED]
    return per_model("data/checkpoints/{scale}/{env}/{method}/seed{seed}.csv", trained)


def lambda_records():
    """Planning with each weight of the inverse term."""
    sweep = CONFIG.sweep("lambda_sweep")
    return expand(
        "results/{scale}/lambda_sweep/{env}/lambda{weight:g}/seed{seed}.json",
        scale=CONFIG.scale,
        env=sweep.envs,
        weight=sweep.weights,
        seed=sweep.seeds,
    )


def horizon_records():
    """Planning to goals at each distance."""
    sweep = CONFIG.sweep("horizon_sweep")
    return [
        f"results/{CONFIG.scale}/horizon_sweep/{env}/offset{offset}/{method}/seed{seed}.json"
        for env in sweep.envs
        for offset in sweep.offsets
        for method in sweep.methods
        for seed in sweep.seeds
    ]


def planning_records(kind="json", seeds=None):
    """One record of planning per environment, method and seed, or its paths (npz)."""
    path = f"results/{{scale}}/planning/{{env}}/{{method}}/seed{{seed}}.{kind}"
    return per_model(path, CONFIG.methods, seeds)


def extension_files(path, envs, methods):
    """Records of planning or exports of embeddings that an extension rests on."""
    return [
        path.format(scale=CONFIG.scale, env=env, method=method, seed=seed)
        for env in envs
        for method in methods
        for seed in CONFIG.seeds(env)[: EXTENSION.most_seeds]
    ]


def extension_figures():
    """The figures beyond the paper, by name."""
    compared = CONFIG.baselines and EXTENSION.baseline_envs
    drawn = ["baselines", "baseline_probes"] if compared else []
    return drawn + (["distractors"] if EXTENSION.distractor_envs else [])


def embeddings():
    """One export of embeddings per trained model."""
    trained = [method for method in CONFIG.methods if method in TRAINED]
    return per_model("results/{scale}/embeddings/{env}/{method}/seed{seed}.npz", trained)


PLAYED = [method for method in ("smwm", "sigreg", "forward_only") if method in CONFIG.methods]
FILMED = [env for env in CONFIG.envs if env != "two_room"]


def explored():
    """The page that plays, if this run trains what it can compute: convolutions and an MLP."""
    if "two_room" not in CONFIG.envs or not PLAYED:
        return []
    model = CONFIG.settings("model", "two_room")
    runs = (model["encoder"], model["forward_model"], model["resize"]) == ("cnn", "mlp", 0)
    return [f"figures/{CONFIG.scale}/explore.html"] if runs else []


def explored_with_distractor():
    """The same page with a switch for the distractor, if the extension trains with one."""
    has = "two_room" in EXTENSION.distractor_envs
    return [f"figures/{CONFIG.scale}/explore_distractor.html"] if has and explored() else []


def played(kind):
    """What the page shows, of first seeds: checkpoints, paths of planning, or distracted models."""
    trained = "data/checkpoints/{scale}/{env}/{method}/seed{seed}.pt"
    path, envs, methods = {
        "checkpoints": (trained, CONFIG.envs, PLAYED),
        "paths": ("results/{scale}/planning/{env}/{method}/seed{seed}.npz", FILMED, PLAYED),
        "distracted": (
            trained,
            [f"two_room{DISTRACTOR}"],
            [method for method in PLAYED if method in EXTENSION.distractor_methods],
        ),
    }[kind]
    return [
        path.format(scale=CONFIG.scale, env=env, method=method, seed=CONFIG.seeds(env)[0])
        for env in envs
        for method in methods
    ]


def page_files():
    """The parts of the page that are not Python."""
    return sorted(os.path.relpath(path) for path in PACKAGE.glob("explore/page/*"))


def figures():
    """The figures that this configuration can draw, by name."""
    trained = [method for method in CONFIG.methods if method in TRAINED]
    drawn = ["environments", "planning_success", "planning_rollouts", "data_coverage"]
    drawn += ["training_curves", "probe_r2"] if trained else []
    drawn += ["folding"] if FOLDED and PLANNERS else []
    drawn += [f"embeddings_{method}" for method in ("smwm", "sigreg") if method in trained]
    if "smwm" in trained:
        drawn += ["dot_geometry", "latent_rollout"] if "single_dot" in CONFIG.worlds else []
        drawn += ["latent_dimension"] if DOT_WORLDS else []
        drawn += ["sprite_decoding"] if SPRITES else []
    drawn += ["lambda_sweep"] if lambda_records() else []
    drawn += ["horizon_sweep"] if horizon_records() else []
    return drawn + (extension_figures() if EXTENSION.target == "all" else [])


FIGURES = figures()


def drawn(name, category, *kinds, caption=None):
    """What a figure leaves: its picture, which Snakemake's report shows, and the files beside it."""
    stem, kinds = f"figures/{{scale}}/{name}", kinds or (".csv", ".json")
    words = f"../report/{caption or name}.rst"
    picture = report(f"{stem}.png", caption=words, category=category)
    return [picture, *multiext(stem, ".pdf", *kinds)]


def drawn_by(output):
    """The figure behind `output`, and the flags that tell it which of its kind."""
    name = Path(output[0]).stem
    if name.startswith("embeddings_"):
        return f"embeddings --method {name.removeprefix('embeddings_')}"
    if name == "data_coverage":
        return f"data_coverage --env {' '.join(CONFIG.envs)}"
    return name if kind_of(name) == name else f"{kind_of(name)} --name {name}"


def as_flags(input):
    """The named inputs as the flags of those names; the sources are no input of a command."""
    named = [(name, files) for name, files in input.items() if name != "code"]
    return " ".join(
        f"--{name} {shlex.join([files] if isinstance(files, str) else files)}"
        for name, files in named
    )
