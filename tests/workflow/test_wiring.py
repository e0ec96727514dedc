"""What each stage is told, read off the commands of a dry run at scale smoke."""

import re
import shlex

import pytest

from workflow_runs import fresh_copy, snakemake

DATA, MODELS, RESULTS = "data/datasets/smoke", "data/checkpoints/smoke", "results/smoke"


def parse(command):
    """Stage, and values of each flag, of `python -m smwm ...`."""
    flags, values = {}, []
    stage, *words = shlex.split(command.partition(" > ")[0])
    for word in words:
        if word.startswith("--"):
            values = flags[word[2:]] = []
        else:
            values.append(word)
    return stage, flags


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    folder = fresh_copy(tmp_path_factory.mktemp("wiring") / "copy", small=False)
    return planned(folder)


def planned(folder, *words):
    """The commands of a dry run."""
    status, output = snakemake(folder, "-n", "-p", *words)
    assert status == 0, output
    return [parse(command) for command in re.findall(r"python -m smwm (.*)", output)]


def told(commands, stage, pattern):
    """The flags of each command of a stage whose --out fits, with the pattern's groups."""
    found = [
        (flags, match.groupdict())
        for name, flags in commands
        if name == stage and (match := re.fullmatch(pattern, flags["out"][0]))
    ]
    assert found
    return found


def test_data_are_split_once_and_each_stage_reads_its_own_split(commands):
    for flags, at in told(commands, "tasks", rf"{RESULTS}/tasks/(?P<env>\w+).npz"):
        assert flags["data"] == [f"{DATA}/{at['env']}/eval.h5"]
        assert flags["env"] == [at["env"]]
    pattern = rf"{RESULTS}/embeddings/(?P<env>\w+)/(?P<method>\w+)/seed(?P<seed>\d+).npz"
    for flags, at in told(commands, "embed", pattern):
        checkpoint = f"{MODELS}/{at['env']}/{at['method']}/seed{at['seed']}.pt"
        assert flags["checkpoint"] == [checkpoint]
        if "world" in flags:
            assert flags["world"] == [at["env"]]
        else:
            assert flags["data"] == [f"{DATA}/{at['env']}/eval.h5"]
            assert flags["fit"] == [f"{DATA}/{at['env']}/train.h5"]


def test_a_model_is_trained_as_its_path_says(commands):
    pattern = rf"{MODELS}/(?P<env>\w+)/(?P<method>[a-z_]+)/seed(?P<seed>\d+).pt"
    for flags, at in told(commands, "train", pattern):
        assert flags["method"] == [at["method"]]
        assert flags["seed"] == [at["seed"]]
        if "world" in flags:
            assert flags["world"] == [at["env"]]
        else:
            assert flags["env"] == [at["env"]]
            assert flags["data"] == [f"{DATA}/{at['env']}/train.h5"]
    weights = set()
    for flags, at in told(commands, "train", rf"{MODELS}/two_room/lambda(?P<weight>.+)/seed0.pt"):
        assert flags["method"] == ["smwm"]
        assert flags["weight"] == [at["weight"]]
        assert flags["data"] == [f"{DATA}/two_room/train.h5"]
        weights.add(at["weight"])
    assert len(weights) > 1


def test_a_plan_is_made_with_its_own_model_and_tasks(commands):
    pattern = rf"{RESULTS}/planning/(?P<env>\w+)/(?P<method>\w+)/seed(?P<seed>\d+).json"
    for flags, at in told(commands, "plan", pattern):
        assert flags["tasks"] == [f"{RESULTS}/tasks/{at['env']}.npz"]
        assert (flags["method"], flags["seed"]) == ([at["method"]], [at["seed"]])
        checkpoint = f"{MODELS}/{at['env']}/{at['method']}/seed{at['seed']}.pt"
        assert flags.get("checkpoint") == (None if at["method"] == "random" else [checkpoint])
    pattern = rf"{RESULTS}/lambda_sweep/(?P<env>\w+)/lambda(?P<weight>.+)/seed(?P<seed>\d+).json"
    for flags, at in told(commands, "plan", pattern):
        folder = "smwm" if at["weight"] == "1" else f"lambda{at['weight']}"  # 1: the main models'
        assert flags["checkpoint"] == [f"{MODELS}/{at['env']}/{folder}/seed{at['seed']}.pt"]
        assert flags["tasks"] == [f"{RESULTS}/lambda_sweep/{at['env']}/tasks.npz"]


def test_a_weight_that_the_main_models_have_is_not_trained_again(tmp_path):
    sweep = "lambda_sweep={envs: [two_room], weights: [0, 1], steps: 0}"
    target = "figures/smoke/lambda_sweep.pdf"
    words = (target, "--config", "scale=smoke", "methods={smwm: {weight: 1.0}}", sweep)
    commands = planned(fresh_copy(tmp_path / "copy", small=False), *words)
    trained = {flags["out"][0] for stage, flags in commands if stage == "train"}
    assert trained == {f"{MODELS}/two_room/{name}/seed0.pt" for name in ("smwm", "lambda0")}
    used = {flags["out"][0]: flags["checkpoint"] for stage, flags in commands if stage == "plan"}
    records = f"{RESULTS}/lambda_sweep/two_room"
    assert used == {
        f"{records}/lambda0/seed0.json": [f"{MODELS}/two_room/lambda0/seed0.pt"],
        f"{records}/lambda1/seed0.json": [f"{MODELS}/two_room/smwm/seed0.pt"],
    }


def test_far_goals_have_twice_their_distance_as_budget(commands):
    far = rf"{RESULTS}/horizon_sweep/(?P<env>\w+)/offset(?P<offset>\d+)"
    for flags, at in told(commands, "tasks", rf"{far}.npz"):
        assert flags["data"] == [f"{DATA}/{at['env']}/eval.h5"]
        assert flags["offset"] == [at["offset"]]
        assert flags["budget"] == [str(2 * int(at["offset"]))]
    for flags, at in told(commands, "plan", rf"{far}/(?P<method>\w+)/seed(?P<seed>\d+).json"):
        assert flags["tasks"] == [f"{RESULTS}/horizon_sweep/{at['env']}/offset{at['offset']}.npz"]
        checkpoint = f"{MODELS}/{at['env']}/{at['method']}/seed{at['seed']}.pt"
        assert flags["checkpoint"] == [checkpoint]


def test_models_with_other_training_and_data_plan_the_main_tasks(commands):
    scaled = r"steps(?P<steps>[\d.]+)_data(?P<share>[\d.]+)/seed(?P<seed>\d+)"
    pattern = rf"{MODELS}/(?P<env>\w+)/(?P<method>\w+)/{scaled}.pt"
    found = told(commands, "train", pattern)
    for flags, at in found:
        assert (flags["method"], flags["seed"]) == ([at["method"]], [at["seed"]])
        assert flags["data"] == [f"{DATA}/{at['env']}/train.h5"]
        assert flags["steps"] == [str(round(20 * float(at["steps"])))]
        assert float(flags["data-share"][0]) == float(at["share"])
    assert {(at["steps"], at["share"]) for _, at in found} == {("0.5", "1"), ("1", "0.5")}
    pattern = rf"{RESULTS}/scaling/(?P<env>\w+)/(?P<method>\w+)/(?P<name>{scaled}).json"
    for flags, at in told(commands, "plan", pattern):
        assert flags["tasks"] == [f"{RESULTS}/tasks/{at['env']}.npz"]
        assert flags["checkpoint"] == [f"{MODELS}/{at['env']}/{at['method']}/{at['name']}.pt"]


def test_each_export_is_probed_once_and_its_probes_go_into_every_table_of_it(commands):
    pattern = rf"{RESULTS}/probes/(?P<env>\w+)/(?P<method>\w+)/seed(?P<seed>\d+).csv"
    made = set()
    for flags, at in told(commands, "measure", pattern):
        export = f"{RESULTS}/embeddings/{at['env']}/{at['method']}/seed{at['seed']}.npz"
        assert flags["embeddings"] == [export]
        made.add(flags["out"][0])
    used = [
        set(flags["probes"])
        for table in ("probe_r2", "baseline_probes", "distractors")
        for flags, _ in told(commands, "measure", f"{RESULTS}/tables/{table}.csv")
    ]
    assert set.union(*used) == made
    assert used[0] & used[1]  # shared, and not fitted again


def test_figures_and_verdicts_read_tables_and_no_records(commands):
    figures = [flags for stage, flags in commands if stage == "figure"]
    pages = [flags for flags in figures if "figures" in flags]  # of the report
    measured = [flags["table"][0] for flags in figures if "table" in flags and flags not in pages]
    assert len(measured) > 10
    assert all(path.startswith(f"{RESULTS}/tables/") for path in measured)
    (report,) = (flags for flags in figures if "tables" in flags)
    assert {path.rpartition("/")[0] for path in report["tables"]} == {f"{RESULTS}/tables"}
    assert not [flags for flags in figures if "records" in flags]
