import json

import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from smwm.analysis.verdicts import COLUMNS, VERDICTS
from synthetic import draw, measure, write_record, written

PLANNER = {
    "samples": 9, "iterations": 8, "elites": 2, "horizon": 3, "execute": 0, "initial_std": 1.0,
}  # fmt: skip
TRAINING = {"steps": 5, "batch_size": 2, "weight": 0.5, "frames": 2, "learning_rate": 0.1}
NET = {
    "encoder": "cnn", "channels": [4, 8], "forward_model": "mlp", "depth": 2, "latent_dim": 3,
}  # fmt: skip
PAPER = ROOT / "resources/paper"


def record(path, method, seed, solved):
    model = {
        "env": "two_room", "method": method, "seed": seed, "settings": TRAINING, "model": NET,
        "image_size": 16, "episodes": 9,
    }  # fmt: skip
    used = {"planner": PLANNER, "code": "0+a", "offset": 25, "budget": 50}
    start = [True, False, False, False]
    more = {"model": model, "settings": used, "solved_at_start": start}
    return write_record(path, "two_room", solved, method, seed, **more)


@pytest.fixture
def folder(tmp_path):
    """Two seeds of SMWM, and of a forward-only model that collapsed."""
    for method, outcome in {"smwm": [1] * 4, "forward_only": [1, 0, 0, 0]}.items():
        for seed in (0, 1):
            record(tmp_path / f"{method}{seed}.json", method, seed, outcome)
            spread = 1.0 if method == "smwm" else 0.01
            model = {"env": "two_room", "method": method, "seed": seed}
            settings = {"images": 50, "fit_images": 70}
            origin = {"model": model, "settings": settings, "checkpoint_sha256": f"{method}{seed}"}
            np.savez(
                tmp_path / f"{method}{seed}.npz",
                latents=spread * np.random.default_rng(seed).normal(size=(50, 3)),
                origin=json.dumps(origin),
            )
    return tmp_path


def tables(folder, *more):
    """What is measured of the records and embeddings of a folder, and `more` over seeds."""
    records, embeddings = sorted(folder.glob("*.json")), sorted(folder.glob("*.npz"))
    paper = PAPER / "planning_success.csv"
    names = ("planning_success", "planning_differences", "collapse", "over_seeds")
    success, differences, collapse, summed = (folder / "tables" / f"{name}.csv" for name in names)
    assert measure("planning_success", success, records=records, paper=paper) == 0
    assert measure("planning_differences", differences, records=records) == 0
    assert measure("collapse", collapse, embeddings=embeddings) == 0
    assert measure("over_seeds", summed, tables=[collapse, *more]) == 0
    return [success, differences, summed]


def write(folder, *more):
    words = ("--scale", "smoke")
    found = tables(folder, *more)
    return draw("replication", folder / "out", *words, tables=found, paper=PAPER)


def test_replication_has_the_promised_columns_and_rules(folder):
    assert write(folder) == 0
    table = pd.read_csv(folder / "out" / "replication.csv")
    assert tuple(table.columns) == COLUMNS
    assert set(table["claim"]) == {"C1", "C6"}
    judged = table[table["role"] != "context"]
    assert set(judged["verdict"]) <= set(VERDICTS)
    assert table[table["role"] == "context"]["verdict"].isna().all()
    text = (folder / "out" / "replication.md").read_text()
    assert text.count(" | two_room | ") == len(table)
    overview = [line for line in text.splitlines() if "without the inverse term" in line]
    assert overview[0].startswith(("| reproduced | C1 |", "| partly | C1 |", "| not reproduced |"))
    verdict = overview[0].split(" | ")[0].strip("| ")
    assert overview[1].startswith(f"## C1, {verdict}: ")
    rows = [line.split(" | ") for line in text.splitlines() if " | two_room | " in line]
    shown = [cells[0].removeprefix("| ") for cells in rows]
    assert shown == table["verdict"].fillna("–").tolist()
    assert all(f"**{rule}**: reproduced: " in text for rule in set(judged["rule"]))
    (success,) = (line for line in text.splitlines() if "smwm | success [%]" in line)
    assert "| 100 | 100 |" in success
    assert "| planner: executes [blocks] | 5 | 3 |" in text
    assert "| optimiser steps | 10 epochs | 5 |" in text
    assert "![planning_success](planning_success.png)" in text
    (images,) = (line for line in text.splitlines() if "| probes: training images |" in line)
    assert images.endswith("| 70 |")


def test_the_origin_reaches_back_to_what_was_measured(folder):
    assert write(folder) == 0
    origin = json.loads((folder / "out" / "replication.json").read_text())
    names = {path.rpartition("/")[2] for path in origin["inputs"]}
    assert {"smwm0.json", "forward_only1.npz", "collapse.csv", "toy.csv"} <= names
    assert [group["seeds"] for group in origin["settings"]] == [[0, 1], [0, 1]]


def test_tables_of_worlds_become_claims(folder):
    row = {"method": ["smwm"], "seed": 0, "step": 5, "error": 9.5}
    path = written(folder / "others" / "latent_rollout.csv", row)
    assert write(folder, path) == 0
    table = pd.read_csv(folder / "out" / "replication.csv").set_index("claim")
    assert table.loc["C3"]["ours"] == 9.5
    text = (folder / "out" / "replication.md").read_text()
    assert text.index("## C1") < text.index("## C3") < text.index("## C6")


def test_records_that_hide_their_settings_are_refused(folder, capsys):
    for seed in (0, 1):
        path = folder / f"smwm{seed}.json"
        bare = json.loads(path.read_text())
        del bare["model"]["image_size"]
        path.write_text(json.dumps(bare))
    assert write(folder) == 2
    assert "a record of smwm in two_room does not tell 'image_size'" in capsys.readouterr().err


def test_the_report_is_the_same_bytes_every_time(folder):
    outputs = []
    for _ in range(2):
        assert write(folder) == 0
        outputs.append({p.name: p.read_bytes() for p in (folder / "out").iterdir()})
    assert len(outputs[0]) == 3
    assert outputs[0] == outputs[1]


def test_other_tables_are_refused(folder, tmp_path, capsys):
    path, words = tmp_path / "probe_r2.csv", ("--scale", "smoke")
    given = {"tables": [*tables(folder), path], "paper": PAPER}
    assert draw("replication", folder / "out", *words, **given) == 2
    assert f"{path}: not a table of `smwm measure`" in capsys.readouterr().err
    path.write_text("a,b\n1,2\n")
    assert draw("replication", folder / "out", *words, **given) == 2
    assert "probe_r2.json: not the origin of a table" in capsys.readouterr().err
