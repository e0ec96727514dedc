import csv
import json
import math

from smwm.benchmark.gpu.rows import COLUMNS, Row, write_tables

ABOUT = {"device": "a GPU", "code": "0+abc", "small": False}


def test_a_goal_is_reached_from_its_own_side():
    assert Row("c", "w", 0.3, at_least=0.3).verdict == "pass"
    assert Row("c", "w", 0.29, at_least=0.3).verdict == "fail"
    assert Row("c", "w", 5.0, at_most=5.0).verdict == "pass"
    assert Row("c", "w", 5.1, at_most=5.0).verdict == "fail"
    assert Row("c", "w", 0.0, at_most=0.0).verdict == "pass"


def test_what_is_no_number_or_not_measured_fails():
    assert Row("c", "w", math.nan, at_most=5.0).verdict == "fail"
    assert Row("c", "w", math.nan, at_least=5.0).verdict == "fail"
    assert Row("c", "w", None).verdict == "fail"
    assert Row("c", "w", 1.0).verdict == "no goal"


def test_the_three_tables_hold_the_same_rows(tmp_path):
    rows = [
        Row("speed", "step", 0.25, "s", at_most=0.5, note="a | b"),
        Row("speed", "graph", None, note="RuntimeError: no"),
        Row("feed", "host", 7.0, "batches/s"),
    ]
    write_tables(tmp_path, rows, ABOUT)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gpu.csv", "gpu.json", "gpu.md"]
    content = json.loads((tmp_path / "gpu.json").read_text())
    assert [row["verdict"] for row in content["rows"]] == ["pass", "fail", "no goal"]
    assert content["rows"][0]["goal"] == "≤ 0.5"
    assert content["device"] == "a GPU"
    with (tmp_path / "gpu.csv").open() as file:
        table = list(csv.DictReader(file))
    assert list(table[0]) == list(COLUMNS)
    assert [row["measured"] for row in table] == ["0.25", "", "7.0"]
    text = (tmp_path / "gpu.md").read_text()
    assert "1 pass, 1 fail, 1 no goal" in text
    assert "| speed | step | 0.25 s | ≤ 0.5 s | pass | a \\| b |" in text
    assert "| speed | graph | – | – | **fail** | RuntimeError: no |" in text
