import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from smwm.figures.planning_success import draw
from synthetic import assert_readable, drawn_twice, refusal, written

COLUMNS = [
    "env", "method", "seed", "episodes", "success_rate", "solved_at_start", "mean", "ci_low",
    "ci_high", "paper",
]  # fmt: skip


@pytest.fixture
def table():
    rows = [
        ("two_room", "smwm", 0, 4, 100.0, 25.0, 75.0, 60.0, 90.0, 99.0),
        ("two_room", "smwm", 1, 4, 50.0, 25.0, 75.0, 60.0, 90.0, 99.0),
        ("two_room", "random", 0, 4, 25.0, 25.0, 25.0, 5.0, 60.0, np.nan),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.mark.parametrize("name", ["planning_success", "baselines"])
def test_files_and_what_is_behind_them(name, table, tmp_path):
    path = written(tmp_path / f"{name}.csv", table, settings=[{"method": "smwm"}])
    words = ("--name", name)
    shown = drawn_twice("planning_success", tmp_path / "out", *words, stem=name, table=path)
    pd.testing.assert_frame_equal(shown, table)
    origin = json.loads((tmp_path / f"out/once/{name}.json").read_text())
    assert origin["settings"] == [{"method": "smwm"}]


def test_bars_are_means_with_their_intervals_a_dot_a_seed_and_the_paper_s(table):
    panel = draw(table).axes[0]
    bars = [bar.get_height() for bar in panel.patches if np.isfinite(bar.get_height())]
    assert bars == [75, 25]
    ends = [line.get_segments()[0][:, 1].tolist() for line in panel.collections]
    assert ends == [[60, 90], [5, 60]]
    shown = {
        marker: [list(line.get_ydata()) for line in panel.lines if line.get_marker() == marker]
        for marker in "oD"
    }
    assert shown["o"] == [[100, 50], [25]]
    assert shown["D"] == [[99]]  # no number of random actions


def test_what_belongs_to_a_bar_stands_on_it_and_apart(table):
    panel = draw(table).axes[0]
    for bar in panel.patches:
        on_it = (bar.get_x(), bar.get_x() + bar.get_width())
        marks = [line for line in panel.lines if line.get_marker() in ("o", "D")]
        marks = [line for line in marks if on_it[0] <= min(line.get_xdata()) <= on_it[1]]
        edges = [(min(line.get_xdata()), max(line.get_xdata())) for line in marks]
        edges += [
            (at, at)
            for line in panel.collections
            for at in line.get_segments()[0][:1, 0]
            if on_it[0] <= at <= on_it[1]
        ]
        assert len(edges) == len(marks) + 1
        assert all(on_it[0] < low <= high < on_it[1] for low, high in edges)
        assert all(one[1] < other[0] for one, other in pairwise(edges))


def test_a_method_that_did_not_plan_somewhere_leaves_a_gap(table):
    more = table[table["method"] == "smwm"].assign(env="cube")
    figure = draw(pd.concat([table, more]))
    assert [panel.get_title() for panel in figure.axes] == ["Two rooms\n2 seeds", "Cube\n2 seeds"]
    assert len(figure.axes[1].patches) == 1
    assert_readable(figure)


def test_the_legend_names_methods_and_marks_and_the_footnote_says_of_what(table):
    figure = draw(table)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "SMWM", "Random actions", "one seed", "the paper's mean", "95 % interval",
        "solved at the start",
    ]  # fmt: skip
    assert "4 held-out tasks" in figure._supxlabel.get_text()


def test_common_style_is_applied(table):
    figure = draw(table)
    assert not figure.axes[0].spines["top"].get_visible()
    assert not figure.legends[0].get_frame_on()


def test_no_text_overlaps_or_is_cut(table):
    figure = draw(table)
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    panel, legend = figure.axes[0], figure.legends[0]
    texts = [panel.title, panel.yaxis.label, figure._supxlabel, *legend.get_texts()]
    boxes = [text.get_window_extent(renderer) for text in texts]
    for i, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[:i])


def test_other_tables_are_refused(table, tmp_path, capsys):
    path = written(tmp_path / "t.csv", table.drop(columns="mean"))
    message = refusal(capsys, "planning_success", tmp_path / "out", table=path)
    assert f"{path}: not this table of `smwm measure`, lacks mean" in message
