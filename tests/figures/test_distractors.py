import numpy as np
import pandas as pd
import pytest

from smwm.figures.distractors import draw
from synthetic import assert_readable, drawn_twice, written

COLUMNS = [
    "env", "method", "measure", "quantity", "seeds", "episodes", "value", "ci_low", "ci_high",
]  # fmt: skip
READ = ("distractor_position", "agent_position", "block_position", "block_orientation")


def rows_of(env, method, without, with_it, r2=0.5):
    rows = [
        (env, method, "success_with", None, 1, 4, with_it, 30, 60),
        (env, method, "success_without", None, 1, 4, without, 30, 60),
    ]
    return rows + [
        (env, method, measure, quantity, 1, 1, r2, np.nan, np.nan)
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


def test_pale_bars_are_without_the_distractor(table):
    panel = draw(table).axes[0]
    assert heights(panel) == {(0.45, 0): 100, (1.0, 0): 75, (0.45, 1): 100, (1.0, 1): 25}
    handles, labels = panel.get_legend_handles_labels()
    words = {bars[0].get_alpha(): label for bars, label in zip(handles, labels, strict=True)}
    assert words == {0.45: "without distractor", None: "with distractor"}


def test_what_an_mlp_reads_of_the_dot_stands_beside_the_task_s_own_quantities(table):
    own = table["quantity"].isin(READ[1:]) & (table["method"] == "smwm")
    mlp = table["measure"] == "r2_mlp"
    table.loc[own & mlp, "value"] = [1.0, 0.2, -3.0]  # below zero counts as nothing
    panel = draw(table).axes[1]
    assert heights(panel) == {
        (0.45, 0): pytest.approx(0.4), (1.0, 0): 0.5, (0.45, 1): pytest.approx(0.8), (1.0, 1): 0.8,
    }  # fmt: skip


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
