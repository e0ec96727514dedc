import json

import numpy as np
import pytest
import torch

from smwm.__main__ import main
from smwm.analysis.decode import DecodeSettings, train_decoder, weighted_error
from smwm.data.worlds import HELD_OUT, pairs
from smwm.models.checkpoint import load_model
from smwm.models.decoder import Decoder
from synthetic import write_model

CPU = torch.device("cpu")
QUICK = DecodeSettings(decoder_pairs=8, decoder_epochs=12, decoder_batch=8)


@pytest.fixture
def model(tmp_path):
    torch.manual_seed(0)
    write_model(tmp_path / "m.pt", "sprite_xy")
    return load_model(tmp_path / "m.pt")[0]


def test_dark_pixels_weigh_eleven_times_as_much():
    grey = torch.full((2, 3, 4, 4), 0.5)
    assert weighted_error(grey, torch.ones_like(grey)).item() == pytest.approx(0.25)
    assert weighted_error(grey, torch.zeros_like(grey)).item() == pytest.approx(11 * 0.25)
    assert weighted_error(grey, grey).item() == 0


def test_only_the_decoder_learns(model):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    data = pairs("sprite_xy", 0, QUICK.decoder_pairs, 0)
    images = torch.from_numpy(data.pixels).movedim(-1, 1) / 255
    decoders = [train_decoder(model, data, QUICK, seed, CPU) for seed in (0, 0, 1)]
    with torch.inference_mode():
        latents = model.encode(torch.from_numpy(data.pixels))
        untrained = weighted_error(Decoder(latents.shape[1], 64)(latents), images)
        first, again, other = (decoder(latents) for decoder in decoders)
    assert weighted_error(first, images) < 0.5 * untrained
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def decode(folder, world, out, *more):
    words = f"decode --checkpoint {folder}/m.pt --world {world} --out {folder}/{out} --seed 3"
    quick = "--device cpu --decoder-pairs 4 --decoder-epochs 1 --shown 3"
    return main([*words.split(), *quick.split(), *more])


@pytest.mark.usefixtures("model")
def test_decode_writes_held_out_images_and_their_origin(tmp_path):
    for out in ("a.npz", "b.npz"):
        assert decode(tmp_path, "sprite_xy", out, "--world-seed", "5") == 0
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz") as file:
        assert file["decoded"].shape == (3, 64, 64, 3)
        assert file["decoded"].dtype == np.uint8
        np.testing.assert_array_equal(file["images"], pairs("sprite_xy", HELD_OUT, 2, 5).pixels[:3])
        origin = json.loads(file["origin"].item())
    assert origin["model"]["env"] == "sprite_xy"
    assert origin["settings"]["shown"] == 3
    assert origin["pairs"]["world_seed"] == 5
    assert len(origin["checkpoint_sha256"]) == 64


@pytest.mark.usefixtures("model")
def test_a_model_of_another_world_is_refused(tmp_path, capsys):
    assert decode(tmp_path, "sprite_x", "a.npz") == 2
    message = f"smwm decode: {tmp_path}/m.pt: its env is 'sprite_xy', not 'sprite_x'\n"
    assert capsys.readouterr().err == message


def test_a_model_of_smaller_images_is_refused(tmp_path, capsys):
    write_model(tmp_path / "m.pt", "sprite_x", image_size=32)
    assert decode(tmp_path, "sprite_x", "a.npz") == 2
    assert "m.pt: the model sees 32 px, the images of worlds are 64 px" in capsys.readouterr().err


def test_embed_refuses_a_model_of_another_world(tmp_path, capsys):
    write_model(tmp_path / "m.pt", "coupled")
    words = f"embed --checkpoint {tmp_path}/m.pt --world single_dot --out {tmp_path}/e.npz"
    assert main(words.split()) == 2
    assert "m.pt: its env is 'coupled', not 'single_dot'" in capsys.readouterr().err
