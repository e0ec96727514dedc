# The checked configuration, this checkout's package, and the package's files as inputs.
import fcntl
import os
import sys

# Jobs find this interpreter and this checkout's package, installed or not.
sys.path.insert(0, os.path.join(workflow.basedir, "src"))
os.environ.update(
    PATH=os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")]),
    PYTHONPATH=os.path.join(workflow.basedir, "src"),
)

from smwm.configuration import Configuration
from smwm.envs import environment_module
from smwm.errors import InputError
from smwm.files import sources
from smwm.objectives import TRAINED

try:
    CONFIG = Configuration(config)
except InputError as error:
    sys.exit(f"configuration: {error}")


wildcard_constraints:
    scale=CONFIG.scale,
    env="|".join(CONFIG.envs),
    method="|".join(CONFIG.methods),
    seed=r"\d+",


def hold_folder():
    """Mark this folder as in use until this process ends, however it ends.

    Snakemake's own lock outlives a kill; `make reproduce` clears that one if this is free.
    """
    global running
    running = open(".snakemake/running", "w")
    fcntl.flock(running, fcntl.LOCK_EX | fcntl.LOCK_NB)


def source_files(*modules):
    """The package's files that a stage uses; after an edit of one, the stage runs again."""
    paths = {path for module in modules for path in sources(module)}
    return sorted(os.path.relpath(path) for path in paths)


def checkpoint_of(wildcards):
    """The model that a method plans with: none for random actions."""
    path = "data/checkpoints/{scale}/{env}/{method}/seed{seed}.pt"
    return [path.format(**wildcards)] if wildcards.method in TRAINED else []


def per_model(path, methods):
    """`path` for each environment, method and seed."""
    return [
        path.format(scale=CONFIG.scale, env=env, method=method, seed=seed)
        for env in CONFIG.envs
        for method in methods
        for seed in CONFIG.seeds(env)
    ]


def planning_records():
    """One record of planning per environment, method and seed."""
    return per_model("results/{scale}/planning/{env}/{method}/seed{seed}.json", CONFIG.methods)


def embeddings():
    """One export of embeddings per trained model."""
    trained = [method for method in CONFIG.methods if method in TRAINED]
    return per_model("results/{scale}/embeddings/{env}/{method}/seed{seed}.npz", trained)
