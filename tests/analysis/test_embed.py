import json

import numpy as np
import torch

from conftest import TINY_MODEL
from smwm.__main__ import main
from smwm.data.worlds import pairs
from smwm.models.checkpoint import load_model, save_model
from smwm.models.world_model import WorldModel


def test_export_holds_latents_states_and_origin(tmp_path, dataset_folder, eval_data):
    torch.manual_seed(0)
    save_model(tmp_path / "m.pt", WorldModel(TINY_MODEL, 16, 10), {"seed": 1})
    words = ["embed", "--checkpoint", tmp_path / "m.pt", "--data", dataset_folder / "eval.h5",
             "--fit", dataset_folder / "train.h5", "--out", tmp_path / "e.npz",
             "--images", "20", "--fit-images", "30", "--device", "cpu"]  # fmt: skip
    assert main(list(map(str, words))) == 0
    with np.load(tmp_path / "e.npz") as file:
        rows, latents, states = file["rows"], file["latents"], file["states"]
        assert len(file["fit_latents"]) == len(file["fit_states"]) == 30
        origin = json.loads(file["origin"].item())
    assert rows[0] == 0
    assert rows[-1] == len(eval_data.pixels) - 1
    np.testing.assert_array_equal(states, eval_data.states[rows])
    with torch.inference_mode():
        expected = load_model(tmp_path / "m.pt")[0].encode(torch.from_numpy(eval_data.pixels[rows]))
    np.testing.assert_allclose(latents, expected, atol=1e-6)
    assert origin["model"] == {"seed": 1}
    assert origin["settings"] == {"images": 20, "fit_images": 30}


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
