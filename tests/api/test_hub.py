import json

import numpy as np
import pytest
import torch

import smwm
from conftest import TINY_MODEL
from smwm.errors import InputError
from smwm.models.checkpoint import save_model
from smwm.models.world_model import ModelSettings, WorldModel

huggingface_hub = pytest.importorskip("huggingface_hub")
safetensors = pytest.importorskip("safetensors.torch")
PROVENANCE = {"env": "two_room", "method": "smwm", "seed": 2, "settings": {"block": 5}}
TRANSFORMER = ModelSettings(
    encoder="vit", patch=8, vit_width=12, vit_depth=1, vit_heads=2, projector=8, latent_dim=6,
    width=16, forward_model="transformer", blocks=1, heads=2, head_dim=4, mlp_width=8,
)  # fmt: skip


@pytest.fixture(params=[TINY_MODEL, TRANSFORMER], ids=["cnn", "transformer"])
def checkpoint(request, tmp_path):
    torch.manual_seed(0)
    world = WorldModel(request.param, 16, 10)
    world.action_mean.normal_()
    world.train()  # so that batch normalisation has statistics of its own
    world.encode(torch.randint(0, 256, (8, 16, 16, 3), dtype=torch.uint8))
    save_model(tmp_path / "model.pt", world, PROVENANCE)
    return tmp_path / "model.pt"


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 16, 16, 3), np.uint8)


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def same(one, other):
    """Whether two models agree in every weight and buffer, to the bit."""
    first, second = one.state_dict(), other.state_dict()
    return first.keys() == second.keys() and all(
        torch.equal(first[name], second[name]) for name in first
    )


def test_an_export_loads_with_equal_latents_and_plans(checkpoint, tmp_path, images, capsys):
    smwm.export(checkpoint, tmp_path / "out")
    assert names(tmp_path / "out") == ["README.md", "config.json", "model.safetensors"]
    before, after = smwm.load(checkpoint), smwm.load(tmp_path / "out")
    assert capsys.readouterr().out == ""
    assert same(before.world, after.world)
    assert after.provenance == PROVENANCE
    np.testing.assert_array_equal(before.encode(images), after.encode(images))
    quick = {"samples": 8, "iterations": 2, "elites": 2}
    plans = [model.plan(images[0], images[1], **quick) for model in (before, after)]
    np.testing.assert_array_equal(*plans)


def test_the_mixin_saves_and_loads(checkpoint, tmp_path, images):
    network = smwm.HubModel.of(checkpoint)
    assert isinstance(network, huggingface_hub.PyTorchModelHubMixin)
    network.save_pretrained(tmp_path / "one")
    again = smwm.HubModel.from_pretrained(tmp_path / "one")
    assert same(network, again)
    assert not again.training
    again.save_pretrained(tmp_path / "two")
    for name in names(tmp_path / "one"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    model = smwm.Model(again, again.provenance)
    np.testing.assert_array_equal(model.encode(images), smwm.load(checkpoint).encode(images))


def test_the_card_goes_with_it_and_the_hub_can_read_its_head(checkpoint, tmp_path):
    smwm.export(checkpoint, tmp_path / "out")
    text = (tmp_path / "out" / "README.md").read_text()
    assert text.strip() == smwm.model_card(checkpoint).strip()
    head = huggingface_hub.ModelCard(text).data
    assert head.library_name == "smwm"
    assert head.license == "mit"
    assert "world-model" in head.tags


def test_an_export_over_an_older_one_replaces_it(checkpoint, tmp_path):
    smwm.export(checkpoint, tmp_path / "out")
    save_model(checkpoint, smwm.HubModel.of(checkpoint), PROVENANCE | {"seed": 9})
    smwm.export(checkpoint, tmp_path / "out")
    assert smwm.load(tmp_path / "out").provenance["seed"] == 9
    assert "| seed | 9 |" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.parametrize(
    "damage", ["no weights", "half", "one less", "another model", "no config", "settings"]
)
def test_a_damaged_folder_is_named(checkpoint, tmp_path, damage):
    out = tmp_path / "out"
    smwm.export(checkpoint, out)
    weights, config = out / "model.safetensors", out / "config.json"
    if damage == "no weights":
        weights.unlink()
    elif damage == "half":
        weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    elif damage == "one less":
        left = safetensors.load_file(weights)
        del left["action_mean"]
        safetensors.save_file(left, weights)
    elif damage == "another model":
        content = json.loads(config.read_text())
        content["settings"]["depth"] += 1  # the file lacks its weights
        config.write_text(json.dumps(content))
    elif damage == "no config":
        config.unlink()
    else:
        config.write_text('{"settings": {}}')
    with pytest.raises(InputError, match=f"{out}: not a folder of `smwm export`") as caught:
        smwm.load(out)
    assert "\n" not in str(caught.value)
