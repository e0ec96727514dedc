"""The real workflow, at scale smoke, in a copy of this repository."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from runs import interrupt

from smwm.envs import DISTRACTOR, ENVIRONMENTS
from smwm.methods import METHODS
from smwm.planning.tasks import load_tasks
from smwm.system.files import sha256
from workflow_runs import ALL_FIGURES, figures, fresh_copy, planned, run_all, snakemake, start

CLAIMS = {f"C{number}" for number in range(1, 11)}
PAPER_METHODS = {"smwm", "sigreg", "forward_only", "random"}


TRAINS = {"train", "train_weight", "training_curves"}
PLANS = {"plan", "plan_weight", "plan_far"}
PLANNED = {
    "measure", "planning_success", "planning_rollouts", "lambda_sweep", "horizon_sweep",
    "replication", "report", "explore",
}  # fmt: skip
COLOURED = {
    "planning_success", "planning_rollouts", "training_curves", "horizon_sweep", "dot_geometry",
    "latent_rollout", "folding", "embeddings_smwm", "embeddings_sigreg", "probe_r2", "explore",
    "report",
}  # fmt: skip
EMBEDDED = {
    "probe", "measure", "dot_geometry", "latent_rollout", "folding", "embeddings_smwm",
    "embeddings_sigreg", "probe_r2", "replication", "report",
}  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = fresh_copy(tmp_path_factory.mktemp("workflow") / "a folder with späces")
    run_all(folder)
    return folder


@pytest.mark.timeout(1200)  # the first test waits for the run that the others look at
def test_every_figure_is_made_and_has_its_columns(finished):
    made = figures(finished)
    assert all(made.values())
    table = pd.read_csv(finished / "figures/smoke/planning_success.csv")
    assert set(table["method"]) == PAPER_METHODS
    assert (table["replay_success"] == 100).all()
    replication = pd.read_csv(finished / "figures/smoke/replication.csv")
    assert set(replication["claim"]) == CLAIMS - {"C4", "C5"}
    assert set(replication["scale"]) == {"smoke"}


@pytest.mark.timeout(1800)  # every rule of the workflow runs
def test_all_environments(tmp_path):
    folder = fresh_copy(tmp_path / "all", small=False)
    run_all(folder)
    assert all(figures(folder, ALL_FIGURES).values())
    assert set(pd.read_csv(folder / "figures/smoke/replication.csv")["claim"]) == CLAIMS | {"E1"}
    assert set(pd.read_csv(folder / "figures/smoke/baselines.csv")["method"]) == set(METHODS)
    page = (folder / "figures/smoke/replication.html").read_text()
    assert page.count('src="data:image/png;base64,') == len(ALL_FIGURES)
    table = pd.read_csv(folder / "figures/smoke/planning_success.csv")
    counts = table.groupby(["env", "method"]).size()
    envs = {env for env in ENVIRONMENTS if not env.endswith(DISTRACTOR)}
    assert len(counts) == len(envs) * len(PAPER_METHODS)
    assert set(table["env"]) == envs
    assert (table["replay_success"] == 100).all()


def test_every_rule_leaves_a_log_and_a_benchmark(finished):
    results = finished / "results" / "smoke"
    logs = {p.relative_to(results / "logs").with_suffix("") for p in results.glob("logs/**/*.log")}
    times = {
        p.relative_to(results / "benchmarks").with_suffix("")
        for p in results.glob("benchmarks/**/*.tsv")
    }
    assert logs == times
    assert {path.parts[0] for path in logs} == {
        "collect", "tasks", "train", "plan", "embed", "measure", "figures",
    }  # fmt: skip


def test_results_carry_where_they_come_from(finished):
    path = finished / "results/smoke/planning/two_room/smwm/seed0.json"
    record = json.loads(path.read_text())
    assert record["model"]["settings"]["steps"] == 20
    assert len(record["model"]["data_sha256"]) == 64
    assert len(record["checkpoint_sha256"]) == 64
    origin = json.loads((finished / "figures/smoke/replication.json").read_text())
    assert "results/smoke/planning/two_room/smwm/seed0.json" in origin["inputs"]


def test_weights_are_compared_on_the_main_tasks_within_their_own_budget(finished):
    results = finished / "results" / "smoke"
    main = load_tasks(results / "tasks/two_room.npz")
    longer = load_tasks(results / "lambda_sweep/two_room/tasks.npz")
    assert (main.budget, longer.budget) == (50, 150)
    assert (main.starts == longer.starts).all()
    record = json.loads((results / "lambda_sweep/two_room/lambda1/seed0.json").read_text())
    assert record["settings"]["budget"] == 150
    assert set(pd.read_csv(finished / "figures/smoke/lambda_sweep.csv")["budget"]) == {150}


def test_records_and_exports_hold_the_hashes_of_what_they_are_from(finished):
    """Tasks are of eval.h5, training and fits of train.h5, plans and embeddings of their model."""
    results, data = finished / "results/smoke", finished / "data"
    held_out, trained_on = (
        sha256(data / f"datasets/smoke/two_room/{split}.h5") for split in ("eval", "train")
    )
    plans = [*results.glob("planning/*/*/*.json"), *results.glob("*_sweep/**/*.json")]
    exports = [*results.glob("embeddings/two_room/*/*.npz")]
    origins = [json.loads(path.read_text()) for path in plans]
    for record in origins:
        assert record["settings"]["eval_data_sha256"] == held_out
    for path in exports:
        with np.load(path) as file:
            origins.append(json.loads(file["origin"].item()))
        assert origins[-1]["eval_data_sha256"] == held_out
        assert origins[-1]["data_sha256"] == trained_on
    checkpoints = {sha256(path): path for path in data.glob("checkpoints/smoke/two_room/*/*.pt")}
    modelled = [origin for origin in origins if "model" in origin]
    assert {origin["checkpoint_sha256"] for origin in modelled} == checkpoints.keys()
    assert len(exports) < len(modelled) < len(origins)  # random actions need no model
    for origin in modelled:
        model, path = origin["model"], checkpoints[origin["checkpoint_sha256"]]
        assert model["data_sha256"] == trained_on
        assert path.stem == f"seed{model['seed']}"
        weight = model["settings"]["weight"]
        assert path.parent.name in (model["method"], f"lambda{weight:g}")


def test_nothing_is_left_to_do(finished):
    status, output = snakemake(finished, "-n")
    assert status == 0
    assert "Nothing to be done" in output


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        ("planning/cem.py", PLANS | PLANNED),
        ("figures/environments.py", {"environments", "report"}),
        ("figures/data_coverage.py", {"data_coverage", "report"}),
        ("figures/planning_success.py", {"planning_success", "report"}),
        ("figures/distractors.py", set()),
        ("figures/lambda_sweep.py", {"lambda_sweep", "report"}),
        ("methods.py", COLOURED),
        ("analysis/verdicts.py", {"replication", "report"}),
        ("measures/rates.py", PLANNED - {"planning_rollouts", "explore"}),
        ("measures/coverage.py", {"measure", "data_coverage", "report"}),
        ("measures/points.py", {"measure", "embeddings_smwm", "embeddings_sigreg", "report"}),
        ("measures/over_seeds.py", {"measure", "replication", "report"}),
        ("measures/probing.py", {"probe", "measure", "probe_r2", "replication", "report"}),
        ("figures/replication.py", {"replication", "report"}),
        ("figures/report.py", {"report"}),
        ("explore/page/planner.js", {"explore"}),
        ("analysis/embed.py", {"embed"} | EMBEDDED),
        ("training/train.py", TRAINS | PLANS | PLANNED | {"embed"} | EMBEDDED),
        ("config/configuration.py", set()),
        ("envs/gym.py", set()),
    ],
)
def test_editing_a_source_reruns_the_stages_that_use_it_and_no_others(finished, source, rules):
    path = finished / "src" / "smwm" / source
    before = path.read_text()
    path.write_text(before + "\n# edited\n")
    try:
        assert planned(finished) == rules
    finally:
        path.write_text(before)
    assert not planned(finished)  # a new time stamp alone changes nothing


def test_changing_one_methods_weight_retrains_that_method_only(finished):
    change = "methods={smwm: {weight: 1.0}, sigreg: {weight: 2.0}, forward_only: {}, random: {}}"
    status, output = snakemake(finished, "-n", "-p", "--config", "scale=smoke", change)
    assert status == 0, output
    trained = [line for line in output.splitlines() if "training " in line]
    assert len(trained) == 1
    assert "training sigreg on two_room" in trained[0]


def test_one_figure_can_be_asked_for_alone(finished):
    status, output = snakemake(finished, "-np", "--forceall", "figures/smoke/planning_success.pdf")
    assert status == 0
    assert "drawing figures/smoke/planning_success.png" in output
    assert "replication" not in output


@pytest.mark.timeout(1800)
def test_same_seed_same_figures_in_another_folder(finished, tmp_path):
    other = run_all(fresh_copy(tmp_path / "other"))
    assert other == figures(finished)


@pytest.mark.parametrize("stage", ["collect", "train", "plan"])
def test_killed_workflow_goes_on_and_gives_the_same_figures(finished, tmp_path, stage):
    """kill -9 of Snakemake alone, which leaves the stage running, then of everything."""
    folder = fresh_copy(tmp_path / "killed")
    for whole in (False, True):
        process = start(folder, "--cores", "2")
        deadline = time.monotonic() + 300
        logs = folder / "results" / "smoke" / "logs" / stage
        while not any(path.stat().st_size for path in logs.glob("**/*.log")):
            assert process.poll() is None, "ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        if whole:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if not whole:
            for path in logs.glob("**/*.log"):
                path.unlink()
        snakemake(folder, "--unlock")
    assert run_all(folder) == figures(finished)


def make_reproduce(folder):
    """`make reproduce` with the interpreter of this test as its environment."""
    prefix = Path(sys.prefix)
    command = ["make", "-o", f"{prefix}/.ready", "reproduce", f"VENV={prefix}", "SCALE=smoke"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_make_reproduce_goes_on_after_a_kill_but_not_beside_a_live_run(finished, tmp_path):
    folder = fresh_copy(tmp_path / "made")
    process = start(folder, "--cores", "2")
    while not (folder / "results/smoke/logs/collect").exists():
        assert process.poll() is None
        time.sleep(0.01)
    beside = make_reproduce(folder)
    assert beside.returncode != 0
    assert "another run is working in this folder" in beside.stderr
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    again = make_reproduce(folder)
    assert again.returncode == 0, again.stderr
    assert "done: figures/smoke/replication.html" in again.stdout + again.stderr
    assert figures(folder) == figures(finished)


def test_unknown_key_is_one_clear_line(tmp_path):
    folder = fresh_copy(tmp_path / "bad")
    path = folder / "config" / "config.yaml"
    path.write_text("scale: smoke\ntrain: {stepz: 3}\n")
    status, output = snakemake(folder, "--cores", "1")
    assert status != 0
    assert "train: unknown key 'stepz' (did you mean 'steps'?)" in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("number", "stage"), [(signal.SIGINT, "collect"), (signal.SIGTERM, "train")]
)
def test_interrupted_workflow_ends_soon_says_so_and_goes_on(finished, tmp_path, number, stage):
    """Ctrl-C, which every process hears, and `kill` of Snakemake alone."""
    folder = fresh_copy(tmp_path / "interrupted")
    process = start(folder, "--cores", "2")
    logs = folder / "results" / "smoke" / "logs" / stage
    while not any(path.stat().st_size for path in logs.glob("**/*.log")):
        assert process.poll() is None
        time.sleep(0.01)
    status, output = interrupt(process, number, seconds=15)  # more for a busy machine
    assert status != 0
    assert output.splitlines()[-1] == "interrupted; the same command goes on where it stopped"
    for noise in ("Traceback", "Error", "python -m smwm", "did not complete"):
        assert noise not in output
    assert not list(folder.rglob("*.tmp*"))
    assert run_all(folder) == figures(finished)
