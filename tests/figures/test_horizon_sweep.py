import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from smwm.figures.horizon_sweep import draw
from synthetic import assert_readable, drawn_lines, drawn_twice, written

COLUMNS = ["env", "method", "offset", "budget", "seeds", "episodes", "success_rate", "ci_low",
           "ci_high", "paper"]  # fmt: skip


@pytest.fixture
def table():
    """Three distances and two methods in one environment, one of random actions in another."""
    rows = [
        ("two_room", method, offset, 2 * offset, 2, 4, rate, rate - 5, rate + 5, rate + 2)
        for method in ("sigreg", "smwm")
        for offset, rate in {25: 100.0, 40: 50.0, 100: 0.0}.items()
    ]
    rows.append(("cube", "random", 25, 50, 1, 4, 25.0, 5.0, 60.0, np.nan))
    return pd.DataFrame(rows, columns=COLUMNS)


def test_files(table, tmp_path):
    path = written(tmp_path / "horizon_sweep.csv", table)
    shown = drawn_twice("horizon_sweep", tmp_path / "out", table=path)
    pd.testing.assert_frame_equal(shown, table)


def test_one_panel_an_environment_one_line_a_method(table):
    figure = draw(table)
    assert [panel.get_title() for panel in figure.axes] == ["Two rooms", "Cube"]
    panel = figure.axes[0]
    assert panel.get_xticks().tolist() == [25, 40, 100]
    lines = drawn_lines(panel)
    assert lines.keys() == {"#0072B2", "#E69F00"}
    assert lines["#0072B2"][1] == [100, 50, 0]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["SMWM", "SIGReg", "Random actions", "paper"]
    assert_readable(figure)


def test_as_many_environments_as_in_the_paper_can_be_drawn():
    paper = pd.read_csv(ROOT / "resources/paper/horizon_sweep.csv")
    names = {"goal_offset": "offset", "eval_budget": "budget"}
    rate = paper["success_rate"]
    table = paper.rename(columns=names).assign(
        seeds=1, episodes=100, ci_low=rate, ci_high=rate, paper=rate
    )
    figure = draw(table)
    assert len(figure.axes) == 4
    assert_readable(figure)
