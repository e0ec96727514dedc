import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from smwm.__main__ import main
from smwm.data.collect import CollectSettings, collect, split_episodes
from smwm.data.columns import STORAGES
from smwm.data.dataset import read_dataset
from smwm.envs import make_environment
from smwm.errors import InputError
from smwm.system.files import sha256

SETTINGS = CollectSettings(episodes=45, steps=12, image_size=16)


def hashes(folder):
    return {path.name: sha256(path) for path in sorted(folder.glob("*.h5"))}


@pytest.mark.parametrize("storage", STORAGES)
def test_result_does_not_depend_on_the_number_of_workers(tmp_path, storage):
    for workers in (0, 1, 3):
        collect("two_room", tmp_path / str(workers), replace(SETTINGS, storage=storage), workers)
    assert len(hashes(tmp_path / "1")) == 2
    assert hashes(tmp_path / "0") == hashes(tmp_path / "1") == hashes(tmp_path / "3")


def test_every_storage_has_the_same_images(tmp_path):
    """Each of a group that no other stands for, and of two splits with tables of their own."""
    for storage in STORAGES:
        collect("two_room", tmp_path / storage, replace(SETTINGS, storage=storage), workers=0)
    for split in ("train", "eval"):
        parts = [read_dataset(tmp_path / storage / f"{split}.h5") for storage in STORAGES]
        for part in parts[1:]:
            np.testing.assert_array_equal(part.pixels[:], parts[0].pixels)
            np.testing.assert_array_equal(part.states, parts[0].states)


def test_images_that_become_tiles_are_never_held_as_pixels(tmp_path, monkeypatch):
    """Nor do the parts on disk, from which a killed collection goes on, have them."""
    held = []
    save = np.savez

    def watched(path, **columns):
        held.append({name: values.shape for name, values in columns.items()})
        save(path, **columns)

    monkeypatch.setattr(np, "savez", watched)
    collect("two_room", tmp_path, replace(SETTINGS, storage="tiles"), workers=0)
    assert [part["tile_index"] for part in held] == [(20, 13, 2, 2), (20, 13, 2, 2), (5, 13, 2, 2)]
    assert all("pixels" not in part for part in held)
    assert all(part["tiles"][1:] == (8, 8, 3) for part in held)


def test_images_that_no_tile_divides_are_one_clear_line(tmp_path, capsys):
    words = ["--env", "two_room", "--image-size", "15", "--storage", "tiles"]
    assert main(["collect", *words, "--out", str(tmp_path / "out")]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "storage" in line]
    assert "storage: tiles need images whose side is a multiple of 14, 12, 10 or 8 px" in line
    assert "not of 15 px" in line
    assert not list(tmp_path.rglob("*.h5"))


def test_columns_are_those_of_the_public_layout(dataset_folder):
    with h5py.File(dataset_folder / "train.h5") as file:
        rows = 6 * 31
        assert file["pixels"].shape == (rows, 16, 16, 3)
        assert file["pixels"].dtype == np.uint8
        assert file["action"].shape == (rows, 2)
        assert file["action"].dtype == np.float32
        assert file["state"].shape == (rows, 2)
        np.testing.assert_array_equal(file["ep_len"], [31] * 6)
        np.testing.assert_array_equal(file["ep_offset"], 31 * np.arange(6))
        np.testing.assert_array_equal(file["episode_idx"], np.repeat(np.arange(6), 31))
        np.testing.assert_array_equal(file["step_idx"], np.tile(np.arange(31), 6))
        assert file.attrs["env"] == b"two_room"
        assert b'"episodes": 8' in file.attrs["settings"]
        assert file.attrs["code"]


def test_splits_share_no_episode(dataset_folder):
    contents = []
    for split in ("train", "eval"):
        with h5py.File(dataset_folder / f"{split}.h5") as file:
            offsets = file["ep_offset"][:]
            contents.append({file["state"][:][o : o + 31].tobytes() for o in offsets})
    assert [len(content) for content in contents] == [6, 2]
    assert not contents[0] & contents[1]
    split = split_episodes(SETTINGS)
    assert sorted(split["train"] + split["eval"]) == list(range(45))


def episodes(folder):
    """States of every episode of both splits, by its number in the collection."""
    found = {}
    for split in ("train", "eval"):
        data = read_dataset(folder / f"{split}.h5")
        numbers = json.loads(data.attributes["source_episodes"])
        parts = np.split(data.states, data.offsets[1:])
        found |= dict(zip(numbers, (part.tobytes() for part in parts), strict=True))
    return found


def test_no_two_episodes_are_alike(tmp_path):
    """Nor do those of different groups, workers or splits."""
    collect("two_room", tmp_path, SETTINGS, workers=2)
    found = episodes(tmp_path)
    assert sorted(found) == list(range(45))
    assert len(set(found.values())) == 45


def test_an_episode_is_known_by_its_number_whatever_the_split_and_the_others(tmp_path):
    few = replace(SETTINGS, episodes=23, held_out=0.5)
    for name, settings in (("many", SETTINGS), ("few", few)):
        collect("two_room", tmp_path / name, settings, workers=1)
    many, few = episodes(tmp_path / "many"), episodes(tmp_path / "few")
    assert len(few) == 23
    assert few.items() <= many.items()


def test_a_row_is_state_and_image_before_its_action(train_data):
    environment = make_environment("two_room", len(train_data.states))
    environment.restore(train_data.states)
    np.testing.assert_array_equal(environment.render(16), train_data.pixels)
    rows = train_data.window_starts(1)
    environment.restore(train_data.states[rows])
    environment.step(train_data.actions[rows])
    np.testing.assert_array_equal(environment.states(), train_data.states[rows + 1])


def test_another_seed_gives_other_episodes(tmp_path, dataset_folder):
    settings = CollectSettings(episodes=8, steps=30, image_size=16, held_out=0.25, data_seed=1)
    collect("two_room", tmp_path, settings, workers=1)
    assert not set(episodes(tmp_path).values()) & set(episodes(dataset_folder).values())


@pytest.mark.slow
@pytest.mark.parametrize("storage", STORAGES)
def test_killed_collection_goes_on_and_ends_the_same(tmp_path, storage):
    settings = ["--episodes", "400", "--steps", "50", "--image-size", "32", "--storage", storage]
    command = [sys.executable, "-m", "smwm", "collect", "--env", "two_room", *settings]

    def start(name):
        return subprocess.Popen(
            [*command, "--out", tmp_path / name],
            start_new_session=True,
            stderr=subprocess.PIPE,
            text=True,
        )

    whole = start("whole")
    assert " 0/20000 steps" in whole.communicate()[1].splitlines()[0]
    assert whole.returncode == 0
    killed = start("killed")
    deadline = time.monotonic() + 120
    while len(list((tmp_path / "killed").glob(".parts-*/[0-9]*.npz"))) < 3:
        assert killed.poll() is None, "ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert not hashes(tmp_path / "killed")

    again = start("killed")
    first_line = again.communicate()[1].splitlines()[0]
    assert again.returncode == 0
    assert int(first_line.split(": ")[1].split("/")[0]) >= 3 * 20 * 50  # goes on, not anew
    assert hashes(tmp_path / "killed") == hashes(tmp_path / "whole")
    assert not list((tmp_path / "killed").glob(".parts-*"))


@pytest.mark.slow
def test_workers_end_with_a_killed_parent_and_a_restart_ends_the_same(tmp_path):
    settings = ["--episodes", "200", "--steps", "50", "--image-size", "32", "--workers", "2"]
    command = [sys.executable, "-m", "smwm", "collect", "--env", "two_room", *settings]
    subprocess.run([*command, "--out", tmp_path / "whole"], check=True, capture_output=True)
    killed = subprocess.Popen(
        [*command, "--out", tmp_path / "killed"], start_new_session=True,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not list((tmp_path / "killed").glob(".parts-*/[0-9]*.npz")):
        assert killed.poll() is None, "ended before it could be killed"
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    deadline = time.monotonic() + 60
    while in_session(killed.pid):
        assert time.monotonic() < deadline, "workers outlive their parent"
        time.sleep(0.05)
    subprocess.run([*command, "--out", tmp_path / "killed"], check=True, capture_output=True)
    assert hashes(tmp_path / "killed") == hashes(tmp_path / "whole")


def in_session(session):
    """Live processes of a session, zombies left out."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(stat)
    return found


def test_what_is_there_is_not_collected_again(tmp_path, capsys):
    collect("two_room", tmp_path, SETTINGS, workers=1)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    collect("two_room", tmp_path, SETTINGS, workers=1)
    assert "is there, from the same settings and code" in capsys.readouterr().out
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    collect("two_room", tmp_path, replace(SETTINGS, steps=11), workers=1)
    assert hashes(tmp_path).keys() == {"train.h5", "eval.h5"}
    assert {path.stat().st_mtime_ns for path in tmp_path.iterdir()}.isdisjoint(before.values())


def test_split_must_leave_something_to_train_on():
    with pytest.raises(InputError, match="held-out"):
        split_episodes(CollectSettings(episodes=2, held_out=0.9))
