import io
import json

import numpy as np
import pandas as pd
import pytest

from smwm.analysis.exports import read_export
from smwm.data.worlds import HELD_OUT, WORLDS, pairs
from smwm.figures.sprite_decoding import (
    SPRITES,
    decoding_table,
    draw,
    read_decoded,
    targets_of,
)
from synthetic import LATENT_DIM, assert_readable, drawn_twice, refusal, write_export

FIT, HELD = (pairs("sprite_xyt", first, count, 0).states
             for first, count in ((0, 150), (HELD_OUT, 40)))  # fmt: skip
COLUMNS = [
    "world", "seed", "controllable_dof", "effective_dim", "effective_rank", "dof", "r2_linear",
    "r2_mlp",
]  # fmt: skip
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


def write_decoded(path, model, images=None, **changes):
    images = pairs("sprite_none", HELD_OUT, 4, 0).pixels if images is None else images
    origin = {"model": {"env": "", "method": "", "seed": 0}, "checkpoint_sha256": model}
    arrays = {"images": images, "decoded": images // 2, "origin": json.dumps(origin)} | changes
    buffer = io.BytesIO()
    np.savez(buffer, **{key: value for key, value in arrays.items() if value is not None})
    path.write_bytes(buffer.getvalue())
    return path


@pytest.fixture
def files(tmp_path):
    """Exports of encoders that keep what they should, and decoded images."""
    embeddings = [
        write_export(
            tmp_path / f"{world}.npz", world, FIT, HELD, encoder(world), checkpoint=world, seed=3
        )
        for world in SPRITES
    ]
    decoded = [write_decoded(tmp_path / f"{world}_decoded.npz", world) for world in SPRITES]
    return {"embeddings": embeddings, "decoded": decoded}


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


def test_what_is_kept_is_found_and_nothing_else(files, tmp_path):
    table = drawn_twice("sprite_decoding", tmp_path / "out", **files)
    assert list(table) == COLUMNS
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


def test_one_row_a_world_below_the_images(files):
    exports = [read_export(path, SPRITES) for path in files["embeddings"]]
    images, decoded = read_decoded(exports, files["decoded"])
    np.testing.assert_array_equal(images, pairs("sprite_xy", HELD_OUT, 4, 0).pixels)
    shown = dict(zip(exports, decoded, strict=True))
    rows = [
        (world, 3, n, n, 1.0, dof, 0.5, 0.9)
        for world, n in zip(SPRITES, (0, 1, 2, 4), strict=True)
        for dof in ("x", "y", "angle")
    ]
    figure = draw(images, shown, pd.DataFrame(rows, columns=COLUMNS))
    labels = [panel.get_ylabel() for panel in figure.axes[:30:6]]
    assert labels == ["image", "nothing\ncontrolled", "x\ncontrolled", "x and y\ncontrolled",
                      "x, y and angle\ncontrolled"]  # fmt: skip
    titles = [panel.get_title() for panel in figure.axes[30:]]
    assert titles == [f"true dimension {n}, found {n}" for n in (0, 1, 2, 4)]
    assert_readable(figure)


def test_decoded_images_in_another_order_are_refused(files, tmp_path, capsys):
    files["decoded"] = files["decoded"][::-1]
    message = refusal(capsys, "sprite_decoding", tmp_path / "out", **files)
    assert f"{files['decoded'][0]}: not of the model behind {files['embeddings'][0]}" in message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"decoded": None}, "not an output of `smwm decode` ('decoded is not a file"),
        ({"images": np.zeros((8, 64, 64, 3), np.uint8)}, "decodes other images than"),
        ({"decoded": np.zeros((2, 64, 64, 3), np.uint8)}, "decodes other images than"),
    ],
)
def test_decoded_images_that_do_not_fit_are_refused(changes, words, files, tmp_path, capsys):
    path = write_decoded(files["decoded"][1], SPRITES[1], **changes)
    message = refusal(capsys, "sprite_decoding", tmp_path / "out", **files)
    assert f"{path}: {words}" in message


def test_a_dot_world_is_refused(files, tmp_path, capsys):
    path = write_export(files["embeddings"][0], "coupled", FIT, HELD, lambda s: s)
    message = refusal(capsys, "sprite_decoding", tmp_path / "out", **files)
    assert f"{path}: is of 'coupled', allowed: sprite_none, sprite_x" in message
    assert set(KEPT) == set(SPRITES) == {name for name in WORLDS if "sprite" in name}
