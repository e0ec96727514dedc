import json

import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from smwm.analysis.intervals import mean
from smwm.envs import ENVIRONMENTS
from smwm.measures.probe_tables import DISTRACTED, PROBES, VARIANTS, beside_paper, paper_probes
from smwm.measures.probing import COLUMNS
from synthetic import measured, not_measured, read_csv, write_record, written

PAPER = """env,quantity,probe,method,r2
two_room,agent_position,linear,smwm,0.75
two_room,agent_position,mlp,smwm,0.8
"""
OUTCOMES = {  # method, without, with
    "smwm": ([1, 1, 1, 1], [1, 1, 1, 0]),
    "sigreg": ([1, 1, 1, 1], [1, 0, 0, 0]),
}


def fitted(path, env, method, seed, **r2):
    """A table of probes of one export: R^2 by quantity, of the MLP as much more as it has left."""
    rows = [
        (env, quantity, probe, method, seed, value if probe == "linear" else (1 + value) / 2)
        for quantity, value in r2.items()
        for probe in ("linear", "mlp")
    ]
    return written(path, rows, list(COLUMNS), [{"model": {"env": env, "seed": seed}}])


@pytest.fixture
def rooms(tmp_path):
    (tmp_path / "paper.csv").write_text(PAPER)
    paths = [
        fitted(tmp_path / f"{method}{seed}.csv", "two_room", method, seed, agent_position=r2)
        for method, seed, r2 in (("smwm", 0, 0.8), ("smwm", 1, 0.6), ("sigreg", 0, 0.5))
    ]
    return {"probes": paths, "paper": tmp_path / "paper.csv"}


def test_each_seed_stands_beside_the_mean_and_the_paper(rooms, tmp_path):
    path = measured("probe_r2", tmp_path / "out", **rooms)
    table = read_csv(path)
    assert tuple(table) == PROBES
    assert table["r2"].tolist() == [0.8, 0.9, 0.6, 0.8, 0.5, 0.75]
    linear = table[table["probe"] == "linear"]
    assert linear["mean"].tolist() == [pytest.approx(0.7)] * 2 + [0.5]
    assert tuple(linear[["mean", "ci_low", "ci_high"]].iloc[0]) == pytest.approx(mean([0.8, 0.6]))
    assert linear["ci_low"].isna().tolist() == [False, False, True]  # one seed has no interval
    assert linear["paper"].tolist()[:2] == [0.75, 0.75]
    assert np.isnan(linear["paper"].iloc[2])
    origin = json.loads(path.with_suffix(".json").read_text())
    assert [one["model"]["seed"] for one in origin["settings"]] == [0, 1, 0]


def test_the_paper_s_own_table_can_be_read():
    paper = paper_probes(ROOT / "resources/paper/probe_r2.csv")
    assert set(paper["env"]) <= set(ENVIRONMENTS)
    assert beside_paper(paper.assign(seed=0), paper)["paper"].notna().all()


@pytest.mark.parametrize(
    "content", [None, "env,quantity\na,b\n", PAPER.replace("0.75", "high"), "\x00", ""]
)
def test_other_tables_of_the_paper_are_refused(content, rooms, tmp_path, capsys):
    rooms["paper"].unlink()
    if content is not None:
        rooms["paper"].write_text(content)
    message = not_measured(capsys, "probe_r2", tmp_path / "out", **rooms)
    assert f"{rooms['paper']}: not a table of probe R^2" in message


@pytest.fixture
def files(tmp_path):
    """Two seeds each with a distractor and without; SIGReg's latents hold the dot as well."""
    records, probes = [], []
    for method, outcomes in OUTCOMES.items():
        for seed in (0, 1):
            for env, solved in zip(("two_room", "two_room_distractor"), outcomes, strict=True):
                path = tmp_path / f"{env}-{method}{seed}.json"
                records.append(write_record(path, env, solved, method, seed))
            path = tmp_path / f"{method}-{seed}.csv"
            dot = 0.0 if method == "smwm" else 0.9
            r2 = {"agent_position": 0.98 + 0.01 * seed, "distractor_position": dot}
            probes.append(fitted(path, "two_room_distractor", method, seed, **r2))
    return {"records": records, "probes": probes}


def test_success_and_probes_with_a_distractor_by_hand(files, tmp_path):
    path = measured("distractors", tmp_path / "out", **files)
    table = read_csv(path)
    assert tuple(table) == DISTRACTED
    assert (table["env"] == "two_room").all()
    assert len(table) == 2 * (2 + 2 * 2)
    success = table[table["quantity"].isna()].set_index(["method", "measure"])
    assert success["value"].to_dict() == {
        ("smwm", "success_without"): 100, ("smwm", "success_with"): 75,
        ("sigreg", "success_without"): 100, ("sigreg", "success_with"): 25,
    }  # fmt: skip
    assert (success["episodes"] == 4).all()
    assert success["by_seed"]["sigreg", "success_with"] == "25 25"
    read = table[table["quantity"].notna()].set_index(["method", "quantity", "measure"])
    assert read["value"]["smwm", "agent_position", "r2_linear"] == pytest.approx(0.985)
    assert read["by_seed"]["smwm", "agent_position", "r2_linear"] == "0.98 0.99"
    assert read["value"]["smwm", "distractor_position", "r2_mlp"] == 0.5
    assert read["value"]["sigreg", "distractor_position", "r2_linear"] == 0.9
    assert (table["seeds"] == 2).all()
    assert (table["ci_low"] <= table["value"]).all()
    assert (table["ci_high"] >= table["value"]).all()
    origin = json.loads(path.with_suffix(".json").read_text())
    assert {group["env"] for group in origin["settings"]} == {"two_room", "two_room_distractor"}


def test_with_one_seed_probes_have_no_interval(files, tmp_path):
    files = {key: [path for path in paths if "0." in path.name] for key, paths in files.items()}
    table = read_csv(measured("distractors", tmp_path / "out", **files))
    probes = table["quantity"].notna()
    assert table[probes]["ci_low"].isna().all()
    assert table[~probes]["ci_low"].notna().all()


def test_a_variant_needs_its_original(files, tmp_path, capsys):
    files["records"] = [path for path in files["records"] if "two_room-s" not in path.name]
    message = not_measured(capsys, "distractors", tmp_path / "out", **files)
    assert "lacks one of: with, without distractor" in message


def test_probes_without_a_distractor_are_refused(files, tmp_path, capsys):
    fitted(files["probes"][0], "two_room", "smwm", 0, agent_position=1.0)
    message = not_measured(capsys, "distractors", tmp_path / "out", **files)
    assert f"are of 'two_room', allowed: {', '.join(VARIANTS)}" in message


def test_other_tables_than_probes_are_refused(files, tmp_path, capsys):
    written(files["probes"][0], pd.DataFrame({"env": ["two_room"]}))
    message = not_measured(capsys, "distractors", tmp_path / "out", **files)
    assert f"{files['probes'][0]}: not this table of `smwm measure`, lacks quantity" in message
