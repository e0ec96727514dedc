from importlib.metadata import version

from smwm.data.collect import CollectSettings, collect
from smwm.files import sha256


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
    settings = CollectSettings(episodes=4, steps=8, image_size=16, held_out=0.25)
    collect("two_room", tmp_path, settings, workers=1)
    before = (tmp_path / "README.md").read_bytes()
    (tmp_path / "README.md").unlink()
    collect("two_room", tmp_path, settings, workers=1)
    assert (tmp_path / "README.md").read_bytes() == before


def test_policy_without_a_class_of_its_own_is_described_too(tmp_path):
    settings = CollectSettings(episodes=4, steps=8, image_size=16, held_out=0.25)
    collect("reacher", tmp_path, settings, workers=1)
    assert "Uniform random torques" in (tmp_path / "README.md").read_text()
