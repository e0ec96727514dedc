"""Real runs of the workflow at scale smoke, in copies of this repository."""

import shutil
import subprocess
import sys

from conftest import ROOT

COPIED = (
    "Makefile", "Snakefile", "config", "profiles", "pyproject.toml", "requirements.lock",
    "resources", "src", "workflow",
)  # fmt: skip
# Name of each figure, and what it leaves beside PDF, PNG and JSON.
FIGURES = {
    "environments": (),
    "data_coverage": ("csv",),
    "training_curves": ("csv",),
    "planning_success": ("csv",),
    "planning_rollouts": ("csv", "gif"),
    "dot_geometry": ("csv",),
    "latent_rollout": ("csv",),
    "embeddings_smwm": ("csv",),
    "embeddings_sigreg": ("csv",),
    "folding": ("csv",),
    "probe_r2": ("csv", "tex"),
    "lambda_sweep": ("csv",),
    "horizon_sweep": ("csv",),
}
EXTENSION = {
    "baselines": ("csv",),
    "baseline_probes": ("csv", "tex"),
    "distractors": ("csv",),
    "scaling": ("csv",),
}
ALL_FIGURES = FIGURES | EXTENSION | {"latent_dimension": ("csv",), "sprite_decoding": ("csv",)}


def fresh_copy(folder, small=True):
    """What a clone holds; its runs are of one environment and one world, for speed, if `small`."""
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy2(source, folder / name)
    if small:
        path = folder / "config" / "config.yaml"
        chosen = "envs: {two_room: {}}\nworlds: {single_dot: {}}\nextension: {target: extension}\n"
        path.write_text(path.read_text() + chosen)
    return folder


def start(folder, *words, scale="smoke"):
    command = [sys.executable, "-m", "snakemake", "--config", f"scale={scale}"]
    return subprocess.Popen(
        [*command, *words], cwd=folder, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def snakemake(folder, *words, **options):
    process = start(folder, *words, **options)
    output = process.communicate()[0]
    return process.returncode, output


def run_all(folder):
    status, output = snakemake(folder, "--cores", "2")
    assert status == 0, output
    return figures(folder)


def figures(folder, of=FIGURES):
    """Every file that a run leaves for the reader."""
    names = [
        f"{name}.{kind}" for name, more in of.items() for kind in ("pdf", "png", "json", *more)
    ]
    names += [f"replication.{kind}" for kind in ("csv", "md", "json", "html")]
    names += ["metrics.json", "explore.html", "explore.json"]
    return {name: (folder / "figures" / "smoke" / name).read_bytes() for name in names}


def planned(folder, *words):
    """Rules that a dry run would run."""
    status, output = snakemake(folder, "-n", "--quiet", "host", *words)
    assert status == 0, output
    lines = [line.split() for line in output.split("job ", 1)[-1].splitlines()]
    counts = {words[0] for words in lines if len(words) == 2 and words[1].isdigit()}
    return counts - {"all", "total", "jobid:"}
