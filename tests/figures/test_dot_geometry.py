import numpy as np
import pandas as pd
import pytest

from smwm.figures.dot_geometry import draw
from synthetic import assert_readable, drawn_twice, written

COLUMNS = ["method", "seed", "component", "variance", "share", "r2_position"]
METHODS = ("smwm", "forward_only")
SIDE = 3


@pytest.fixture
def table():
    """Two methods, two seeds: the first one has the smaller variance."""
    rows = [
        (method, seed, component, 10.0 ** (seed - component), share, 0.9995)
        for method in METHODS
        for seed in (1, 0)
        for component, share in enumerate((70.0, 29.5, 0.5), start=1)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture
def grids():
    """A grid embedded as it is, ten times as small; its rows in any order."""
    rows = [
        (method, 0, row, column, 6.0 + column, 6.0 + row, column / 10, row / 10)
        for method in METHODS
        for row in range(SIDE)
        for column in range(SIDE)
    ]
    names = ["method", "seed", "row", "column", "x", "y", "first", "second"]
    return pd.DataFrame(rows, columns=names).sample(frac=1, random_state=0)


def test_files(table, grids, tmp_path):
    files = {
        "table": written(tmp_path / "dot_geometry.csv", table),
        "grid": written(tmp_path / "dot_grid.csv", grids),
    }
    shown = drawn_twice("dot_geometry", tmp_path / "out", **files)
    assert list(shown) == COLUMNS


def test_one_row_a_method_whatever_the_number_of_seeds(table, grids):
    figure = draw(table, grids)
    assert [panel.get_title() for panel in figure.axes[:3]] == [
        "spectrum", "positions [px]", "embedded",
    ]  # fmt: skip
    assert len(figure.axes) == 6
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights == pytest.approx([0.1, 0.01, 0.001])  # of the first seed
    assert figure.axes[1].yaxis_inverted()
    assert figure.axes[2].get_xlabel() == "R² of x, y: 1.000\ntwo components: 99.5 %"
    assert_readable(figure)


def test_lines_of_the_grid_are_its_rows_and_columns(table, grids):
    lines = draw(table, grids).axes[2].lines
    ticks = np.arange(SIDE) / 10
    assert len(lines) == 2 * SIDE
    np.testing.assert_allclose(lines[0].get_xydata(), np.stack([ticks, 0 * ticks], 1))
    np.testing.assert_allclose(lines[SIDE].get_xydata(), np.stack([0 * ticks, ticks], 1))
