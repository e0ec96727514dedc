import json

import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from smwm.__main__ import main
from smwm.analysis.records import (
    COLUMNS,
    paper_success,
    planning_table,
    read_records,
    settings_behind,
)
from smwm.analysis.verdicts import COLUMNS as REPLICATION_COLUMNS
from smwm.analysis.verdicts import VERDICTS
from smwm.errors import InputError
from smwm.figures.planning_success import draw as draw_figure

PLANNER = {
    "samples": 9, "iterations": 8, "elites": 2, "horizon": 3, "execute": 0, "initial_std": 1.0,
}  # fmt: skip
TRAINING = {"steps": 5, "batch_size": 2, "weight": 0.5, "frames": 2, "learning_rate": 0.1}
NET = {
    "encoder": "cnn", "channels": [4, 8], "forward_model": "mlp", "depth": 2, "latent_dim": 3,
}  # fmt: skip
PAPER = "env,method,seed,success_rate\ntwo_room,smwm,0,100.0\ntwo_room,smwm,mean,99.0\n"


def record(method, seed, solved):
    return {
        "env": "two_room", "method": method, "seed": seed, "solved": solved,
        "solved_at_start": [True, False, False, False], "replay_success": [True] * 4,
        "settings": {"planner": PLANNER, "code": "0+a", "offset": 25, "budget": 50},
        "model": {
            "settings": TRAINING,
            "model": NET,
            "image_size": 16, "episodes": 9, "data_sha256": "t", "seed": seed,
        },
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """Records, embeddings and paper numbers as the workflow lays them out."""
    solved = {"smwm": [True] * 4, "forward_only": [True, False, False, False]}
    for method, outcome in solved.items():
        for seed in (0, 1):
            (tmp_path / f"{method}{seed}.json").write_text(
                json.dumps(record(method, seed, outcome))
            )
            spread = 1.0 if method == "smwm" else 0.01
            np.savez(
                tmp_path / f"{method}{seed}.npz",
                latents=spread * np.random.default_rng(seed).normal(size=(50, 3)),
                origin=json.dumps({"model": {"env": "two_room", "method": method, "seed": seed}}),
            )
    (tmp_path / "paper.csv").write_text(PAPER)
    return tmp_path


def draw(folder, figure, *more, paper=None):
    records = sorted(map(str, folder.glob("*.json")))
    words = ["figure", figure, "--records", *records]
    words += ["--paper", str(paper or folder / "paper.csv")]
    return main([*words, "--out", str(folder / "out"), *more])


def draw_replication(folder, *more):
    embeddings = sorted(map(str, folder.glob("*.npz")))
    words = ["--embeddings", *embeddings, "--scale", "smoke", *more]
    return draw(folder, "replication", *words, paper=ROOT / "resources/paper")


def test_planning_table_by_hand():
    row = planning_table([record("smwm", 3, [True, True, False, False])]).iloc[0]
    assert row["episodes"] == 4
    assert row["success_rate"] == 50
    assert row["solved_at_start"] == 25
    assert row["success_rate_rest"] == pytest.approx(100 / 3)
    assert row["replay_success"] == 100


def test_planning_success_leaves_pdf_png_csv_and_origin(folder):
    assert draw(folder, "planning_success") == 0
    table = pd.read_csv(folder / "out" / "planning_success.csv")
    assert list(table.columns) == list(COLUMNS)
    assert table[table["method"] == "smwm"]["success_rate"].tolist() == [100, 100]
    assert (folder / "out" / "planning_success.pdf").read_bytes().startswith(b"%PDF")
    assert (folder / "out" / "planning_success.png").read_bytes().startswith(b"\x89PNG")
    origin = json.loads((folder / "out" / "planning_success.json").read_text())
    assert len(origin["inputs"]) == 5
    assert len(origin["settings"]) == 2
    by_method = {group["method"]: group for group in origin["settings"]}
    assert by_method["smwm"]["seeds"] == [0, 1]
    assert by_method["smwm"]["model"]["settings"]["steps"] == 5


def test_seeds_with_other_settings_are_not_said_to_share_them():
    records = [record("smwm", seed, [True] * 4) for seed in (0, 1, 2)]
    records[1]["settings"] = {"planner": PLANNER | {"iterations": 9}, "code": "0+a"}
    assert [group["seeds"] for group in settings_behind(records)] == [[0, 2], [1]]


def test_replication_has_the_promised_columns_and_rules(folder):
    assert draw_replication(folder) == 0
    table = pd.read_csv(folder / "out" / "replication.csv")
    assert tuple(table.columns) == REPLICATION_COLUMNS
    assert set(table["claim"]) == {"C1", "C6"}
    judged = table[table["role"] != "context"]
    assert set(judged["verdict"]) <= set(VERDICTS)
    assert table[table["role"] == "context"]["verdict"].isna().all()
    text = (folder / "out" / "replication.md").read_text()
    assert text.count("\n| two_room") == len(table)
    assert all(f"**{rule}**: reproduced: " in text for rule in set(judged["rule"]))
    (success,) = (line for line in text.splitlines() if "smwm | success [%]" in line)
    assert "| 100 | 100 |" in success
    assert "| planner: executes [blocks] | 5 | 3 |" in text
    assert "| optimiser steps | 10 epochs | 5 |" in text
    assert "![planning_success](planning_success.png)" in text


def test_tables_of_other_figures_become_claims(folder):
    others = folder / "tables"
    others.mkdir()
    (others / "latent_rollout.csv").write_text("method,seed,step,error\nsmwm,0,5,9.5\n")
    (others / "latent_rollout.json").write_text('{"settings": []}')
    assert draw_replication(folder, "--tables", str(others / "latent_rollout.csv")) == 0
    table = pd.read_csv(folder / "out" / "replication.csv").set_index("claim")
    assert table.loc["C3"]["ours"] == 9.5
    text = (folder / "out" / "replication.md").read_text()
    assert text.index("## C1") < text.index("## C3") < text.index("## C6")


def test_records_that_hide_their_settings_are_refused(folder, capsys):
    path = folder / "smwm0.json"
    bare = json.loads(path.read_text())
    del bare["model"]["image_size"]
    path.write_text(json.dumps(bare))
    assert draw_replication(folder) == 2
    assert "a record of smwm in two_room does not tell 'image_size'" in capsys.readouterr().err


def test_figures_are_the_same_bytes_every_time(folder):
    outputs = []
    for _ in range(2):
        draw(folder, "planning_success")
        draw_replication(folder)
        outputs.append({p.name: p.read_bytes() for p in (folder / "out").iterdir()})
    assert len(outputs[0]) == 7
    assert outputs[0] == outputs[1]


def test_common_style_is_applied(folder):
    figure = draw_figure(read_records(folder.glob("*.json")), paper_success(folder / "paper.csv"))
    assert not figure.axes[0].spines["top"].get_visible()
    assert not figure.legends[0].get_frame_on()


def test_no_text_overlaps_or_is_cut(folder):
    figure = draw_figure(read_records(folder.glob("*.json")), paper_success(folder / "paper.csv"))
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    panel, legend = figure.axes[0], figure.legends[0]
    texts = [panel.title, panel.yaxis.label, figure._supxlabel, *legend.get_texts()]
    boxes = [text.get_window_extent(renderer) for text in texts]
    for i, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[:i])


def test_other_files_are_refused(tmp_path, capsys):
    path = tmp_path / "record.json"
    path.write_text("{}")
    with pytest.raises(InputError, match=r"record\.json: not a record of `smwm plan`"):
        read_records([path])
    (tmp_path / "paper.csv").write_text("a,b\n1,2\n")
    path.write_text(json.dumps(record("smwm", 0, [True] * 4)))
    assert draw(tmp_path, "planning_success") == 2
    assert "paper.csv: not a table of planning success" in capsys.readouterr().err
    (tmp_path / "bad.npz").write_text("hello")
    (tmp_path / "paper.csv").write_text(PAPER)
    assert draw_replication(tmp_path) == 2
    assert "bad.npz: not an export of `smwm embed`" in capsys.readouterr().err
