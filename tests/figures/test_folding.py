import pandas as pd
import pytest

from smwm.figures.folding import draw
from synthetic import assert_readable, drawn_twice, written

COLUMNS = [
    "env", "method", "seed", "unit", "distance", "latent_distance", "reach", "reach_share",
]  # fmt: skip


@pytest.fixture
def table():
    """Each model stops growing at a distance of its own."""
    models = {
        ("two_room", "smwm", 0, "px"): 60.0,
        ("reacher", "smwm", 1, "degrees"): 20.0,
        ("reacher", "sigreg", 0, "degrees"): 40.0,
    }
    rows = [
        (*model, distance, min(distance / reach, 1.0), reach, 100 * reach / 60)
        for model, reach in models.items()
        for distance in (20.0, 40.0, 60.0)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_files(table, tmp_path):
    path = written(tmp_path / "folding.csv", table)
    shown = drawn_twice("folding", tmp_path / "out", table=path)
    pd.testing.assert_frame_equal(shown, table, atol=1e-3)


def test_figure_shows_each_model_and_can_be_read(table):
    figure = draw(table)
    assert [panel.get_title() for panel in figure.axes] == ["Two rooms", "Reacher"]
    reacher = figure.axes[1]
    dots = [line.get_xdata()[0] for line in reacher.lines if len(line.get_xdata()) == 1]
    assert sorted(dots) == [20, 40]
    assert_readable(figure)
