import pandas as pd
import pytest

from smwm.figures.scaling import along, draw
from synthetic import assert_readable, drawn_lines, drawn_twice, written

COLUMNS = ["env", "method", "steps", "training_episodes", "seeds", "episodes", "success_rate",
           "ci_low", "ci_high"]  # fmt: skip
MAIN = {"reacher": (8000, 540), "cube": (6000, 180)}


@pytest.fixture
def table():
    """Two environments and methods: four numbers of steps, and two further ones of episodes."""
    rows = [
        (env, method, int(steps * main), int(share * episodes), 3, 80, rate, rate - 9, rate + 9)
        for env, (main, episodes) in MAIN.items()
        for method in ("sigreg", "smwm")
        for (steps, share), rate in {
            (0.25, 1): 20.0, (1, 1): 50.0, (2, 1): 60.0, (4, 1): 65.0, (1, 0.25): 30.0,
            (1, 0.5): 45.0,
        }.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def test_files(table, tmp_path):
    path = written(tmp_path / "scaling.csv", table)
    shown = drawn_twice("scaling", tmp_path / "out", table=path)
    pd.testing.assert_frame_equal(shown, table)


def test_above_only_steps_grow_and_below_only_episodes(table):
    figure = draw(table)
    assert [panel.get_title() for panel in figure.axes] == ["Reacher", "Cube", "", ""]
    above, below = (drawn_lines(figure.axes[place])["#0072B2"] for place in (0, 2))
    assert above[0] == pytest.approx([2000, 8000, 16000, 32000], rel=0.03)
    assert above[1] == [20, 50, 60, 65]
    assert below[0] == pytest.approx([135, 270, 540], rel=0.03)
    assert below[1] == [30, 45, 50]
    assert figure.axes[3].get_xticks().tolist() == [45, 90, 180]
    assert_readable(figure)


def test_where_no_episodes_are_left_out_only_steps_are_shown(table):
    figure = draw(table[table["training_episodes"].isin([540, 180])])
    assert len(figure.axes) == 2
    assert figure.axes[0].get_xlabel() == "optimiser steps"


def test_a_single_model_is_one_point(table):
    figure = draw(table.iloc[[1]])
    assert drawn_lines(figure.axes[0]) == {"#E69F00": ([8000], [50])}


def test_what_stays_is_what_most_rows_share(table):
    mine = table[(table["env"] == "cube") & (table["method"] == "smwm")]
    assert along(mine, "steps", "training_episodes")["steps"].tolist() == [1500, 6000, 12000, 24000]
    assert along(mine, "training_episodes", "steps")["success_rate"].tolist() == [30, 45, 50]
