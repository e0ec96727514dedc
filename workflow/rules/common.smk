# The checked configuration, and the package's files as inputs.
import fcntl
import re
from contextlib import suppress

from smwm.workflow.artifacts import take_records
from smwm.config.configuration import Configuration
from smwm.system.device import gpu_count
from smwm.envs import environment_module
from smwm.measures.names import MEASURES
from smwm.errors import InputError
from smwm.system.provenance import PACKAGE, sources
from smwm.workflow import results
from smwm.workflow.run import Run
from smwm.workflow.stopping import end_jobs_on_signals, last_words
from smwm.workflow.words import as_flags

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
TABLES = results.tables(RUN)


wildcard_constraints:
    scale=re.escape(CONFIG.scale),
    env="|".join(RUN.envs),
    world="|".join(CONFIG.worlds) or "none",
    domain="|".join([*RUN.envs, *CONFIG.worlds]),
    method="|".join([*CONFIG.methods, *CONFIG.baselines]),
    seed=r"\d+",
    weight=r"[\d.e+-]+",
    steps=r"[\d.e+-]+",
    data=r"[\d.e+-]+",
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


def domain_of(wildcards):
    """The environment or world of a job."""
    return wildcards.get("env") or wildcards.get("world") or wildcards.domain


def method_of(wildcards):
    """The method that a rule trains or plans with; sweeps over weights are of SMWM."""
    return wildcards.get("method", "smwm")


def settings_for(block, wildcards):
    """The settings of a job's environment or world, and of its method."""
    return CONFIG.settings(block, domain_of(wildcards), method_of(wildcards))


def flags_for(block, wildcards, **instead):
    """The same as flags for a shell, with values that a sweep sets `instead`."""
    return CONFIG.flags(block, domain_of(wildcards), method_of(wildcards), **instead)


def checkpoint_of(wildcards):
    """The model that a job plans with: none for random actions."""
    return RUN.checkpoint(wildcards.env, wildcards.method, wildcards.seed)


def pairs_of(wildcards):
    """Flags of a world and its pairs; empty for an environment, which has files instead."""
    world = domain_of(wildcards)
    return f"--world {world} {flags_for('pairs', wildcards)}" if world in CONFIG.worlds else ""


def trained_on(wildcards, input):
    """Flags of what a model is trained on: a dataset or a world's stream of pairs."""
    env, size = domain_of(wildcards), settings_for("collect", wildcards)["image_size"]
    files = as_flags({"data": input.data})
    return pairs_of(wildcards) or f"--env {env} {files} --image-size {size}"


def embedded(wildcards, input):
    """Flags of what is embedded: held-out and training images, or a world's pairs."""
    return pairs_of(wildcards) or as_flags({"data": input.data, "fit": input.fit})


def planning_sources(wildcards):
    """The package's files that planning in an environment uses."""
    return source_files("smwm.planning.evaluate", environment_module(wildcards.env))


def measure_sources(table):
    """The package's files that measuring a table uses; for what states mean it asks environments."""
    where, *_ = MEASURES[results.kind_of(table)]
    asked = {"growths": RUN.folded, "coverage": CONFIG.envs, "points": CONFIG.envs}.get(where, [])
    return source_files(f"smwm.measures.{where}", *map(environment_module, asked))


def page_files():
    """The parts of the page that are not Python."""
    return sorted(os.path.relpath(path) for path in PACKAGE.glob("explore/page/*"))
