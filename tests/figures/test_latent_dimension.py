import json

import numpy as np
import pytest

from smwm.analysis.exports import first_seeds, read_export
from smwm.data.worlds import HELD_OUT, WORLDS, pairs
from smwm.figures.latent_dimension import (
    controlled_columns,
    dimension_row,
    distractor_columns,
    draw,
    steps_of,
)
from synthetic import assert_readable, drawn_twice, refusal, write_export

COLUMNS = [
    "world", "seed", "controllable_dof", "effective_dim", "effective_rank",
    "variance_in_true_dim", "r2_controlled", "r2_distractor",
]  # fmt: skip
CONTROLLED = {
    "independent": [0, 1, 2, 3],
    "coupled": [0, 1],  # the other dot moves alike
    "distractor": [0, 1],
    "combined": [0, 1, 4, 5, 6, 7],
}
RANDOM = {"independent": [], "coupled": [], "distractor": [2, 3], "combined": [8, 9]}


def write(path, world, columns, scale=0.1, **changes):
    """An export whose latent is some columns of the state."""
    fit, held_out = (pairs(world, first, 400, 0).states for first in (0, HELD_OUT))
    return write_export(path, world, fit, held_out, lambda s: scale * s[:, columns], **changes)


def row_of(path, world):
    return dict(zip(COLUMNS, dimension_row(read_export(path, [world])), strict=True))


@pytest.mark.parametrize("world", CONTROLLED)
def test_which_columns_the_action_tells(world):
    assert controlled_columns(world) == CONTROLLED[world]
    assert distractor_columns(world) == RANDOM[world]


@pytest.mark.parametrize("world", CONTROLLED)
def test_a_latent_of_what_is_controlled_has_the_true_dimension(world, tmp_path):
    row = row_of(write(tmp_path / "e.npz", world, CONTROLLED[world]), world)
    true = len(CONTROLLED[world])
    assert row["controllable_dof"] == row["effective_dim"] == true
    assert row["effective_rank"] == pytest.approx(true, rel=0.05)
    assert row["variance_in_true_dim"] == pytest.approx(100)
    assert row["r2_controlled"] > 0.999
    assert row["r2_distractor"] < 0.1 if RANDOM[world] else np.isnan(row["r2_distractor"])


def test_a_latent_that_keeps_the_distractor_is_told_from_one_that_does_not(tmp_path):
    row = row_of(write(tmp_path / "e.npz", "distractor", [0, 1, 2, 3]), "distractor")
    assert row["effective_dim"] == 4
    assert row["variance_in_true_dim"] == pytest.approx(50, abs=5)
    assert row["r2_distractor"] > 0.999


def test_a_latent_of_the_distractor_alone_tells_no_action(tmp_path):
    row = row_of(write(tmp_path / "e.npz", "distractor", [2, 3]), "distractor")
    assert row["r2_controlled"] < 0.1


@pytest.mark.parametrize("part", ["latents", "fit_latents"])
def test_what_is_read_must_hold_on_held_out_pairs(part, tmp_path):
    noise = np.random.default_rng(1).normal(size=(800, 6)).astype(np.float32)
    path = write(tmp_path / "e.npz", "distractor", [0, 1, 2, 3], **{part: noise})
    row = row_of(path, "distractor")
    assert row["r2_controlled"] < 0.2
    assert row["r2_distractor"] < 0.2
    assert row["effective_dim"] == (4 if part == "latents" else 6)  # of training images


def test_a_collapsed_latent_has_no_dimension(tmp_path):
    row = row_of(write(tmp_path / "e.npz", "coupled", [0, 1], scale=1e-4), "coupled")
    assert row["effective_dim"] == 0
    assert row["r2_controlled"] > 0.999  # probes do not mind the scale


def test_only_rows_of_one_pair_make_a_step():
    states = pairs("single_dot", 0, 5, 0).states
    rows = np.array([0, 1, 3, 4, 5, 6, 9])
    change, moved = steps_of(rows, 2 * states[rows], states[rows], "single_dot")
    np.testing.assert_allclose(moved, states[[1, 5]] - states[[0, 4]])
    np.testing.assert_allclose(change, 2 * moved)


def test_table_and_files(tmp_path):
    paths = [
        write(tmp_path / f"{world}{seed}.npz", world, CONTROLLED[world], seed=seed)
        for world in CONTROLLED
        for seed in (3, 2)
    ]
    table = drawn_twice("latent_dimension", tmp_path / "out", embeddings=paths)
    assert list(table) == COLUMNS
    assert table["world"].tolist() == [world for world in CONTROLLED for _ in range(2)]
    assert table["seed"].tolist() == [3, 2] * 4
    assert table["effective_dim"].dtype == table["controllable_dof"].dtype == int
    assert table[COLUMNS[:-1]].notna().all(axis=None)
    known = table["world"].isin(["distractor", "combined"])
    assert (table["r2_distractor"].notna() == known).all()
    origin = json.loads((tmp_path / "out/once/latent_dimension.json").read_text())
    assert "largest gap" in origin["settings"][0]["definition"]

    exports = first_seeds(read_export(path, WORLDS) for path in paths)
    figure = draw(exports, table)
    titles = [panel.get_title() for panel in figure.axes[4:]]
    assert titles == [f"true {n}, found {n}, {n}" for n in (4, 2, 2, 6)]
    assert_readable(figure)


@pytest.mark.parametrize("place", ["sprite_xy", "two_room"])
def test_other_places_are_refused(place, tmp_path, capsys):
    states = np.random.default_rng(0).normal(size=(8, 3))
    path = write_export(tmp_path / "e.npz", place, states, states, lambda s: s)
    message = refusal(capsys, "latent_dimension", tmp_path / "out", embeddings=path)
    assert f"{path}: is of {place!r}, allowed: single_dot, independent" in message


def test_an_export_without_states_is_refused(tmp_path, capsys):
    path = write(tmp_path / "e.npz", "coupled", [0, 1], states=None)
    message = refusal(capsys, "latent_dimension", tmp_path / "out", embeddings=path)
    assert f"{path}: not an export of `smwm embed` with states" in message
