import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from conftest import TINY_MODEL
from smwm.__main__ import main
from smwm.analysis.embed import embed
from smwm.data.worlds import pairs
from smwm.models.checkpoint import load_model, save_model
from smwm.models.world_model import WorldModel
from smwm.system.files import sha256


def test_export_holds_latents_states_and_origin(tmp_path, dataset_folder, train_data, eval_data):
    torch.manual_seed(0)
    save_model(tmp_path / "m.pt", WorldModel(TINY_MODEL, 16, 10), {"seed": 1})
    words = ["embed", "--checkpoint", tmp_path / "m.pt", "--data", dataset_folder / "eval.h5",
             "--fit", dataset_folder / "train.h5", "--out", tmp_path / "e.npz",
             "--images", "20", "--fit-images", "30", "--device", "cpu"]  # fmt: skip
    assert main(list(map(str, words))) == 0
    with np.load(tmp_path / "e.npz") as file:
        rows, latents, states = file["rows"], file["latents"], file["states"]
        fit_rows, fit_latents, fit_states = (
            file[f"fit_{name}"] for name in ("rows", "latents", "states")
        )
        origin = json.loads(file["origin"].item())
    assert rows[0] == 0
    assert rows[-1] == len(eval_data.pixels) - 1
    np.testing.assert_array_equal(states, eval_data.states[rows])
    assert len(fit_rows) == 30
    np.testing.assert_array_equal(fit_states, train_data.states[fit_rows])
    model, _ = load_model(tmp_path / "m.pt")
    for found, pixels in (
        (latents, eval_data.pixels[rows]), (fit_latents, train_data.pixels[fit_rows])
    ):  # fmt: skip
        with torch.inference_mode():
            expected = model.encode(torch.from_numpy(pixels))
        np.testing.assert_allclose(found, expected, atol=1e-6)
    assert origin["eval_data_sha256"] == sha256(dataset_folder / "eval.h5")
    assert origin["data_sha256"] == sha256(dataset_folder / "train.h5")
    assert origin["checkpoint_sha256"] == sha256(tmp_path / "m.pt")
    assert origin["model"] == {"seed": 1}
    assert origin["settings"] == {"images": 20, "fit_images": 30}


@pytest.mark.parametrize("images", [8, 100])
def test_only_rows_of_episodes_are_embedded(eval_data, images):
    data = replace(eval_data, lengths=np.array([11, 20]), offsets=np.array([40, 3]))
    result = embed(WorldModel(TINY_MODEL, 16, 10), data, images, torch.device("cpu"))
    inside = [*range(40, 51), *range(3, 23)]
    assert set(result["rows"]) <= set(inside)
    assert len(result["rows"]) == min(images, 31)
    assert {40, 22} <= set(result["rows"])  # first and last
    np.testing.assert_array_equal(result["states"], data.states[result["rows"]])


def test_model_of_another_image_size_is_refused(tmp_path, dataset_folder, capsys):
    save_model(tmp_path / "m.pt", WorldModel(TINY_MODEL, 32, 10), {})
    words = ["embed", "--checkpoint", tmp_path / "m.pt", "--data", dataset_folder / "eval.h5",
             "--fit", dataset_folder / "train.h5", "--out", tmp_path / "e.npz"]  # fmt: skip
    assert main(list(map(str, words))) == 2
    assert "images are 16 px, 32 px are needed" in capsys.readouterr().err


def test_worlds_are_embedded_from_unseen_pairs(tmp_path):
    save_model(tmp_path / "m.pt", WorldModel(TINY_MODEL, 64, 2), {})
    words = f"embed --checkpoint {tmp_path}/m.pt --world single_dot --out {tmp_path}/e.npz"
    assert main([*words.split(), "--images", "11", "--fit-images", "8", "--pairs", "100"]) == 0
    with np.load(tmp_path / "e.npz") as file:
        seen, unseen = file["fit_states"], file["states"]
    np.testing.assert_array_equal(seen, pairs("single_dot", 0, 4, 0).states)
    assert unseen.shape == (11, 2)
    assert not (seen[:, None] == unseen[None]).all(2).any()


def test_training_data_to_fit_to_are_needed(tmp_path, dataset_folder, capsys):
    save_model(tmp_path / "m.pt", WorldModel(TINY_MODEL, 16, 10), {})
    words = f"embed --checkpoint {tmp_path}/m.pt --data {dataset_folder}/eval.h5 --out {tmp_path}/e"
    assert main(words.split()) == 2
    assert "--fit: --data needs it, the training split" in capsys.readouterr().err
