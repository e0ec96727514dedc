import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import rgb_to_hsv

from smwm.analysis.exports import read_export
from smwm.envs import ENVIRONMENTS
from smwm.figures.embeddings import colours, draw
from smwm.measures.points import points_table
from smwm.measures.spectra import spectrum_table
from synthetic import (
    RNG,
    ROOMS,
    TURNS,
    assert_readable,
    drawn_twice,
    measured,
    refusal,
    write_export,
    write_known,
    written,
)

COLUMNS = ["env", "method", "seed", "component", "share", "effective_dim"]


@pytest.fixture
def paths(tmp_path):
    return [
        write_known(tmp_path / "b.npz", seed=1),
        write_known(tmp_path / "a.npz", seed=0),
        write_known(tmp_path / "r.npz", "reacher", seed=2),
    ]


@pytest.fixture
def tables(paths, tmp_path):
    """What the figure is drawn of, by flag."""
    names = {"table": "spectrum", "points": "latent_points"}
    return {
        flag: measured(name, tmp_path / "measured", embeddings=paths)
        for flag, name in names.items()
    }


def test_files(tables, tmp_path):
    words = ("--method", "smwm")
    shown = drawn_twice("embeddings", tmp_path / "out", *words, stem="embeddings_smwm", **tables)
    assert list(shown) == COLUMNS
    assert len(shown) == len(pd.read_csv(tables["table"]))


def drawn_of(exports):
    return draw(points_table(exports), spectrum_table(exports))


def test_one_row_an_environment_of_its_first_seed(paths):
    exports = [read_export(path, ENVIRONMENTS) for path in (paths[1], paths[2])]
    figure = drawn_of(exports)
    assert len(figure.axes) == 8
    rooms, reacher = figure.axes[:4], figure.axes[4:]
    assert rooms[0].get_ylabel() == "Two rooms\nvariance [%]"
    assert rooms[0].get_title() == "effective dimension 2"
    assert rooms[1].get_title() == "agent position [px]"
    assert rooms[1].yaxis_inverted()
    assert reacher[1].get_title() == "joint angles [degrees]"
    assert not reacher[1].yaxis_inverted()
    titles = [panel.get_title().split(",")[0] for panel in reacher[2:]]
    assert titles == ["components 1 and 2", "components 3 and 4"]
    assert rooms[2].get_title().endswith(", 100.0 %")
    shown = rooms[1].collections[0].get_offsets()
    np.testing.assert_allclose(shown, ROOMS[200:])
    assert_readable(figure)


def test_axes_are_those_of_training_images(tmp_path):
    """Held-out latents vary most where training latents do not, which moves no axis."""
    scale = np.array([4.0, 2, 1e-2, 1e-2, 1e-2, 1e-2])
    fit, held_out = RNG.normal(size=(200, 6)) * scale, RNG.normal(size=(100, 6)) * scale[::-1]
    latents = {"latents": held_out.astype(np.float32), "fit_latents": fit.astype(np.float32)}
    export = read_export(write_known(tmp_path / "e.npz", **latents), ENVIRONMENTS)
    spectrum, _, cloud, _ = drawn_of([export]).axes
    heights = [bar.get_height() for bar in spectrum.patches]
    variances = np.linalg.eigvalsh(np.cov(fit.T, bias=True))[::-1]
    np.testing.assert_allclose(heights, 100 * variances / variances.sum(), rtol=1e-3)
    shown = cloud.collections[0].get_offsets()
    assert np.abs(shown - (held_out - fit.mean(0))[:, :2]).max() < 0.2


def test_both_circles_of_a_torus_are_seen(tmp_path):
    """The larger one in the first pair of components, the other in the second."""

    def circles(states):
        return np.concatenate([f(states[:, :2]) * [2, 1] for f in (np.sin, np.cos)], 1)

    path = write_export(tmp_path / "r.npz", "reacher", TURNS, TURNS, circles)
    export = read_export(path, ENVIRONMENTS)
    for cloud, size in zip(drawn_of([export]).axes[2:], (2, 1), strict=True):
        points = cloud.collections[0].get_offsets()
        radii = np.linalg.norm(points - points.mean(0), axis=1)
        assert radii.mean() == pytest.approx(size, rel=0.1)
        assert radii.std() < 0.25 * size


def test_colours_follow_the_position_and_meet_around_a_circle():
    ends = np.array([[0.0, 0], [1, 0], [0.5, 0], [0.5, 1]])
    around, straight = colours(ends, around=True), colours(ends, around=False)
    np.testing.assert_allclose(around[0], around[1], atol=1e-9)
    assert np.abs(straight[0] - straight[1]).max() > 0.1
    hue, _, value = rgb_to_hsv(straight).T
    assert hue[2] == hue[3]
    assert value[3] > value[2]


@pytest.mark.parametrize(("flag", "method"), [("table", "sigreg"), ("points", "sigreg")])
def test_tables_of_another_method_are_refused(flag, method, tables, tmp_path, capsys):
    other = pd.read_csv(tables[flag]).assign(method=method)
    path = written(tmp_path / "other" / "other.csv", other)
    files = tables | {flag: path}
    message = refusal(capsys, "embeddings", tmp_path / "out", "--method", "smwm", **files)
    assert f"{path}: is not of 'smwm'" in message


def test_points_of_other_environments_are_refused(tables, tmp_path, capsys):
    spectrum = pd.read_csv(tables["table"])
    path = written(tmp_path / "other" / "other.csv", spectrum[spectrum["env"] == "reacher"])
    files = tables | {"table": path}
    message = refusal(capsys, "embeddings", tmp_path / "out", "--method", "smwm", **files)
    assert f"{path}: not of the environments of {tables['points']}" in message
