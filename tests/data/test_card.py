import shutil
from dataclasses import asdict, replace
from importlib.metadata import version

import pytest

from smwm.data.card import write_card
from smwm.data.collect import CollectSettings, collect
from smwm.system.files import sha256

SETTINGS = CollectSettings(episodes=4, steps=8, image_size=16, held_out=0.25)


def test_card_says_what_is_in_the_files(dataset_folder):
    text = (dataset_folder / "README.md").read_text()
    for split, row in (("train", "6 | 186 | 180"), ("eval", "2 | 62 | 60")):
        assert f"| {split}.h5 | {row} |" in text
        assert sha256(dataset_folder / f"{split}.h5") in text
    assert "Heads for a random point" in text  # the policy's own words
    assert "agent_x [px], agent_y [px]" in text
    assert f"mujoco {version('mujoco')}" in text
    assert "in the door: " in text


def test_a_lost_card_is_written_again_with_the_same_bytes(tmp_path):
    collect("two_room", tmp_path, SETTINGS, workers=1)
    before = (tmp_path / "README.md").read_bytes()
    (tmp_path / "README.md").unlink()
    collect("two_room", tmp_path, SETTINGS, workers=1)
    assert (tmp_path / "README.md").read_bytes() == before


def test_no_card_of_other_data_survives_a_kill_before_the_card_is_written(tmp_path, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    collect("two_room", tmp_path, SETTINGS, workers=1)
    other = replace(SETTINGS, steps=9)
    with monkeypatch.context() as patch:
        patch.setattr("smwm.data.collect.write_card", die)
        with pytest.raises(KeyboardInterrupt):
            collect("two_room", tmp_path, other, workers=1)
    collect("two_room", tmp_path, other, workers=1)
    assert sha256(tmp_path / "train.h5") in (tmp_path / "README.md").read_text()


def test_policy_that_is_a_function_is_described_by_the_method_that_makes_it(
    dataset_folder, tmp_path, monkeypatch
):
    def collection_policy(self, rngs):
        """Stands still."""
        return lambda states: 0 * states

    monkeypatch.setattr("smwm.envs.two_room.TwoRoom.collection_policy", collection_policy)
    for split in ("train", "eval"):
        shutil.copy(dataset_folder / f"{split}.h5", tmp_path)
    write_card(tmp_path, "two_room", asdict(SETTINGS), "code")
    assert "Stands still." in (tmp_path / "README.md").read_text().splitlines()
