# The checked configuration, and the package's files as inputs.
import fcntl
import re
import shlex
from contextlib import suppress

from smwm.workflow.artifacts import take_records
from smwm.config.configuration import Configuration
from smwm.system.device import gpu_count
from smwm.envs import DISTRACTOR, environment_module
from smwm.measures.names import MEASURES
from smwm.errors import InputError
from smwm.system.provenance import PACKAGE, sources
from smwm.methods import TRAINED
from smwm.workflow.run import Run, kind_of
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

RUN = Run(CONFIG)
TABLES = RUN.tables()


wildcard_constraints:
    scale=re.escape(CONFIG.scale),
    env="|".join([*CONFIG.envs, *(env + DISTRACTOR for env in RUN.extension.distractor_envs)]),
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
    """The model of a sweep's weight."""
    return [RUN.swept_checkpoint(wildcards.env, wildcards.weight, wildcards.seed)]


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


def measure_sources(table):
    """The package's files that measuring a table uses; distances in state ask the environments."""
    where, *_ = MEASURES[kind_of(table)]
    asked = RUN.folded if table == "folding" else []
    return source_files(f"smwm.measures.{where}", *map(environment_module, asked))


def page_files():
    """The parts of the page that are not Python."""
    return sorted(os.path.relpath(path) for path in PACKAGE.glob("explore/page/*"))


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
