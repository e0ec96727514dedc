import json

import numpy as np
import pytest

from smwm.analysis.exports import read_export
from smwm.envs import ENVIRONMENTS
from smwm.measures.spectra import (
    COLLAPSE,
    COMPONENTS,
    SPECTRUM,
    collapse_table,
    spectrum_table,
)
from synthetic import LATENT_DIM, RNG, ROOMS, measured, not_measured, read_csv, write_known


def test_spectrum_has_the_dimension_of_each_state_space(tmp_path):
    paths = [
        write_known(tmp_path / "b.npz", seed=1),
        write_known(tmp_path / "a.npz", seed=0),
        write_known(tmp_path / "r.npz", "reacher", seed=2),
    ]
    path = measured("spectrum", tmp_path / "out", embeddings=paths)
    table = read_csv(path)
    assert tuple(table) == SPECTRUM
    assert table.notna().all(axis=None)
    for (env, _), model in table.groupby(["env", "seed"]):
        assert set(model["effective_dim"]) == {2 if env == "two_room" else 4}
        assert model["component"].tolist() == list(range(1, LATENT_DIM + 1))
        assert model["share"].sum() == pytest.approx(100)
        assert model["share"].is_monotonic_decreasing
    assert len(table) == 3 * LATENT_DIM
    origin = json.loads(path.with_suffix(".json").read_text())
    assert "largest gap" in origin["settings"][0]["definition"]


def test_many_components_are_cut_at_ten(tmp_path):
    wide = RNG.normal(size=(50, 30))
    path = write_known(tmp_path / "e.npz", fit_latents=np.repeat(wide, 4, 0))
    table = spectrum_table([read_export(path, ENVIRONMENTS)])
    assert len(table) == COMPONENTS
    assert table["share"].sum() < 100


def test_spectrum_is_of_training_images(tmp_path):
    scale = np.array([4.0, 2, 1, 1, 1, 1])
    fit, held_out = RNG.normal(size=(200, 6)) * scale, RNG.normal(size=(100, 6))
    export = read_export(
        write_known(tmp_path / "e.npz", latents=held_out, fit_latents=fit), ENVIRONMENTS
    )
    variances = np.linalg.eigvalsh(np.cov(fit.T, bias=True))[::-1]
    expected = 100 * variances / variances.sum()
    np.testing.assert_allclose(spectrum_table([export])["share"], expected)


def test_collapse_by_hand():
    latents = np.array([[3.0, 1.0], [-3.0, 1.0], [3.0, -1.0], [-3.0, -1.0]])
    table = collapse_table({("cube", "smwm", 2): latents, ("cube", "forward_only", 2): latents / 2})
    assert tuple(table) == COLLAPSE
    assert table["seed"].tolist() == [2, 2]
    np.testing.assert_allclose(table["embedding_std"], [5**0.5, 5**0.5 / 2])
    assert table["components"].tolist() == [2, 2]


@pytest.mark.parametrize(("scale", "left"), [(1e-4, 0), (0.0099, 0), (0.0101, 1), (1.0, 3)])
def test_components_are_counted_above_one_percent_of_smwms_first_variance(scale, left):
    """SMWM's variances are 4, 2 and 0.05, those of what is left `scale` times as large."""
    corners = np.array(np.meshgrid(*[[-1.0, 1.0]] * 3)).reshape(3, -1).T
    ours = corners * np.sqrt([4.0, 2.0, 0.05])
    found = {("cube", "smwm", 0): ours, ("cube", "forward_only", 0): scale**0.5 * ours}
    table = collapse_table(found).set_index("method")
    assert table["components"]["forward_only"] == left


def test_without_smwm_of_the_same_seed_nothing_is_counted():
    table = collapse_table({("cube", "smwm", 0): np.eye(3), ("cube", "sigreg", 1): np.eye(3)})
    assert table["components"].isna().tolist() == [False, True]


def test_collapse_is_of_held_out_images_and_others_are_refused(tmp_path, capsys):
    path = write_known(tmp_path / "e.npz")
    table = read_csv(measured("collapse", tmp_path / "out", embeddings=path))
    expected = (ROOMS[200:] / 50).var(0).sum() / LATENT_DIM
    assert table["embedding_std"].iloc[0] == pytest.approx(expected**0.5)
    path.write_text("hello")
    message = not_measured(capsys, "collapse", tmp_path / "refused", embeddings=path)
    assert f"{path}: not an export of `smwm embed`" in message
