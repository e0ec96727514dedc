import json

import pytest

from smwm.analysis.records import read_records
from smwm.figures.lambda_sweep import draw, run_of, sweep_table
from synthetic import assert_readable, drawn_twice, refusal, write_record

COLUMNS = [
    "env", "weight", "steps", "budget", "seeds", "episodes", "success_rate", "ci_low", "ci_high",
]  # fmt: skip
WILSON = 100 * 4 / (4 + 1.959964**2)  # lower bound of 4 successes in 4 trials [%]


def table_of(*paths):
    return sweep_table(read_records(paths, run_of))


def test_rates_and_intervals_by_hand(tmp_path):
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
    labels = [text.get_text() for text in draw(table).legends[0].get_texts()]
    assert labels == ["Two rooms, budget 150", "Cube, budget 50"]


def test_table_and_files(tmp_path):
    paths = [
        write_record(tmp_path / f"{env}{weight}.json", env, [1, 1, 0], weight=weight)
        for env in ("two_room", "push_t", "cube", "reacher")
        for weight in (0, 0.1, 10)
    ]
    table = drawn_twice("lambda_sweep", tmp_path / "out", records=paths)
    assert list(table) == COLUMNS
    assert table.notna().all(axis=None)
    assert len(table) == 12
    assert (table["ci_low"] < table["success_rate"]).all()
    assert (table["success_rate"] < table["ci_high"]).all()
    origin = json.loads((tmp_path / "out/once/lambda_sweep.json").read_text())
    weights = {group["model"]["settings"]["weight"] for group in origin["settings"]}
    assert weights == {0, 0.1, 10}

    figure = draw(table)
    assert_readable(figure)
    panel = figure.axes[0]
    assert [label.get_text() for label in panel.get_xticklabels()] == ["0", "0.1", "10"]
    assert panel.get_xticks()[0] < 0.1
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    names = ("Two rooms", "Reacher", "Push-T", "Cube")
    assert labels == [f"{name}, budget 50" for name in names]
    lines = [container.lines[0] for container in panel.containers]
    assert len({line.get_color() for line in lines}) == 4
    assert len({tuple(line.get_xdata()) for line in lines}) == 4  # intervals side by side
    assert {tuple(line.get_ydata()) for line in lines} == {(66.6667,) * 3}


@pytest.mark.parametrize("weights", [[0], [3], [0, 3]])
def test_few_weights_can_be_drawn(weights, tmp_path):
    paths = [write_record(tmp_path / f"{w}.json", "cube", [1, 0], weight=w) for w in weights]
    assert_readable(draw(table_of(*paths)))


def test_weights_of_other_methods_are_refused(tmp_path, capsys):
    good = write_record(tmp_path / "a.json", "cube", [1, 0])
    path = write_record(tmp_path / "b.json", "cube", [1, 0], "sigreg")
    message = refusal(capsys, "lambda_sweep", tmp_path / "out", records=[good, path])
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
def test_records_that_do_not_fit_are_refused(changes, words, tmp_path, capsys):
    good = write_record(tmp_path / "a.json", "cube", [1, 0])
    path = write_record(tmp_path / "b.json", "cube", [1, 0], **({"seed": 1} | changes))
    message = refusal(capsys, "lambda_sweep", tmp_path / "out", records=[good, path])
    assert message.startswith(f"smwm figure: {path}: ")
    assert words in message


@pytest.mark.parametrize("content", [None, b"", b"[]", b"3", b"\x89PNG\xff"])
def test_other_files_are_refused(content, tmp_path, capsys):
    path = tmp_path / "record.json"
    if content is not None:
        path.write_bytes(content)
    message = refusal(capsys, "lambda_sweep", tmp_path / "out", records=path)
    assert f"{path}: not a record of `smwm plan`" in message
