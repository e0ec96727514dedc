import numpy as np
import pytest

from smwm.analysis.exports import read_export
from smwm.data.worlds import HELD_OUT, WORLDS, pairs
from smwm.measures.sprites import COLUMNS, SPRITES, decoding_table, targets_of
from synthetic import LATENT_DIM, measured, not_measured, read_csv, write_export

FIT, HELD = (pairs("sprite_xyt", first, count, 0).states
             for first, count in ((0, 150), (HELD_OUT, 40)))  # fmt: skip
KEPT = {
    "sprite_none": (),
    "sprite_x": ("x",),
    "sprite_xy": ("x", "y"),
    "sprite_xyt": ("x", "y", "angle"),
}


def encoder(world):
    """Keeps what the action of `world` tells, the angle as sine and cosine; else faint noise."""

    def function(states):
        noise = 1e-4 * np.random.default_rng(len(states)).normal(size=(len(states), LATENT_DIM))
        targets = targets_of(states)
        spread = {"x": 11.0, "y": 11.0, "angle": 0.7}
        parts = [targets[name] / spread[name] for name in KEPT[world]]
        kept = np.concatenate([np.zeros((len(states), 0)), *parts], 1)
        return np.concatenate([kept, noise[:, kept.shape[1] :]], 1)

    return function


@pytest.fixture
def paths(tmp_path):
    """Exports of encoders that keep what they should."""
    return [
        write_export(tmp_path / f"{world}.npz", world, FIT, HELD, encoder(world), seed=3)
        for world in SPRITES
    ]


@pytest.mark.parametrize("part", ["latents", "fit_latents"])
def test_a_pose_must_be_read_from_held_out_images(part, tmp_path):
    count = len(HELD) if part == "latents" else len(FIT)
    noise = np.random.default_rng(1).normal(size=(count, LATENT_DIM)).astype(np.float32)
    path = write_export(
        tmp_path / "e.npz", "sprite_xyt", FIT, HELD, encoder("sprite_xyt"), **{part: noise}
    )
    table = decoding_table([read_export(path, SPRITES)])
    assert (table[["r2_linear", "r2_mlp"]] < 0.2).all(axis=None)
    assert (table["effective_dim"] == (4 if part == "latents" else 6)).all()


def test_angles_are_targets_without_a_jump():
    targets = targets_of(np.array([[1.0, 2, np.pi - 1e-9], [1, 2, -np.pi + 1e-9]]))
    assert list(targets) == ["x", "y", "angle"]
    np.testing.assert_allclose(targets["angle"], [[0, -1], [0, -1]], atol=1e-8)


def test_what_is_kept_is_found_and_nothing_else(paths, tmp_path):
    table = read_csv(measured("sprite_decoding", tmp_path / "out", embeddings=paths))
    assert tuple(table) == COLUMNS
    assert table.notna().all(axis=None)
    assert table["world"].tolist() == [world for world in SPRITES for _ in range(3)]
    assert table["dof"].tolist() == ["x", "y", "angle"] * 4
    assert set(table["seed"]) == {3}
    assert (table["controllable_dof"] == table["effective_dim"]).all()
    assert table["effective_dim"].unique().tolist() == [0, 1, 2, 4]
    ranks = table.groupby("controllable_dof")["effective_rank"].first()
    assert ranks[1] < 1.1 < 1.8 < ranks[2] <= 2.001 < ranks[4]
    for row in table.itertuples():
        kept = row.dof in KEPT[row.world]
        assert row.r2_linear > 0.999 if kept else row.r2_linear < 0.1
        assert row.r2_mlp > 0.95 if kept else row.r2_mlp < 0.1


def test_a_dot_world_is_refused(paths, tmp_path, capsys):
    path = write_export(paths[0], "coupled", FIT, HELD, lambda s: s)
    message = not_measured(capsys, "sprite_decoding", tmp_path / "out", embeddings=paths)
    assert f"{path}: is of 'coupled', allowed: sprite_none, sprite_x" in message
    assert set(KEPT) == set(SPRITES) == {name for name in WORLDS if "sprite" in name}
