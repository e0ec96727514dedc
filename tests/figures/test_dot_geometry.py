import numpy as np
import pytest
import torch

from smwm.analysis.dimension import principal_axes
from smwm.analysis.exports import read_export
from smwm.data.worlds import HELD_OUT, pairs
from smwm.figures.dot_geometry import LINES, draw, embed_grid, geometry_table, grid_positions
from synthetic import LATENT_DIM, assert_readable, drawn_twice, refusal, write_export, write_model

FIT, HELD = (pairs("single_dot", first, 100, 0).states for first in (0, HELD_OUT))
COLUMNS = ["method", "seed", "component", "variance", "share", "r2_position"]


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
    table = drawn_twice("dot_geometry", tmp_path / "out", **files)
    assert list(table) == COLUMNS
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


def test_one_row_a_method_whatever_the_number_of_seeds(files):
    exports = [read_export(path, ["single_dot"]) for path in files["embeddings"]]
    figure = draw(dict.fromkeys(exports, Centroid()), geometry_table(exports))
    assert [panel.get_title() for panel in figure.axes[:3]] == [
        "spectrum", "positions [px]", "embedded",
    ]  # fmt: skip
    assert len(figure.axes) == 6
    assert len(figure.axes[0].patches) == LATENT_DIM  # bars of one seed
    assert figure.axes[1].yaxis_inverted()
    assert figure.axes[2].get_xlabel() == "R² of x, y: 1.000\ntwo components: 100.0 %"
    assert_readable(figure)


def test_models_in_another_order_are_refused(files, tmp_path, capsys):
    message = refusal(
        capsys, "dot_geometry", tmp_path / "out",
        embeddings=files["embeddings"][::2], checkpoints=files["checkpoints"][2::-2],
    )  # fmt: skip
    assert f"{files['checkpoints'][2]}: not of the model behind {files['embeddings'][0]}" in message


def test_every_export_needs_its_model(files, tmp_path, capsys):
    files["checkpoints"].pop()
    message = refusal(capsys, "dot_geometry", tmp_path / "out", **files)
    assert "3 files beside 4 exports" in message


def test_exports_of_other_worlds_are_refused(files, tmp_path, capsys):
    states = pairs("coupled", 0, 5, 0).states
    path = write_export(tmp_path / "other.npz", "coupled", states, states, lambda s: s)
    files["embeddings"][1] = path
    message = refusal(capsys, "dot_geometry", tmp_path / "out", **files)
    assert f"{path}: is of 'coupled', allowed: single_dot" in message
