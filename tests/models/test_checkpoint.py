import io
import pickle

import pytest
import torch

from conftest import TINY_MODEL
from smwm.errors import InputError
from smwm.models.checkpoint import load_model, load_tensors, save_model, save_tensors
from smwm.models.world_model import WorldModel


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    model = WorldModel(TINY_MODEL, 16, 10)
    model.action_mean.normal_()
    path = tmp_path / "model.pt"
    save_model(path, model, {"seed": 3})
    return path, model


def test_round_trip_is_exact_but_for_half_precision(saved, tmp_path):
    path, model = saved
    loaded, provenance = load_model(str(path))
    assert provenance == {"seed": 3}
    assert loaded.settings == model.settings
    assert not loaded.training
    for name, value in model.state_dict().items():
        kept = value.half().float() if value.ndim > 1 else value
        assert torch.equal(loaded.state_dict()[name], kept)
    save_model(tmp_path / "again.pt", loaded, provenance)
    assert (tmp_path / "again.pt").read_bytes() == path.read_bytes()


def test_weights_beyond_half_precision_stay_as_they_are(tmp_path):
    model = WorldModel(TINY_MODEL, 16, 10)
    with torch.no_grad():
        model.forward_model[0].weight.fill_(1e6)
    save_model(tmp_path / "m.pt", model, {})
    assert torch.equal(load_model(tmp_path / "m.pt")[0].forward_model[0].weight,
                       model.forward_model[0].weight)  # fmt: skip


def test_same_content_same_bytes(saved, tmp_path):
    path, model = saved
    save_model(tmp_path / "other_name.pt", model, {"seed": 3})
    assert path.read_bytes() == (tmp_path / "other_name.pt").read_bytes()


@pytest.mark.parametrize("damage", ["missing", "extra", "shape"])
def test_weights_must_match_strictly(saved, damage):
    path, _ = saved
    content = load_tensors(path, {"weights"})
    name = next(iter(content["weights"]))
    if damage == "missing":
        del content["weights"][name]
    elif damage == "extra":
        content["weights"]["unknown"] = torch.zeros(1)
    else:
        content["weights"][name] = torch.zeros(1)
    save_tensors(path, content)
    with pytest.raises(InputError, match="do not fit"):
        load_model(path)


class Hostile:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code ran')",))


def saved_by_torch(content):
    """As torch saves it: a whole archive, with the checksums that belong to it."""
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"not a checkpoint", pickle.dumps(Hostile()), saved_by_torch({"weights": Hostile()})],
)
def test_other_files_are_refused_and_never_run(tmp_path, content):
    path = tmp_path / "bad.pt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.pt: not a readable checkpoint"):
        load_model(path)


def test_truncated_checkpoint_is_refused(saved):
    path, _ = saved
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError, match="not a readable checkpoint"):
        load_model(path)


def test_a_flipped_bit_in_a_weight_is_refused(saved):
    """Torch stores checksums, but does not look at them: the weight would read like any other."""
    path, model = saved
    content = bytearray(path.read_bytes())
    weights = model.forward_model[0].weight.detach().half().numpy().tobytes()
    content[content.index(weights) + 1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"not a readable checkpoint .*another checksum"):
        load_model(path)


def test_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.pt: no such checkpoint"):
        load_model(tmp_path / "none.pt")
