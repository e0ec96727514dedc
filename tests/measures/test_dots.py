import json

import numpy as np
import pytest
import torch

from smwm.analysis.dimension import principal_axes
from smwm.analysis.exports import read_export
from smwm.data.worlds import HELD_OUT, pairs
from smwm.measures.dots import (
    DIMENSION,
    GEOMETRY,
    GRID,
    LINES,
    controlled_columns,
    dimension_row,
    distractor_columns,
    embed_grid,
    geometry_table,
    grid_positions,
    grid_table,
    steps_of,
)
from synthetic import LATENT_DIM, measured, not_measured, read_csv, write_export, write_model

FIT, HELD = (pairs("single_dot", first, 100, 0).states for first in (0, HELD_OUT))
CONTROLLED = {
    "independent": [0, 1, 2, 3],
    "coupled": [0, 1],  # the other dot moves alike
    "distractor": [0, 1],
    "combined": [0, 1, 4, 5, 6, 7],
}
RANDOM = {"independent": [], "coupled": [], "distractor": [2, 3], "combined": [8, 9]}


def position(states):
    """What a perfect encoder keeps."""
    return states / 10


def collapsed(states):
    return 1e-4 * np.random.default_rng(len(states)).normal(size=(len(states), LATENT_DIM))


class Centroid:
    """An encoder that finds the dot exactly, for any position: its centre in tens of pixels."""

    def encode(self, pixels):
        dark = (255 - pixels.double()).sum(-1)
        centre = torch.arange(pixels.shape[1]).double() + 0.5
        x, y = ((dark.sum(axis) * centre).sum(-1) for axis in (1, 2))
        states = torch.stack([x, y], -1) / dark.sum((1, 2))[:, None]
        return torch.nn.functional.pad(states / 10, (0, LATENT_DIM - 2))


@pytest.fixture
def files(tmp_path):
    """Exports of an encoder that keeps the position and of a collapsed one, and their models."""
    embeddings, checkpoints = [], []
    for method, function in (("smwm", position), ("forward_only", collapsed)):
        for seed in (1, 0):
            name = tmp_path / f"{method}{seed}"
            found = write_model(name.with_suffix(".pt"), "single_dot", method)
            embeddings.append(
                write_export(
                    name.with_suffix(".npz"), "single_dot", FIT, HELD, function,
                    method=method, seed=seed, checkpoint=found,
                )
            )  # fmt: skip
            checkpoints.append(name.with_suffix(".pt"))
    return {"embeddings": embeddings, "checkpoints": checkpoints}


def test_table_tells_a_kept_position_from_a_collapse(files, tmp_path):
    table = read_csv(measured("dot_geometry", tmp_path / "out", embeddings=files["embeddings"]))
    assert tuple(table) == GEOMETRY
    assert table.notna().all(axis=None)
    assert len(table) == 4 * LATENT_DIM
    assert set(table["method"]) == {"smwm", "forward_only"}
    for (method, _), model in table.groupby(["method", "seed"]):
        assert model["component"].tolist() == list(range(1, LATENT_DIM + 1))
        assert model["share"].sum() == pytest.approx(100, abs=0.01)
        assert model["variance"].is_monotonic_decreasing
        if method == "smwm":
            assert model["share"][:2].sum() == pytest.approx(100)
            expected = np.linalg.eigvalsh(np.cov((FIT / 10).T, bias=True))[::-1]
            np.testing.assert_allclose(model["variance"][:2], expected, atol=1e-4)
            assert (model["r2_position"] > 0.999).all()
        else:  # as small as it is, and not rounded to nothing
            np.testing.assert_allclose(model["variance"], 1e-8, rtol=0.5)
            assert (model["r2_position"] < 0.1).all()


@pytest.mark.parametrize("part", ["latents", "fit_latents"])
def test_the_position_must_be_read_from_held_out_images(part, tmp_path):
    noise = np.random.default_rng(1).normal(size=(200, LATENT_DIM)).astype(np.float32)
    path = write_export(
        tmp_path / "e.npz", "single_dot", FIT, HELD, position, **{part: noise[: len(HELD)]}
    )
    table = geometry_table([read_export(path, ["single_dot"])])
    assert (table["r2_position"] < 0.2).all()
    spread = table["variance"].iloc[0]
    assert (spread > 2) == (part == "latents")  # the axes are those of training images


def test_the_grid_of_an_exact_encoder_is_the_grid():
    axes = principal_axes(np.pad(position(FIT), ((0, 0), (0, LATENT_DIM - 2))))
    grid = embed_grid(Centroid(), axes)
    assert grid.shape == (LINES, LINES, 2)
    flat, true = grid.reshape(-1, 2), grid_positions().reshape(-1, 2) / 10
    distances = [np.linalg.norm(x[:, None] - x[None], axis=-1) for x in (flat, true)]
    np.testing.assert_allclose(*distances, atol=0.02)


def test_the_grid_is_of_the_first_seed_of_each_method(files, tmp_path):
    table = read_csv(measured("dot_grid", tmp_path / "out", **files))
    assert tuple(table) == GRID
    assert len(table) == 2 * LINES**2
    assert set(table["seed"]) == {0}
    mine = table[table["method"] == "smwm"]
    np.testing.assert_array_equal(mine[["x", "y"]], grid_positions().reshape(-1, 2))


def test_each_position_stands_beside_its_own_embedding(files):
    export = read_export(files["embeddings"][0], ["single_dot"])
    table = grid_table({export: Centroid()})
    embedded = embed_grid(Centroid(), principal_axes(export.fit_latents))
    for row in table.itertuples():
        assert (row.x, row.y) == tuple(grid_positions()[row.row, row.column])
        assert (row.first, row.second) == tuple(embedded[row.row, row.column])


def test_models_in_another_order_are_refused(files, tmp_path, capsys):
    message = not_measured(
        capsys, "dot_grid", tmp_path / "out",
        embeddings=files["embeddings"][::2], checkpoints=files["checkpoints"][2::-2],
    )  # fmt: skip
    assert f"{files['checkpoints'][2]}: not of the model behind {files['embeddings'][0]}" in message


def test_every_export_needs_its_model(files, tmp_path, capsys):
    files["checkpoints"].pop()
    message = not_measured(capsys, "dot_grid", tmp_path / "out", **files)
    assert "3 files beside 4 exports" in message


def test_exports_of_other_worlds_are_refused(files, tmp_path, capsys):
    states = pairs("coupled", 0, 5, 0).states
    path = write_export(tmp_path / "other.npz", "coupled", states, states, lambda s: s)
    files["embeddings"][1] = path
    message = not_measured(capsys, "dot_grid", tmp_path / "out", **files)
    assert f"{path}: is of 'coupled', allowed: single_dot" in message


def write_world(path, world, columns, scale=0.1, **changes):
    """An export whose latent is some columns of the state."""
    fit, held_out = (pairs(world, first, 400, 0).states for first in (0, HELD_OUT))
    return write_export(path, world, fit, held_out, lambda s: scale * s[:, columns], **changes)


def row_of(path, world):
    return dict(zip(DIMENSION, dimension_row(read_export(path, [world])), strict=True))


@pytest.mark.parametrize("world", CONTROLLED)
def test_which_columns_the_action_tells(world):
    assert controlled_columns(world) == CONTROLLED[world]
    assert distractor_columns(world) == RANDOM[world]


@pytest.mark.parametrize("world", CONTROLLED)
def test_a_latent_of_what_is_controlled_has_the_true_dimension(world, tmp_path):
    row = row_of(write_world(tmp_path / "e.npz", world, CONTROLLED[world]), world)
    true = len(CONTROLLED[world])
    assert row["controllable_dof"] == row["effective_dim"] == true
    assert row["effective_rank"] == pytest.approx(true, rel=0.05)
    assert row["variance_in_true_dim"] == pytest.approx(100)
    assert row["r2_controlled"] > 0.999
    assert row["r2_distractor"] < 0.1 if RANDOM[world] else np.isnan(row["r2_distractor"])


def test_a_latent_that_keeps_the_distractor_is_told_from_one_that_does_not(tmp_path):
    row = row_of(write_world(tmp_path / "e.npz", "distractor", [0, 1, 2, 3]), "distractor")
    assert row["effective_dim"] == 4
    assert row["variance_in_true_dim"] == pytest.approx(50, abs=5)
    assert row["r2_distractor"] > 0.999


def test_a_latent_of_the_distractor_alone_tells_no_action(tmp_path):
    row = row_of(write_world(tmp_path / "e.npz", "distractor", [2, 3]), "distractor")
    assert row["r2_controlled"] < 0.1


@pytest.mark.parametrize("part", ["latents", "fit_latents"])
def test_what_is_read_must_hold_on_held_out_pairs(part, tmp_path):
    noise = np.random.default_rng(1).normal(size=(800, 6)).astype(np.float32)
    path = write_world(tmp_path / "e.npz", "distractor", [0, 1, 2, 3], **{part: noise})
    row = row_of(path, "distractor")
    assert row["r2_controlled"] < 0.2
    assert row["r2_distractor"] < 0.2
    assert row["effective_dim"] == (4 if part == "latents" else 6)  # of training images


def test_a_collapsed_latent_has_no_dimension(tmp_path):
    row = row_of(write_world(tmp_path / "e.npz", "coupled", [0, 1], scale=1e-4), "coupled")
    assert row["effective_dim"] == 0
    assert row["r2_controlled"] > 0.999  # probes do not mind the scale


def test_only_rows_of_one_pair_make_a_step():
    states = pairs("single_dot", 0, 5, 0).states
    rows = np.array([0, 1, 3, 4, 5, 6, 9])
    change, moved = steps_of(rows, 2 * states[rows], states[rows], "single_dot")
    np.testing.assert_allclose(moved, states[[1, 5]] - states[[0, 4]])
    np.testing.assert_allclose(change, 2 * moved)


def test_dimensions_of_every_world(tmp_path):
    paths = [
        write_world(tmp_path / f"{world}{seed}.npz", world, CONTROLLED[world], seed=seed)
        for world in CONTROLLED
        for seed in (3, 2)
    ]
    path = measured("latent_dimension", tmp_path / "out", embeddings=paths)
    table = read_csv(path)
    assert tuple(table) == DIMENSION
    assert table["world"].tolist() == [world for world in CONTROLLED for _ in range(2)]
    assert table["seed"].tolist() == [3, 2] * 4
    assert table["effective_dim"].dtype == table["controllable_dof"].dtype == int
    known = table["world"].isin(["distractor", "combined"])
    assert (table["r2_distractor"].notna() == known).all()
    shares = table[[name for name in DIMENSION if name.startswith("share_")]]
    assert shares.notna().sum(axis=1).tolist() == [LATENT_DIM] * 8  # there are no more
    np.testing.assert_allclose(shares.sum(axis=1), 100)
    inside = [
        row[:true].sum()
        for row, true in zip(shares.to_numpy(), table["controllable_dof"], strict=True)
    ]
    np.testing.assert_allclose(inside, table["variance_in_true_dim"])
    origin = json.loads(path.with_suffix(".json").read_text())
    assert "largest gap" in origin["settings"][0]["definition"]


@pytest.mark.parametrize("place", ["sprite_xy", "two_room"])
def test_other_places_are_refused(place, tmp_path, capsys):
    states = np.random.default_rng(0).normal(size=(8, 3))
    path = write_export(tmp_path / "e.npz", place, states, states, lambda s: s)
    message = not_measured(capsys, "latent_dimension", tmp_path / "out", embeddings=path)
    assert f"{path}: is of {place!r}, allowed: single_dot, independent" in message


def test_an_export_without_states_is_refused(tmp_path, capsys):
    path = write_world(tmp_path / "e.npz", "coupled", [0, 1], states=None)
    message = not_measured(capsys, "latent_dimension", tmp_path / "out", embeddings=path)
    assert f"{path}: not an export of `smwm embed` with states" in message
