import json

import pytest

from conftest import ROOT
from smwm.analysis.records import read_records
from smwm.figures.horizon_sweep import distance_of, draw, read_paper, sweep_table
from synthetic import assert_readable, drawn_twice, refusal, write_record

COLUMNS = ["env", "method", "offset", "budget", "seeds", "episodes", "success_rate", "ci_low",
           "ci_high", "paper"]  # fmt: skip
WILSON = 100 * 4 / (4 + 1.959964**2)  # lower bound of 4 successes in 4 trials [%]
PAPER = """env,method,goal_offset,eval_budget,success_rate
two_room,smwm,25,50,99.0
two_room,smwm,40,80,88.0
two_room,sigreg,25,50,77.0
"""


@pytest.fixture
def files(tmp_path):
    """Three distances, two methods, two seeds in one environment; one method in another."""
    (tmp_path / "paper.csv").write_text(PAPER)
    solved = {25: [1, 1, 1, 1], 40: [1, 1, 0, 0], 100: [0, 0, 0, 0]}
    paths = [
        write_record(
            tmp_path / f"{method}{offset}{seed}.json", "two_room", outcome, method, seed, offset
        )
        for method in ("smwm", "sigreg")
        for offset, outcome in solved.items()
        for seed in (0, 1)
    ]
    paths.append(write_record(tmp_path / "r.json", "cube", [1, 0, 0, 0], "random", model=None))
    return {"records": paths, "paper": tmp_path / "paper.csv"}


def test_rates_intervals_and_the_paper_by_hand(files, tmp_path):
    table = drawn_twice("horizon_sweep", tmp_path / "out", **files)
    assert list(table) == COLUMNS
    assert table[COLUMNS[:-1]].notna().all(axis=None)
    rows = table.set_index(["env", "method", "offset"])
    assert len(rows) == 7
    assert (rows["budget"] == 2 * rows.index.get_level_values("offset")).all()
    assert rows.loc["two_room", "seeds"].tolist() == [2] * 6
    assert rows.loc[("cube", "random", 25), "seeds"] == 1
    assert set(rows["episodes"]) == {4}
    for method in ("smwm", "sigreg"):
        ours = rows.loc[("two_room", method)]
        assert ours["success_rate"].tolist() == [100, 50, 0]
        assert ours["ci_low"].to_list()[::2] == [pytest.approx(WILSON, abs=1e-3), 0]
        assert ours["ci_high"].to_list()[::2] == [100, pytest.approx(100 - WILSON, abs=1e-3)]
        assert ours["ci_low"][40] + ours["ci_high"][40] == pytest.approx(100, abs=1e-3)
    assert rows["paper"].dropna().to_dict() == {
        ("two_room", "smwm", 25): 99,
        ("two_room", "smwm", 40): 88,
        ("two_room", "sigreg", 25): 77,
    }
    origin = json.loads((tmp_path / "out/once/horizon_sweep.json").read_text())
    assert {group["settings"]["offset"] for group in origin["settings"]} == {25, 40, 100}


def test_one_panel_an_environment_one_line_a_method(files):
    table = sweep_table(read_records(files["records"], distance_of), read_paper(files["paper"]))
    figure = draw(table)
    assert [panel.get_title() for panel in figure.axes] == ["Two rooms", "Cube"]
    panel = figure.axes[0]
    assert panel.get_xticks().tolist() == [25, 40, 100]
    lines = {
        c.lines[0].get_color(): c.lines[0] for c in panel.containers if len(c.lines[0].get_xdata())
    }
    assert lines.keys() == {"#0072B2", "#E69F00"}
    assert lines["#0072B2"].get_ydata().tolist() == [100, 50, 0]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["SMWM", "SIGReg", "Random actions", "paper"]
    assert_readable(figure)


def test_the_paper_s_table_can_be_read_and_drawn():
    paper = read_paper(ROOT / "resources/paper/horizon_sweep.csv")
    names = {"goal_offset": "offset", "eval_budget": "budget"}
    rate = paper["success_rate"]
    table = paper.rename(columns=names).assign(
        seeds=1, episodes=100, ci_low=rate, ci_high=rate, paper=rate
    )
    figure = draw(table)
    assert len(figure.axes) == 4
    assert_readable(figure)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"settings": {"budget": 50}}, "KeyError('offset')"),
        ({"settings": {"offset": "far", "budget": 50}}, "far"),
        ({"settings": None}, "KeyError('settings')"),
        ({"method": "smvm"}, "'smvm' on 'two_room'"),
        ({"solved": [True]}, "has 1 tasks, other records 4"),
        ({"seed": 1}, "the same run as"),
    ],
)
def test_records_that_do_not_fit_are_refused(changes, words, files, tmp_path, capsys):
    path = write_record(tmp_path / "x.json", "two_room", [1, 0, 0, 1], **({"seed": 7} | changes))
    files["records"].append(path)
    message = refusal(capsys, "horizon_sweep", tmp_path / "out", **files)
    assert message.startswith(f"smwm figure: {path}: ")
    assert words in message


@pytest.mark.parametrize(
    "content", ["", PAPER.replace("goal_offset", "steps"), PAPER.replace("40", "far"), "a\n\x00"]
)
def test_other_tables_of_the_paper_are_refused(content, files, tmp_path, capsys):
    files["paper"].write_text(content)
    message = refusal(capsys, "horizon_sweep", tmp_path / "out", **files)
    assert f"{files['paper']}: not a table of the horizon sweep" in message
