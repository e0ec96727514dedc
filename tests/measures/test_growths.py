import numpy as np
import pandas as pd
import pytest

from smwm.analysis.exports import read_export
from smwm.measures.growths import COLUMNS, QUANTITIES, folding_table
from synthetic import measured, not_measured, read_csv, write_export

RNG = np.random.default_rng(0)
ARMS = np.pad(RNG.uniform(-np.pi, np.pi, (300, 2)), ((0, 0), (0, 4)))
PLACES = RNG.uniform(21, 203, (300, 2))


def torus(states, turns=1):
    angles = turns * states[:, :2]
    return np.concatenate([np.sin(angles), np.cos(angles)], 1)


@pytest.fixture
def files(tmp_path):
    """A reacher's latent that is a torus, one that is folded four times, and a plane."""
    return [
        write_export(tmp_path / "a.npz", "reacher", ARMS, ARMS, torus, method="sigreg"),
        write_export(tmp_path / "b.npz", "reacher", ARMS, ARMS, lambda s: torus(s, 4), seed=1),
        write_export(tmp_path / "c.npz", "two_room", PLACES, PLACES, lambda s: s / 50),
    ]


def table_of(files):
    return folding_table([read_export(path, QUANTITIES) for path in files])


def test_a_folded_latent_stops_growing_early(files):
    table = table_of(files)
    assert tuple(table.columns) == COLUMNS
    models = table.groupby(["env", "method"]).first()
    assert models["reach_share"]["reacher", "sigreg"] == pytest.approx(100)
    assert models["reach_share"]["reacher", "smwm"] < 50
    assert models["reach_share"]["two_room", "smwm"] == pytest.approx(100)
    assert models["unit"]["reacher", "smwm"] == "degrees"
    assert models["unit"]["two_room", "smwm"] == "px"
    assert 150 < models["reach"]["reacher", "sigreg"] < 255


def test_held_out_images_are_measured(files, tmp_path):
    other = write_export(tmp_path / "d.npz", "two_room", PLACES[::-1] + 1, PLACES, lambda s: s / 50)
    pd.testing.assert_frame_equal(table_of([files[2]]), table_of([other]))


def test_table_and_refusals(files, tmp_path, capsys):
    table = read_csv(measured("folding", tmp_path, embeddings=files))
    assert tuple(table.columns) == COLUMNS
    other = write_export(tmp_path / "e.npz", "cube", PLACES, PLACES, lambda s: s)
    line = not_measured(capsys, "folding", tmp_path / "refused", embeddings=other)
    assert "allowed: two_room, reacher" in line
