import json

import numpy as np
import pytest

from smwm.analysis.exports import read_export
from smwm.envs import ENVIRONMENTS
from smwm.measures.probing import COLUMNS, probed
from synthetic import LATENT_DIM, measured, not_measured, read_csv, write_export

RNG = np.random.default_rng(0)
ROOMS = RNG.uniform(20, 200, (400, 2))
BOARD = RNG.uniform(100, 400, (400, 7))


def nothing(states):
    return np.random.default_rng(len(states)).normal(size=(len(states), LATENT_DIM))


def write(path, states, env, function, **changes):
    return write_export(path, env, states[:300], states[300:], function, **changes)


@pytest.fixture
def paths(tmp_path):
    return [
        write(tmp_path / "a.npz", ROOMS, "two_room", lambda s: s, seed=0),
        write(tmp_path / "b.npz", ROOMS, "two_room", nothing, method="sigreg", seed=1),
        write(tmp_path / "c.npz", BOARD, "push_t", lambda s: s[:, :2]),
    ]


def test_what_the_latent_is_has_r2_one_and_noise_has_none(paths, tmp_path):
    path = measured("probes", tmp_path / "out", embeddings=paths)
    table = read_csv(path)
    assert tuple(table) == COLUMNS
    assert table.notna().all(axis=None)
    assert set(table["probe"]) == {"linear", "mlp"}
    push_t = ["agent_position", "block_position", "block_orientation"]
    assert table["quantity"].unique().tolist() == push_t
    assert len(table) == 2 + 2 + 6
    known = (table["method"] == "smwm") & (table["quantity"] == "agent_position")
    linear = table["probe"] == "linear"
    assert (table[known & linear]["r2"] > 0.999).all()
    assert (table[known & ~linear]["r2"] > 0.95).all()
    assert (table[~known]["r2"] < 0.1).all()
    origins = json.loads(path.with_suffix(".json").read_text())["settings"]
    assert [origin["model"]["method"] for origin in origins] == ["smwm", "sigreg", "smwm"]


@pytest.mark.parametrize("part", ["latents", "fit_latents"])
def test_quantities_must_be_read_from_held_out_images(part, tmp_path):
    count = 100 if part == "latents" else 300
    path = write(
        tmp_path / "n.npz", ROOMS, "two_room", lambda s: s / 50,
        **{part: nothing(np.zeros(count)).astype(np.float32)},
    )  # fmt: skip
    assert (probed([read_export(path, ENVIRONMENTS)])["r2"] < 0.2).all()


def test_angles_are_probed_as_sine_and_cosine(tmp_path):
    path = write(
        tmp_path / "t.npz",
        BOARD,
        "push_t",
        lambda s: np.stack([np.sin(s[:, 6]), np.cos(s[:, 6])]).T,
    )
    table = probed([read_export(path, ENVIRONMENTS)])
    r2 = table[table["probe"] == "linear"].set_index("quantity")["r2"]
    assert r2["block_orientation"] > 0.999
    assert r2["block_position"] < 0.1


def test_worlds_are_refused(paths, tmp_path, capsys):
    path = write(paths[2], ROOMS, "single_dot", lambda s: s)
    message = not_measured(capsys, "probes", tmp_path / "out", embeddings=paths)
    assert f"{path}: is of 'single_dot', allowed: two_room, reacher, push_t, cube" in message
