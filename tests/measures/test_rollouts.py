import numpy as np
import pytest
import torch

from smwm.analysis.dimension import principal_axes
from smwm.analysis.exports import read_export
from smwm.data.worlds import HELD_OUT, pairs
from smwm.measures.rollouts import (
    ERRORS,
    PATHS,
    POINTS,
    SHOWN,
    STEPS,
    path_table,
    roll_out,
    rollout_table,
)
from synthetic import measured, not_measured, read_csv, write_export, write_model

FIT, HELD = (pairs("single_dot", first, 40, 0).states for first in (0, HELD_OUT))


class Exact:
    """Encodes a dot as its centre in pixels and adds the action: encoding and moving commute."""

    def __init__(self, drift=0.0):
        self.drift = drift

    def encode(self, pixels):
        dark = (255 - pixels.double()).sum(-1)
        centre = torch.arange(pixels.shape[1]).double() + 0.5
        x, y = ((dark.sum(axis) * centre).sum(-1) for axis in (1, 2))
        return torch.stack([x, y], -1) / dark.sum((1, 2))[:, None]

    def normalise(self, actions):
        return actions / 10

    def predict(self, latents, actions):
        return latents + 10 * actions + self.drift


def write(path, place="single_dot", **changes):
    return write_export(path, place, FIT, HELD, lambda s: s / 10, **changes)


@pytest.fixture
def files(tmp_path):
    found = write_model(tmp_path / "m.pt", "single_dot")
    path = write(tmp_path / "e.npz", checkpoint=found)
    return {"embeddings": path, "checkpoints": tmp_path / "m.pt"}


def test_an_exact_model_has_no_error():
    encoded, predicted = roll_out(Exact(), "single_dot", seed=0)
    assert encoded.shape == predicted.shape == (PATHS, STEPS + 1, 2)
    states = pairs("single_dot", HELD_OUT, PATHS, 0, steps=STEPS).states
    np.testing.assert_allclose(encoded.reshape(-1, 2), states, atol=0.1)  # pixels are coarse
    assert rollout_table(encoded, predicted, "smwm", 0)["error"].max() < 1


def test_a_drifting_model_errs_by_the_drift_of_each_step():
    encoded, predicted = roll_out(Exact(drift=3.0), "single_dot", seed=0)
    error = np.linalg.norm(predicted - encoded, axis=-1).mean(0)
    np.testing.assert_allclose(error, 3 * np.sqrt(2) * np.arange(STEPS + 1), atol=0.1)


def test_error_by_hand():
    encoded = np.array([[[0.0, 0], [3, 4], [3, 10]], [[0.0, 0], [0, 5], [0, 9]]])
    predicted = encoded.copy()
    assert rollout_table(encoded, predicted, "smwm", 0)["error"].tolist() == [0, 0]
    predicted[:, 1:] += [1.0, 0]
    table = rollout_table(encoded, predicted, "sigreg", 2)
    np.testing.assert_allclose(table["error"], [100 * 1 / 5, 200 / (np.hypot(3, 10) + 9)])
    assert table["method"].tolist() == ["sigreg", "sigreg"]


def test_latents_that_never_move_do_not_divide_by_zero():
    still = np.zeros((4, STEPS + 1, 2))
    assert rollout_table(still, still, "smwm", 0)["error"].tolist() == [0] * STEPS


def test_table_of_a_model(files, tmp_path):
    table = read_csv(measured("latent_rollout", tmp_path / "out", **files))
    assert tuple(table) == ERRORS
    assert table["method"].tolist() == ["smwm"] * STEPS
    assert table["step"].tolist() == list(range(1, STEPS + 1))
    assert (table["error"] > 0).all()


def test_paths_are_in_the_first_two_components(tmp_path):
    export = read_export(write(tmp_path / "e.npz"), ["single_dot"])
    encoded = np.random.default_rng(0).normal(size=(9, STEPS + 1, 6))
    table = path_table(export, encoded, encoded + 1)
    assert tuple(table) == POINTS
    counts = table.groupby("kind").size()
    assert counts.to_dict() == {
        "embedded": len(export.latents),
        "encoded": SHOWN * (STEPS + 1),
        "predicted": SHOWN * (STEPS + 1),
    }
    axes = principal_axes(export.fit_latents)
    for kind, latents in (("encoded", encoded), ("predicted", encoded + 1)):
        mine = table[(table["kind"] == kind) & (table["path"] == 3)]
        assert mine["step"].tolist() == list(range(STEPS + 1))
        np.testing.assert_allclose(mine[["first", "second"]], axes.project(latents[3], 2))


def test_paths_are_of_the_first_model(files, tmp_path):
    found = write_model(tmp_path / "n.pt", "single_dot")
    files["embeddings"] = [files["embeddings"], write(tmp_path / "f.npz", checkpoint=found, seed=1)]
    files["checkpoints"] = [files["checkpoints"], tmp_path / "n.pt"]
    table = read_csv(measured("rollout_paths", tmp_path / "out", **files))
    assert set(table["seed"]) == {0}
    assert set(table["kind"]) == {"embedded", "encoded", "predicted"}


def test_another_model_is_refused(files, tmp_path, capsys):
    write_model(tmp_path / "m.pt", "single_dot", "sigreg")
    message = not_measured(capsys, "latent_rollout", tmp_path / "out", **files)
    assert f"{tmp_path}/m.pt: not of the model behind {tmp_path}/e.npz" in message


def test_an_environment_is_refused(files, tmp_path, capsys):
    write(files["embeddings"], "two_room")
    message = not_measured(capsys, "latent_rollout", tmp_path / "out", **files)
    assert f"{files['embeddings']}: is of 'two_room', allowed: single_dot" in message
