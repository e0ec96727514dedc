import numpy as np
import pandas as pd
import pytest

from smwm.figures.latent_dimension import SHARES, draw
from synthetic import assert_readable, drawn_twice, written

COLUMNS = ["world", "seed", "controllable_dof", "effective_dim", *SHARES]
TRUE = {"independent": 4, "coupled": 2, "distractor": 2, "combined": 6}


@pytest.fixture
def table():
    """Six components a world, the seeds out of order; the second finds one more."""
    rows = [
        (world, seed, true, true + (seed == 3), *(60.0 - seed, 20, 10, 5, 3, 2, *[np.nan] * 4))
        for world, true in TRUE.items()
        for seed in (3, 2)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_files(table, tmp_path):
    path = written(tmp_path / "latent_dimension.csv", table)
    shown = drawn_twice("latent_dimension", tmp_path / "out", table=path)
    assert list(shown) == COLUMNS


def test_one_column_a_world_with_the_spectrum_of_every_seed(table):
    figure = draw(table)
    titles = [panel.get_title() for panel in figure.axes[4:]]
    assert titles == [f"true {n}, found {n}, {n + 1}" for n in TRUE.values()]
    for panel in figure.axes[4:]:
        spectra = [list(line.get_ydata()) for line in panel.lines if line.get_marker() == "o"]
        assert spectra == [[58, 20, 10, 5, 3, 2], [57, 20, 10, 5, 3, 2]]
        assert [bar.get_height() for bar in panel.patches] == [57.5, 20, 10, 5, 3, 2]
        assert panel.get_ylim()[0] == 0
    assert_readable(figure)
