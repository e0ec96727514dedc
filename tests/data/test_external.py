import json
import subprocess
import sys

import cv2
import h5py
import hdf5plugin
import numpy as np
import pytest

from conftest import TINY_MODEL
from smwm.__main__ import main
from smwm.data.columns import STORAGES
from smwm.data.dataset import read_dataset
from smwm.training.train import TrainSettings, train

LENGTHS = (7, 9, 6, 8)
GROUP = object()  # stands for a group of the column's name


def write(path, index="ep", **changes):
    """A file in the public layout whose rows can be told apart: pixel and action are the row."""
    rows = sum(LENGTHS)
    numbers = np.arange(rows)
    columns = {
        "pixels": np.tile(numbers.astype(np.uint8)[:, None, None, None], (1, 16, 16, 3)),
        "action": np.stack([numbers, -numbers], 1).astype(np.float64),
        "state": np.stack([numbers, numbers, numbers], 1).astype(np.float32),
    }
    ends = np.cumsum(LENGTHS)
    columns["action"][ends - 1] = np.nan  # as the public files have it
    if index == "ep":
        columns |= {"ep_len": np.array(LENGTHS), "ep_offset": ends - LENGTHS}
    else:
        columns[index] = np.repeat(np.arange(len(LENGTHS)), LENGTHS)
    columns = {key: value for key, value in (columns | changes).items() if value is not None}
    with h5py.File(path, "w") as file:
        for name, values in columns.items():
            if values is GROUP:
                file.create_group(name)
            else:
                file[name] = values
    return path


NUMBERED = {"ep_len": None, "ep_offset": None}  # episodes by their number in each row
EMPTY = NUMBERED | {
    "pixels": np.zeros((0, 16, 16, 3), np.uint8),
    "action": np.zeros((0, 2)),
    "state": np.zeros((0, 3)),
    "ep_idx": np.zeros(0, int),
}


def take(source, out, *words):
    settings = ["--image-size", "16", "--held-out", "0.25", "--source", str(source)]
    return main(["collect", "--env", "push_t", "--out", str(out), *settings, *words])


@pytest.mark.parametrize("index", ["ep", "ep_idx", "episode_idx"])
@pytest.mark.parametrize("storage", STORAGES)
def test_a_file_is_split_by_episode(tmp_path, index, storage):
    source = write(tmp_path / "a file.h5", index)
    assert take(source, tmp_path / "out", "--storage", storage) == 0
    parts = [read_dataset(tmp_path / "out" / f"{split}.h5") for split in ("train", "eval")]
    assert [len(part.lengths) for part in parts] == [3, 1]
    assert sorted(length for part in parts for length in part.lengths) == sorted(LENGTHS)
    for part in parts:
        starts = part.window_starts(1)
        shown = part.pixels[:][:, 0, 0, 0]
        assert (shown[starts] == part.actions[starts, 0]).all()
        assert (part.actions[starts, 1] == -part.actions[starts, 0]).all()
        assert (part.states[:, 2] == shown).all()
    assert source.name in (tmp_path / "out" / "README.md").read_text()


def test_images_get_the_size_that_is_asked_for(tmp_path):
    large = np.random.default_rng(0).integers(0, 256, (sum(LENGTHS), 24, 24, 3), np.uint8)
    source = write(tmp_path / "a.h5", pixels=large)
    assert take(source, tmp_path / "out") == 0  # --image-size 16
    data = read_dataset(tmp_path / "out" / "train.h5")
    rows = data.states[:, 0].astype(int)
    small = [cv2.resize(large[row], (16, 16), interpolation=cv2.INTER_AREA) for row in rows]
    np.testing.assert_array_equal(data.pixels, small)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "16 x 16 pixels, RGB, from 24 x 24 by area averaging" in card


@pytest.mark.parametrize(
    ("columns", "chosen", "first"),
    [
        (("state", "observation", "proprio"), "state", 0),
        (("proprio", "observation"), "observation", 100),
        (("proprio",), "proprio", 200),
    ],
)
def test_states_are_of_the_first_column_that_is_there(tmp_path, columns, chosen, first):
    begins = {"state": 0, "observation": 100, "proprio": 200}
    numbers = np.arange(sum(LENGTHS))
    states = {name: np.stack([numbers + begins[name]] * 2, 1) for name in columns}
    take(write(tmp_path / "a.h5", **{"state": None, **states}), tmp_path / "out")
    data = read_dataset(tmp_path / "out" / "train.h5")
    np.testing.assert_array_equal(data.states[:, 1], data.pixels[:, 0, 0, 0] + float(first))
    assert f"States: column `{chosen}`." in (tmp_path / "out" / "README.md").read_text()


def test_one_number_a_row_is_a_state_of_one_dimension(tmp_path):
    take(write(tmp_path / "a.h5", state=np.arange(sum(LENGTHS))), tmp_path / "out")
    data = read_dataset(tmp_path / "out" / "train.h5")
    np.testing.assert_array_equal(data.states, data.pixels[:, :1, 0, 0])


def test_episodes_of_one_row_are_left_out_and_said_to_be(tmp_path, capsys):
    lengths, offsets = np.array([1, 7, 8, 1, 6, 7]), np.array([29, 0, 7, 15, 16, 22])
    source = write(tmp_path / "a.h5", ep_len=lengths, ep_offset=offsets)
    assert take(source, tmp_path / "out") == 0
    assert f"{source}: left out 2 episodes of one row" in capsys.readouterr().out
    assert "Taken: 4 of its 6 episodes; 2 of them" in (tmp_path / "out" / "README.md").read_text()
    numbers = []
    for split in ("train", "eval"):
        data = read_dataset(tmp_path / "out" / f"{split}.h5")
        chosen = json.loads(data.attributes["source_episodes"])
        numbers += chosen
        np.testing.assert_array_equal(data.lengths, lengths[chosen])
        np.testing.assert_array_equal(data.states[data.offsets, 0], offsets[chosen])
    assert sorted(numbers) == [1, 2, 4, 5]


def test_it_can_be_trained_on_without_states(tmp_path):
    source = write(tmp_path / "a.h5", state=None)
    assert take(source, tmp_path / "out") == 0
    assert "No states." in (tmp_path / "out" / "README.md").read_text()
    data = read_dataset(tmp_path / "out" / "train.h5")
    assert data.states is None
    settings = TrainSettings(steps=3, batch_size=4, frames=2)
    train("smwm", data, tmp_path / "m.pt", tmp_path / "m.csv", 0, settings, TINY_MODEL, {})
    assert (tmp_path / "m.pt").exists()


def test_the_same_file_again_is_not_taken_twice(tmp_path, capsys):
    source = write(tmp_path / "a.h5")
    take(source, tmp_path / "out")
    before = (tmp_path / "out" / "train.h5").stat().st_mtime_ns
    assert take(source, tmp_path / "out") == 0
    assert "is there, from the same file and settings" in capsys.readouterr().out
    assert (tmp_path / "out" / "train.h5").stat().st_mtime_ns == before
    card = tmp_path / "out" / "README.md"
    text = card.read_text()
    card.unlink()
    take(source, tmp_path / "out")
    assert card.read_text() == text
    write(source, action=np.ones((sum(LENGTHS), 2)))
    take(source, tmp_path / "out")
    assert (tmp_path / "out" / "train.h5").stat().st_mtime_ns > before


def test_no_card_of_other_data_survives_a_kill_before_the_card_is_written(tmp_path, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    out = tmp_path / "out"
    take(write(tmp_path / "a.h5"), out)
    other = write(tmp_path / "b.h5")
    with monkeypatch.context() as patch:
        patch.setattr("smwm.data.external.write_bytes", die)
        with pytest.raises(KeyboardInterrupt):
            take(other, out)
    take(other, out)
    assert "Trajectories of b.h5" in (out / "README.md").read_text()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pixels": None}, "lacks the columns pixels"),
        ({"ep_len": None}, "lacks the columns ep_len and ep_offset, or episode_idx"),
        ({"pixels": np.zeros((30, 8, 9, 3), np.uint8)}, "pixels are uint8 (30, 8, 9, 3), uint8 (N"),
        ({"pixels": np.zeros((30, 3, 16, 16), np.uint8)}, "(30, 3, 16, 16), uint8 (N, size, size"),
        ({"pixels": np.zeros((30, 0, 0, 3), np.uint8)}, "(30, 0, 0, 3), uint8 (N, size, size"),
        ({"pixels": np.zeros((30, 16, 16, 3))}, "pixels are float64 (30, 16, 16, 3), uint8 (N"),
        ({"pixels": np.uint8(1)}, "pixels are uint8 (), uint8 (N, size, size, 3) is needed"),
        ({"pixels": GROUP}, "pixels is a group, an array is needed"),
        ({"action": np.zeros((29, 2))}, "do not belong together: 30 of pixels, 29 of action"),
        ({"action": np.zeros(30)}, "action is float64 (30,), floating point (N, A) is needed"),
        ({"action": np.zeros((30, 2, 2))}, "action is float64 (30, 2, 2), floating point (N, A)"),
        ({"action": np.zeros((30, 0))}, "action is float64 (30, 0), floating point (N, A)"),
        ({"action": np.zeros((30, 2), int)}, "action is int64 (30, 2), floating point (N, A)"),
        ({"action": np.full((30, 2), b"left")}, "action is |S4 (30, 2), floating point (N, A)"),
        ({"action": GROUP}, "action is a group, an array is needed"),
        (
            {"action": np.full((30, 2), np.nan)},
            "action is not finite in 26 rows of episodes, first",
        ),
        ({"action": np.full((30, 2), 1e300)}, "action is not finite in 26 rows of episodes, first"),
        ({"state": np.zeros((30, 2, 2))}, "state is float64 (30, 2, 2), numbers (N, S) are needed"),
        ({"state": np.zeros((30, 0))}, "state is float64 (30, 0), numbers (N, S) are needed"),
        ({"state": np.zeros((29, 2))}, "30 of pixels, 30 of action, 29 of state"),
        ({"state": np.full((30, 2), b"far")}, "state is |S3 (30, 2), numbers (N, S) are needed"),
        ({"state": np.full((30, 2), np.inf)}, "state is not finite in 30 rows of episodes, first"),
        ({"state": GROUP}, "state is a group, an array is needed"),
        ({"state": None, "proprio": GROUP}, "proprio is a group, an array is needed"),
        ({"ep_len": GROUP}, "ep_len is a group, an array is needed"),
        ({"ep_offset": np.array([0, 7, 16, 23])}, "point outside the rows"),
        (
            {"ep_offset": np.array([0, 6, 16, 22])},
            "episodes 0 and 1 share rows, each needs its own",
        ),
        ({"ep_offset": np.array([0, 7, 16])}, "are not two lists of the same length"),
        ({"ep_len": np.array([1, 1, 6, 1])}, "1 of its 4 episodes have an action, at least 2 are"),
        (NUMBERED | {"ep_idx": np.arange(30) % 2}, "not beside each other"),
        (
            NUMBERED | {"ep_idx": np.zeros(29)},
            "ep_idx is float64 (29,), one number a row is needed",
        ),
        (NUMBERED | {"ep_idx": np.zeros((30, 1))}, "ep_idx is float64 (30, 1), one number a row"),
        (NUMBERED | {"ep_idx": np.full(30, np.nan)}, "not beside each other"),
        (EMPTY, "point outside the rows"),
    ],
)
def test_bad_files_are_one_clear_line(tmp_path, capsys, changes, words):
    source = write(tmp_path / "a.h5", **changes)
    assert take(source, tmp_path / "out") == 2
    line = refusal(capsys)
    assert line.startswith(f"smwm collect: {source}: ")
    assert words in line
    assert not list((tmp_path / "out").glob("*"))


def refusal(capsys):
    """The one line on standard error, beside those that tell of progress."""
    lines = capsys.readouterr().err.splitlines()
    lines = [line for line in lines if not line.startswith("take ")]
    assert len(lines) == 1
    return lines[0]


def test_a_nan_action_inside_an_episode_is_refused(tmp_path, capsys):
    source = write(tmp_path / "a.h5")
    with h5py.File(source, "a") as file:
        file["action"][9, 1] = np.nan
    assert take(source, tmp_path / "out") == 2
    assert f"{source}: action is not finite in 1 rows of episodes, first in row 9" in refusal(
        capsys
    )


def test_a_source_is_not_overwritten(tmp_path, capsys):
    source = write(tmp_path / "train.h5")
    before = source.read_bytes()
    assert take(source, tmp_path) == 2
    assert f"{source}: would be overwritten" in refusal(capsys)
    assert source.read_bytes() == before


def test_a_damaged_source_is_blamed_itself_and_harms_nothing(tmp_path, capsys):
    out = tmp_path / "out"
    take(write(tmp_path / "good.h5"), out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    source = write(tmp_path / "a.h5", pixels=None)
    images = np.random.default_rng(0).integers(0, 256, (30, 16, 16, 3), np.uint8)
    with h5py.File(source, "a") as file:
        chunked = {"chunks": (1, 16, 16, 3), "fletcher32": True}
        place = file.create_dataset("pixels", data=images, **chunked).id.get_chunk_info(29)
    content = bytearray(source.read_bytes())
    content[place.byte_offset] ^= 1
    source.write_bytes(content)
    capsys.readouterr()
    assert take(source, out) == 2
    assert refusal(capsys).startswith(f"smwm collect: {source}: not a readable HDF5 dataset (")
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize("column", ["pixels", "action", "proprio"])
def test_without_its_decompressor_a_source_is_blamed_itself(tmp_path, column):
    source = write(tmp_path / "a.h5", state=None, proprio=np.zeros((30, 2)))
    with h5py.File(source, "a") as file:
        values = file[column][:]
        del file[column]
        file.create_dataset(column, data=values, chunks=values.shape, **hdf5plugin.Blosc())
    words = ["collect", "--env", "push_t", "--source", source, "--out", tmp_path / "out"]
    bare = "import sys; sys.modules['hdf5plugin'] = None; from smwm.__main__ import main; "
    done = subprocess.run(
        [sys.executable, "-c", bare + "sys.exit(main(sys.argv[1:]))", *words],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"smwm collect: {source}: {column} is compressed with blosc (HDF5 filter 32001), "
        "which is not installed: pip install hdf5plugin\n"
    )
    assert take(source, tmp_path / "out") == 0


def test_a_missing_or_other_file_is_one_clear_line(tmp_path, capsys):
    assert take(tmp_path / "none.h5", tmp_path / "out") == 2
    assert "none.h5: no such dataset" in capsys.readouterr().err
    (tmp_path / "text.h5").write_text("not HDF5")
    assert take(tmp_path / "text.h5", tmp_path / "out") == 2
    assert "text.h5: not a readable HDF5 dataset" in capsys.readouterr().err
