import pandas as pd
import pytest

from smwm.figures.lambda_sweep import draw
from synthetic import assert_readable, drawn_twice, refusal, written

COLUMNS = [
    "env", "weight", "steps", "budget", "seeds", "episodes", "success_rate", "ci_low", "ci_high",
]  # fmt: skip


def table_of(envs, weights, budget=50):
    rows = [(env, w, 100, budget, 2, 3, 200 / 3, 30.0, 90.0) for env in envs for w in weights]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_files_and_lines(tmp_path):
    table = table_of(("two_room", "reacher", "push_t", "cube"), (0, 0.1, 10))
    path = written(tmp_path / "lambda_sweep.csv", table)
    shown = drawn_twice("lambda_sweep", tmp_path / "out", table=path)
    assert list(shown) == COLUMNS
    assert set(shown["success_rate"]) == {66.6667}
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
    assert {tuple(line.get_ydata()) for line in lines} == {(200 / 3,) * 3}


def test_the_budget_of_each_environment_is_told():
    table = pd.concat([table_of(["cube"], [3]), table_of(["two_room"], [3], budget=150)])
    labels = [text.get_text() for text in draw(table).legends[0].get_texts()]
    assert labels == ["Two rooms, budget 150", "Cube, budget 50"]


@pytest.mark.parametrize("weights", [[0], [3], [0, 3]])
def test_few_weights_can_be_drawn(weights):
    assert_readable(draw(table_of(["cube"], weights)))


def test_other_tables_are_refused(tmp_path, capsys):
    path = tmp_path / "t.csv"
    message = refusal(capsys, "lambda_sweep", tmp_path / "out", table=path)
    assert f"{path}: not a table of `smwm measure`" in message
    written(path, table_of(["cube"], [1]).drop(columns=["budget", "ci_low"]))
    message = refusal(capsys, "lambda_sweep", tmp_path / "out", table=path)
    assert f"{path}: not this table of `smwm measure`, lacks budget, ci_low" in message
    written(path, table_of(["cube"], [1]))
    path.with_suffix(".json").write_text("[]")
    message = refusal(capsys, "lambda_sweep", tmp_path / "out", table=path)
    assert f"{path.with_suffix('.json')}: not the origin of a table" in message
