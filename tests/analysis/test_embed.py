import json

import numpy as np
import torch

from conftest import TINY_MODEL
from smwm.__main__ import main
from smwm.models.checkpoint import load_model, save_model
from smwm.models.world_model import WorldModel


def test_export_holds_latents_states_and_origin(tmp_path, dataset_folder, eval_data):
    torch.manual_seed(0)
    save_model(tmp_path / "m.pt", WorldModel(TINY_MODEL, 16, 10), {"seed": 1})
    words = ["embed", "--checkpoint", tmp_path / "m.pt", "--data", dataset_folder / "eval.h5",
             "--out", tmp_path / "e.npz", "--images", "20", "--device", "cpu"]  # fmt: skip
    assert main(list(map(str, words))) == 0
    with np.load(tmp_path / "e.npz") as file:
        rows, latents, states = file["rows"], file["latents"], file["states"]
        origin = json.loads(file["origin"].item())
    assert rows[0] == 0
    assert rows[-1] == len(eval_data.pixels) - 1
    np.testing.assert_array_equal(states, eval_data.states[rows])
    with torch.inference_mode():
        expected = load_model(tmp_path / "m.pt")[0].encode(torch.from_numpy(eval_data.pixels[rows]))
    np.testing.assert_allclose(latents, expected, atol=1e-6)
    assert origin["model"] == {"seed": 1}
    assert origin["settings"] == {"images": 20}


def test_model_of_another_image_size_is_refused(tmp_path, dataset_folder, capsys):
    save_model(tmp_path / "m.pt", WorldModel(TINY_MODEL, 32, 10), {})
    words = ["embed", "--checkpoint", tmp_path / "m.pt", "--data", dataset_folder / "eval.h5",
             "--out", tmp_path / "e.npz"]  # fmt: skip
    assert main(list(map(str, words))) == 2
    assert "images are 16 px, 32 px are needed" in capsys.readouterr().err
