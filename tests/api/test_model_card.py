import pytest

import smwm
from conftest import TINY_MODEL
from smwm.api.model_card import card
from smwm.models.checkpoint import save_model
from smwm.models.world_model import WorldModel

PROVENANCE = {
    "method": "sigreg", "seed": 4, "device": "cpu", "env": "push_t", "data_sha256": "abc123",
    "episodes": 90, "image_size": 16, "settings": {"block": 5, "weight": 0.09},
    "model": {"channels": [4, 8], "latent_dim": 6}, "code": "0.1.0+123456789abc",
}  # fmt: skip


def test_the_card_of_a_checkpoint_says_what_it_is_and_where_from(tmp_path):
    save_model(tmp_path / "m.pt", WorldModel(TINY_MODEL, 16, 10), PROVENANCE)
    text = smwm.model_card(tmp_path / "m.pt")
    assert text.startswith("---\nlibrary_name: smwm\n")
    assert "\n# SIGReg on Push-T\n" in text
    for row in (
        "environment | Push-T (`push_t`)", "method | SIGReg (LeJEPA, arXiv 2511.08544)",
        "training data, SHA-256 | abc123", "training episodes | 90", "seed | 4",
        "code | 0.1.0+123456789abc", "weight | 0.09", "channels | 4 8", "block | 5",
    ):  # fmt: skip
        assert f"\n| {row} |\n" in text
    assert text == smwm.load(tmp_path / "m.pt").card


def test_a_world_s_stream_is_told(tmp_path):
    text = card({"env": "single_dot", "method": "smwm", "pairs": {"pairs": 40, "world_seed": 2}})
    assert "| environment | `single_dot`, a synthetic world |" in text
    assert "| pairs: world_seed | 2 |" in text


@pytest.mark.parametrize("provenance", [{}, {"env": "mine", "method": "own"}])
def test_little_provenance_makes_a_short_card(provenance):
    text = card(provenance)
    assert f"# {provenance.get('method', 'unknown')} on {provenance.get('env', 'unknown')}" in text
    assert "## Training" not in text


def test_no_card_without_a_checkpoint(tmp_path):
    with pytest.raises(smwm.InputError, match="no such checkpoint"):
        smwm.model_card(tmp_path / "none.pt")
