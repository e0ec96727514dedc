import json

import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from smwm.analysis.intervals import rate, rate_difference
from smwm.analysis.records import outcomes, read_records
from smwm.measures.rates import (
    DISTANCE,
    SCALING,
    WEIGHT,
    difference_table,
    paper_distances,
    scaling_table,
    success_table,
    training_of,
    weight_of,
    weight_table,
)
from synthetic import measured, not_measured, read_csv, write_record

WILSON = 100 * 4 / (4 + 1.959964**2)  # lower bound of 4 successes in 4 trials [%]
PAPER = """env,method,goal_offset,eval_budget,success_rate
two_room,smwm,25,50,99.0
two_room,smwm,40,80,88.0
two_room,sigreg,25,50,77.0
"""
SUCCESS = pd.DataFrame(
    [("two_room", "smwm", "0", 90.0), ("two_room", "smwm", "1", 94.0)],
    columns=["env", "method", "seed", "success_rate"],
)


def planned(folder, **changes):
    """SMWM on two seeds, random actions on one; the first of four tasks is solved at the start."""
    start = {"solved_at_start": [True, False, False, False]} | changes
    return [
        write_record(folder / "a.json", "two_room", [1, 1, 1, 0], "smwm", 0, **start),
        write_record(folder / "b.json", "two_room", [1, 0, 1, 0], "smwm", 1, **start),
        write_record(folder / "c.json", "two_room", [1, 0, 0, 0], "random", 0, **start),
        write_record(folder / "d.json", "two_room", [1, 0, 0, 1], "random", 1, **start),
    ]


def test_success_of_each_seed_stands_beside_that_over_seeds_and_the_paper(tmp_path):
    records = read_records(planned(tmp_path))
    table = success_table(records, SUCCESS)
    assert table["method"].tolist() == ["smwm", "smwm", "random", "random"]
    assert table["success_rate"].tolist() == [75, 50, 25, 50]
    assert set(table["seeds"]) == {2}
    ours, random = table.iloc[0], table.iloc[2]
    solved = outcomes(records, "two_room", "smwm")
    assert tuple(ours[["mean", "ci_low", "ci_high"]]) == rate(solved)
    assert ours["rest_episodes"] == 3
    assert tuple(ours[["rest_mean", "rest_low", "rest_high"]]) == rate(solved[:, 1:])
    assert (ours["paper"], random["mean"]) == (92, 37.5)
    assert np.isnan(random["paper"])


def test_where_all_is_solved_at_the_start_there_is_no_rest(tmp_path):
    records = read_records(planned(tmp_path, solved_at_start=[True] * 4))
    table = success_table(records, SUCCESS)
    assert (table["rest_episodes"] == 0).all()
    assert table[["rest_mean", "rest_low", "rest_high"]].isna().all(axis=None)


def test_methods_are_compared_on_the_same_tasks(tmp_path):
    records = read_records(planned(tmp_path))
    (row,) = difference_table(records).itertuples()
    assert (row.env, row.method, row.other) == ("two_room", "smwm", "random")
    assert (row.seeds, row.episodes, row.difference) == (2, 4, 25)
    pair = (outcomes(records, "two_room", method) for method in ("smwm", "random"))
    assert (row.difference, row.ci_low, row.ci_high) == rate_difference(*pair)


def test_tables_are_not_rounded(tmp_path):
    paper = ROOT / "resources/paper/planning_success.csv"
    path = measured("planning_success", tmp_path / "out", records=planned(tmp_path), paper=paper)
    found = pd.read_csv(path)["rest_low"].iloc[0]
    assert found == success_table(read_records(planned(tmp_path)), SUCCESS)["rest_low"].iloc[0]
    assert found != round(found, 4)


def test_other_numbers_of_the_paper_are_refused(tmp_path, capsys):
    path = tmp_path / "paper.csv"
    path.write_text("a,b\n1,2\n")
    files = {"records": planned(tmp_path), "paper": path}
    message = not_measured(capsys, "planning_success", tmp_path / "out", **files)
    assert f"{path}: not a table of planning success" in message


def table_of(*paths):
    return weight_table(read_records(paths, weight_of))


def test_rates_and_intervals_of_weights_by_hand(tmp_path):
    table = table_of(
        write_record(tmp_path / "a.json", "two_room", [1, 1, 1, 1], weight=10),
        write_record(tmp_path / "b.json", "two_room", [0, 0, 0, 0], weight=0),
        write_record(tmp_path / "c.json", "two_room", [1, 0, 1, 0], weight=1),
        write_record(tmp_path / "d.json", "cube", [1, 1, 1, 0], weight=1, seed=1),
        write_record(tmp_path / "e.json", "cube", [1, 0, 0, 0], weight=1, seed=0),
    )
    assert table["env"].tolist() == ["cube", "two_room", "two_room", "two_room"]
    assert table["weight"].tolist() == [1, 0, 1, 10]
    assert table["seeds"].tolist() == [2, 1, 1, 1]
    assert table["episodes"].tolist() == [4] * 4
    assert table["success_rate"].tolist() == [50, 0, 50, 100]
    none, all_of_them = table.iloc[1], table.iloc[3]
    assert (none["ci_low"], none["ci_high"]) == (
        pytest.approx(0),
        pytest.approx(100 - WILSON, abs=1e-3),
    )
    assert (all_of_them["ci_low"], all_of_them["ci_high"]) == (pytest.approx(WILSON, abs=1e-3), 100)
    half = table.iloc[2]
    assert half["ci_low"] + half["ci_high"] == pytest.approx(100)
    # Wilson's interval at 4 trials, corrected for the 3 degrees of freedom of their variance
    n = 4 * (1.959964 / 3.182446) ** 2
    width = 1.959964 * (n / 4 + 1.959964**2 / 4) ** 0.5 / (n + 1.959964**2)
    assert half["ci_high"] - 50 == pytest.approx(100 * width, abs=1e-3)


def test_table_says_how_long_models_were_trained_and_the_budget(tmp_path):
    few = {"settings": {"weight": 3, "steps": 7}}
    longer = {"settings": {"offset": 25, "budget": 150}}
    table = table_of(
        write_record(tmp_path / "a.json", "cube", [1, 1], weight=3),
        write_record(tmp_path / "b.json", "cube", [1, 0], seed=1, model=few),
        write_record(tmp_path / "c.json", "two_room", [1, 0], weight=3, **longer),
        write_record(tmp_path / "d.json", "two_room", [1, 1], weight=3, seed=1, **longer),
    )
    told = table[["env", "weight", "steps", "budget", "seeds", "success_rate"]]
    assert told.to_numpy().tolist() == [
        ["cube", 3, 7, 50, 1, 50], ["cube", 3, 100, 50, 1, 100], ["two_room", 3, 100, 150, 2, 75],
    ]  # fmt: skip


def test_every_weight_is_in_the_table(tmp_path):
    paths = [
        write_record(tmp_path / f"{env}{weight}.json", env, [1, 1, 0], weight=weight)
        for env in ("two_room", "cube")
        for weight in (0, 0.1, 10)
    ]
    path = measured("lambda_sweep", tmp_path / "out", records=paths)
    table = read_csv(path)
    assert tuple(table) == WEIGHT
    assert table.notna().all(axis=None)
    assert len(table) == 6
    assert (table["ci_low"] < table["success_rate"]).all()
    assert (table["success_rate"] < table["ci_high"]).all()
    origin = json.loads(path.with_suffix(".json").read_text())
    weights = {group["model"]["settings"]["weight"] for group in origin["settings"]}
    assert weights == {0, 0.1, 10}


def test_weights_of_other_methods_are_refused(tmp_path, capsys):
    good = write_record(tmp_path / "a.json", "cube", [1, 0])
    path = write_record(tmp_path / "b.json", "cube", [1, 0], "sigreg")
    message = not_measured(capsys, "lambda_sweep", tmp_path / "out", records=[good, path])
    assert f"{path}: not a record of `smwm plan`" in message
    assert "'sigreg'" in message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": None}, "KeyError('model')"),
        ({"model": {"settings": {}}}, "KeyError('weight')"),
        ({"model": {"settings": {"weight": 1}}}, "KeyError('steps')"),
        ({"settings": {"offset": 25}}, "KeyError('budget')"),
        ({"model": {"settings": {"weight": "much"}}}, "much"),
        ({"solved": None}, "KeyError('solved')"),
        ({"solved": []}, "0 tasks"),
        ({"solved": [True] * 3}, "has 3 tasks, other records 2"),
        ({"env": "two_rooms"}, "'two_rooms'"),
        ({"seed": 0}, "the same run as"),
    ],
)
def test_records_that_tell_no_weight_are_refused(changes, words, tmp_path, capsys):
    good = write_record(tmp_path / "a.json", "cube", [1, 0])
    path = write_record(tmp_path / "b.json", "cube", [1, 0], **({"seed": 1} | changes))
    message = not_measured(capsys, "lambda_sweep", tmp_path / "out", records=[good, path])
    assert message.startswith(f"smwm measure: {path}: ")
    assert words in message


@pytest.mark.parametrize("content", [None, b"", b"[]", b"3", b"\x89PNG\xff"])
def test_other_files_are_refused(content, tmp_path, capsys):
    path = tmp_path / "record.json"
    if content is not None:
        path.write_bytes(content)
    message = not_measured(capsys, "lambda_sweep", tmp_path / "out", records=path)
    assert f"{path}: not a record of `smwm plan`" in message


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
    path = measured("horizon_sweep", tmp_path / "out", **files)
    table = read_csv(path)
    assert tuple(table) == DISTANCE
    assert table[list(DISTANCE[:-1])].notna().all(axis=None)
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
    origin = json.loads(path.with_suffix(".json").read_text())
    assert {group["settings"]["offset"] for group in origin["settings"]} == {25, 40, 100}


def test_the_paper_s_distances_can_be_read():
    paper = paper_distances(ROOT / "resources/paper/horizon_sweep.csv")
    assert paper["env"].nunique() == 4


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
    message = not_measured(capsys, "horizon_sweep", tmp_path / "out", **files)
    assert message.startswith(f"smwm measure: {path}: ")
    assert words in message


@pytest.mark.parametrize(
    "content", ["", PAPER.replace("goal_offset", "steps"), PAPER.replace("40", "far"), "a\n\x00"]
)
def test_other_tables_of_the_paper_are_refused(content, files, tmp_path, capsys):
    files["paper"].write_text(content)
    message = not_measured(capsys, "horizon_sweep", tmp_path / "out", **files)
    assert f"{files['paper']}: not a table of the horizon sweep" in message


def trained(path, solved, steps, episodes, seed=0, **changes):
    """A record of a model with so many steps on so many episodes."""
    model = {"settings": {"weight": 1, "steps": steps}, "episodes": episodes}
    return write_record(path, "cube", solved, "smwm", seed, **({"model": model} | changes))


def test_training_and_data_are_told_apart_and_what_was_solved_at_the_start_is_left_out(tmp_path):
    start = {"solved_at_start": [True, False, False, False]}
    paths = [
        trained(tmp_path / "a.json", [1, 1, 1, 0], 100, 90, 0, **start),
        trained(tmp_path / "b.json", [1, 1, 1, 1], 100, 90, 1, **start),
        trained(tmp_path / "c.json", [1, 1, 0, 0], 400, 90, 0, **start),
        trained(tmp_path / "d.json", [1, 0, 0, 0], 100, 45, 0, **start),
    ]
    path = measured("scaling", tmp_path / "out", records=paths)
    table = read_csv(path)
    assert tuple(table) == SCALING
    told = table[["steps", "training_episodes", "seeds", "episodes"]].to_numpy().tolist()
    assert told == [[100, 45, 1, 3], [100, 90, 2, 3], [400, 90, 1, 3]]
    assert table["success_rate"].tolist() == pytest.approx([0, 100 * 5 / 6, 100 / 3])
    solved = np.array([[1, 1, 0], [1, 1, 1]], bool)
    assert tuple(table.loc[1, ["success_rate", "ci_low", "ci_high"]]) == pytest.approx(rate(solved))


def test_where_all_was_solved_at_the_start_training_has_no_row(tmp_path):
    paths = [trained(tmp_path / "a.json", [1, 1], 100, 90, solved_at_start=[True, True])]
    assert scaling_table(read_records(paths, training_of)).empty


@pytest.mark.parametrize("model", [None, {"settings": {"weight": 1}}, {"settings": {"steps": 1}}])
def test_records_that_tell_no_training_are_refused(model, tmp_path, capsys):
    path = trained(tmp_path / "a.json", [1, 0], 1, 1, model=model)
    message = not_measured(capsys, "scaling", tmp_path / "out", records=path)
    assert f"{path}: not a record of `smwm plan`" in message
