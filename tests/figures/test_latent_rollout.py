import pandas as pd
import pytest

from smwm.figures.latent_rollout import draw
from smwm.figures.style import PAPER_COLOUR
from smwm.methods import METHODS
from synthetic import assert_readable, drawn_twice, written

STEPS = 5


def table_of(error):
    rows = [("smwm", seed, step, error * step) for seed in (0, 1) for step in range(1, STEPS + 1)]
    return pd.DataFrame(rows, columns=["method", "seed", "step", "error"])


@pytest.fixture
def points():
    """Two paths, what is predicted one unit above what is encoded, among embedded images."""
    rows = [("smwm", 0, "embedded", i, 0, i / 10, -i / 10) for i in range(9)]
    rows += [
        ("smwm", 0, kind, path, step, float(step), path + height)
        for kind, height in (("encoded", 0.0), ("predicted", 1.0))
        for path in (0, 1)
        for step in range(STEPS + 1)
    ]
    names = ["method", "seed", "kind", "path", "step", "first", "second"]
    return pd.DataFrame(rows, columns=names)


def test_files(points, tmp_path):
    files = {
        "table": written(tmp_path / "latent_rollout.csv", table_of(2.0)),
        "paths": written(tmp_path / "rollout_paths.csv", points),
    }
    shown = drawn_twice("latent_rollout", tmp_path / "out", **files)
    pd.testing.assert_frame_equal(shown, table_of(2.0))


@pytest.mark.parametrize("error", [0.0, 0.3])
def test_nothing_overlaps_even_without_an_error(error, points):
    figure = draw(table_of(error), points)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["encoded", "predicted"]
    assert figure.axes[1].get_ylim()[0] == 0
    assert_readable(figure)


def test_each_path_is_drawn_as_encoded_and_as_predicted(points):
    paths, errors = draw(table_of(2.0), points).axes
    found = {(line.get_color(), line.get_ydata()[0]) for line in paths.lines}
    ours = METHODS["smwm"].colour
    assert found == {(PAPER_COLOUR, 0), (ours, 1), (PAPER_COLOUR, 1), (ours, 2)}
    assert len(errors.lines) == 2  # one a seed
