import json

import numpy as np
import pytest

from smwm.analysis.exports import (
    check_models,
    first_seeds,
    read_arrays,
    read_export,
    read_models,
)
from smwm.errors import InputError
from smwm.methods import TRAINED
from synthetic import LATENT_DIM, write_export, write_model

STATES = np.random.default_rng(0).uniform(3, 61, (20, 2))


def write(path, **changes):
    place = changes.pop("place", "single_dot")
    return write_export(path, place, STATES[:12], STATES[12:], lambda s: s / 10, **changes)


def refused(path, words, places=("single_dot",), methods=TRAINED):
    with pytest.raises(InputError) as error:
        read_export(path, places, methods)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert words in message
    assert "\n" not in message


def test_an_export_is_read_back(tmp_path):
    path = write(tmp_path / "e.npz", method="sigreg", seed=4, checkpoint="abc")
    export = read_export(path, ["single_dot"])
    assert (export.domain, export.method, export.seed) == ("single_dot", "sigreg", 4)
    assert export.path == path
    assert export.origin["checkpoint_sha256"] == "abc"
    assert export.latents.shape == (8, LATENT_DIM)
    np.testing.assert_array_equal(export.states, STATES[12:])
    np.testing.assert_array_equal(export.fit_states, STATES[:12])
    np.testing.assert_allclose(export.fit_latents[:, :2], STATES[:12] / 10, rtol=1e-6)
    np.testing.assert_array_equal(export.fit_rows, np.arange(12))


@pytest.mark.parametrize("content", [None, b"", b"hello", b"PK\x03\x04broken"])
def test_other_files_are_refused(content, tmp_path):
    path = tmp_path / "e.npz"
    if content is not None:
        path.write_bytes(content)
    refused(path, "not an export of `smwm embed` with states")


def test_a_cut_file_is_refused(tmp_path):
    path = write(tmp_path / "e.npz")
    path.write_bytes(path.read_bytes()[:-300])
    refused(path, "not an export of `smwm embed`")


def test_a_single_array_is_refused(tmp_path):
    with (tmp_path / "e.npz").open("wb") as file:
        np.save(file, STATES)
    refused(tmp_path / "e.npz", "not an export of `smwm embed`")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"states": None}, "'states is not a file in the archive'"),
        ({"fit_rows": None}, "fit_rows is not a file in the archive"),
        ({"latents": np.full((8, 6), np.nan)}, "latents are not finite"),
        ({"latents": np.zeros((7, 6))}, "do not belong together"),
        ({"fit_latents": np.zeros(12)}, "do not belong together"),
        ({"origin": "[]"}, "not an export of `smwm embed`"),
        ({"origin": "no JSON"}, "not an export of `smwm embed`"),
        ({"origin": json.dumps({"model": {"env": "cube"}})}, "the model's method, seed"),
    ],
)
def test_exports_that_lack_something_are_refused(changes, words, tmp_path):
    refused(write(tmp_path / "e.npz", **changes), words)


def test_places_and_methods_that_a_figure_does_not_show_are_refused(tmp_path):
    path = write(tmp_path / "e.npz", place="sprite_x", method="sigreg")
    refused(path, "is of 'sprite_x', allowed: single_dot, coupled", ["single_dot", "coupled"])
    refused(path, "is of 'sigreg', allowed: smwm", ["sprite_x"], ["smwm"])


def test_arrays_of_a_kind(tmp_path):
    path = write(tmp_path / "e.npz", seed=2)
    arrays, origin = read_arrays(path, ["latents"], "a thing")
    assert list(arrays) == ["latents"]
    assert origin["model"]["seed"] == 2
    with pytest.raises(InputError, match="not a thing"):
        read_arrays(path, ["images"], "a thing")


def test_the_lowest_seed_of_each_place_and_method_is_shown(tmp_path):
    who = [("coupled", "smwm", 2), ("single_dot", "smwm", 1), ("coupled", "smwm", 0),
           ("coupled", "sigreg", 5)]  # fmt: skip
    exports = [
        read_export(write(tmp_path / f"{i}.npz", place=p, method=m, seed=s), [p])
        for i, (p, m, s) in enumerate(who)
    ]
    assert first_seeds(exports) == [exports[2], exports[1], exports[3]]


def test_only_the_models_behind_the_exports_are_read(tmp_path):
    exports = []
    for name, method in (("a", "smwm"), ("b", "sigreg")):
        found = write_model(tmp_path / f"{name}.pt", "single_dot", method)
        exports.append(
            read_export(write(tmp_path / f"{name}.npz", checkpoint=found), ["single_dot"])
        )
    paths = [tmp_path / "a.pt", tmp_path / "b.pt"]
    assert [model.action_dim for model in read_models(exports, paths)] == [2, 2]
    with pytest.raises(InputError, match=r"b\.pt: not of the model behind .*a\.npz"):
        read_models(exports, paths[::-1])
    with pytest.raises(InputError, match="1 files beside 2 exports, one each is needed"):
        check_models(exports, paths[:1], ["x"])
