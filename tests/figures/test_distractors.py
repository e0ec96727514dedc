import numpy as np
import pandas as pd
import pytest

from smwm.figures.distractors import draw
from synthetic import assert_readable, drawn_twice, written

COLUMNS = [
    "env", "method", "measure", "quantity", "seeds", "episodes", "value", "ci_low", "ci_high",
    "by_seed",
]  # fmt: skip
READ = ("distractor_position", "agent_position", "block_position", "block_orientation")


def rows_of(env, method, without, with_it, r2=0.5):
    """Two seeds, as much below as above each value."""
    rows = [
        (env, method, "success_with", None, 2, 4, with_it, 30, 60, f"{with_it - 1} {with_it + 1}"),
        (env, method, "success_without", None, 2, 4, without, 30, 60, f"{without} {without}"),
    ]
    return rows + [
        (env, method, measure, quantity, 2, 2, r2, r2 - 0.2, r2 + 0.2, f"{r2} {r2}")
        for measure in ("r2_linear", "r2_mlp")
        for quantity in READ
    ]


def table_of(*rows):
    return pd.DataFrame([row for group in rows for row in group], columns=COLUMNS)


@pytest.fixture
def table():
    return table_of(
        rows_of("two_room", "smwm", 100, 75), rows_of("two_room", "sigreg", 100, 25, 0.8)
    )


def test_files(table, tmp_path):
    path = written(tmp_path / "distractors.csv", table)
    shown = drawn_twice("distractors", tmp_path / "out", table=path)
    assert list(shown) == COLUMNS
    assert len(shown) == len(table)


def heights(panel):
    return {
        (patch.get_alpha(), int(patch.get_x() + 0.5)): patch.get_height()
        for patch in panel.patches
        if np.isfinite(patch.get_height())
    }


def dots(panel):
    lines = [line for line in panel.lines if line.get_marker() == "o"]
    return [float(y) for line in lines for y in np.atleast_1d(line.get_ydata())]


def test_pale_means_without_the_distractor_and_nothing_else(table):
    figure = draw(table)
    panel, read = figure.axes
    assert heights(panel) == {(0.4, 0): 100, (1.0, 0): 75, (0.4, 1): 100, (1.0, 1): 25}
    legend = figure.legends[0]
    pale = [
        text.get_text()
        for patch, text in zip(legend.get_patches(), legend.get_texts(), strict=False)
        if patch.get_alpha() == 0.4
    ]
    assert pale == ["pale: without the distractor"]
    assert not any(line.get_alpha() for line in (*read.lines, *read.collections))


def test_each_seed_is_a_dot_in_both_panels(table):
    panel, read = draw(table).axes
    assert dots(panel) == [100, 100, 100, 100, 74, 76, 24, 26]
    assert dots(read) == [0.5] * 8 + [0.8] * 8


def test_one_seed_that_was_read_as_a_number_is_a_dot(table):
    one = table.assign(by_seed=table["value"], seeds=1)
    assert dots(draw(one).axes[0]) == [100, 100, 75, 25]


def test_the_distractor_stands_last_and_intervals_are_whole(table):
    mine = (table["method"] == "sigreg") & (table["measure"] == "r2_mlp")
    table.loc[mine, ["ci_low", "ci_high"]] = (-1.2, 1.9)
    read = draw(table).axes[1]
    words = [label.get_text().replace("\n", " ") for label in read.get_xticklabels()]
    assert words == ["agent position", "block position", "block orientation", "distractor position"]
    low, high = read.get_ylim()
    ends = [line.get_segments()[0][:, 1].tolist() for line in read.collections]
    assert [-1.2, 1.9] in ends
    assert low < -1.2
    assert high > 1.9


def test_nothing_overlaps_with_every_variant_and_many_methods():
    figure = draw(
        table_of(
            *(
                rows_of(env, method, 50, 50)
                for env in ("two_room", "push_t")
                for method in ("smwm", "sigreg", "reconstruction", "forward_only")
            )
        )
    )
    assert len(figure.axes) == 4
    assert_readable(figure)
