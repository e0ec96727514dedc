import h5py
import numpy as np
import pytest

from conftest import TINY_MODEL
from smwm.__main__ import main
from smwm.data.dataset import read_dataset
from smwm.train import TrainSettings, train

LENGTHS = (7, 9, 6, 8)


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
            file[name] = values
    return path


def take(source, out, *words):
    settings = ["--image-size", "16", "--held-out", "0.25", "--source", str(source)]
    return main(["collect", "--env", "push_t", "--out", str(out), *settings, *words])


@pytest.mark.parametrize("index", ["ep", "ep_idx", "episode_idx"])
@pytest.mark.parametrize("storage", ["zstd", "raw"])
def test_a_file_is_split_by_episode(tmp_path, index, storage):
    source = write(tmp_path / "a file.h5", index)
    assert take(source, tmp_path / "out", "--storage", storage) == 0
    parts = [read_dataset(tmp_path / "out" / f"{split}.h5") for split in ("train", "eval")]
    assert [len(part.lengths) for part in parts] == [3, 1]
    assert sorted(length for part in parts for length in part.lengths) == sorted(LENGTHS)
    for part in parts:
        starts = part.window_starts(1)
        assert (part.pixels[starts, 0, 0, 0] == part.actions[starts, 0]).all()
        assert (part.actions[starts, 1] == -part.actions[starts, 0]).all()
        assert (part.states[:, 2] == part.pixels[:, 0, 0, 0]).all()
    assert source.name in (tmp_path / "out" / "README.md").read_text()


def test_it_can_be_trained_on_without_states(tmp_path):
    source = write(tmp_path / "a.h5", state=None)
    assert take(source, tmp_path / "out") == 0
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
    write(source, action=np.ones((sum(LENGTHS), 2)))
    take(source, tmp_path / "out")
    assert (tmp_path / "out" / "train.h5").stat().st_mtime_ns > before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pixels": None}, "lacks the columns pixels"),
        ({"ep_len": None}, "lacks the columns ep_len and ep_offset, or episode_idx"),
        ({"pixels": np.zeros((30, 8, 8, 3), np.uint8)}, "image_size tells the side"),
        ({"pixels": np.zeros((30, 16, 16, 3))}, "float64, (N, 16, 16, 3) uint8 is needed"),
        ({"action": np.zeros((29, 2))}, "do not belong together"),
        ({"ep_offset": np.array([0, 7, 16, 23])}, "point outside the rows"),
        ({"ep_len": None, "ep_offset": None, "ep_idx": np.arange(30) % 2}, "not beside each other"),
    ],
)
def test_bad_files_are_one_clear_line(tmp_path, capsys, changes, words):
    source = write(tmp_path / "a.h5", **changes)
    assert take(source, tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert error.splitlines()[-1].startswith(f"smwm collect: {source}: ")
    assert words in error
    assert not list((tmp_path / "out").glob("*.h5"))


def test_a_missing_or_other_file_is_one_clear_line(tmp_path, capsys):
    assert take(tmp_path / "none.h5", tmp_path / "out") == 2
    assert "none.h5: no such dataset" in capsys.readouterr().err
    (tmp_path / "text.h5").write_text("not HDF5")
    assert take(tmp_path / "text.h5", tmp_path / "out") == 2
    assert "text.h5: not a readable HDF5 dataset" in capsys.readouterr().err
