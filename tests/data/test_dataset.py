import shutil

import h5py
import numpy as np
import pytest

from smwm.data import dataset
from smwm.data.dataset import Episode, read_dataset, write_dataset
from smwm.errors import InputError


@pytest.fixture
def copy(dataset_folder, tmp_path):
    return shutil.copy(dataset_folder / "train.h5", tmp_path / "data.h5")


def change(path, name, values):
    with h5py.File(path, "a") as file:
        del file[name]
        if values is not None:
            file[name] = values


def refused(path, words, **needs):
    with pytest.raises(InputError, match=words) as error:
        read_dataset(path, **needs)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_window_starts_stay_inside_episodes(train_data):
    starts = train_data.window_starts(10)
    assert len(starts) == 6 * (31 - 10)
    assert ((starts % 31) + 10 <= 30).all()
    assert len(train_data.window_starts(31)) == 0


def test_statistics_leave_out_the_unused_last_action(train_data):
    taken = train_data.actions.reshape(6, 31, 2)[:, :-1].reshape(-1, 2)
    mean, std = train_data.action_statistics()
    np.testing.assert_allclose(mean, taken.mean(0), atol=1e-6)
    np.testing.assert_allclose(std, taken.std(0), atol=1e-6)


def test_missing_file_is_named(tmp_path):
    refused(tmp_path / "none.h5", "no such dataset")


def test_truncated_file_is_refused(copy):
    content = copy.read_bytes()
    copy.write_bytes(content[: len(content) // 2])
    refused(copy, "not a readable HDF5 dataset")


def test_other_file_is_refused(tmp_path):
    path = tmp_path / "text.h5"
    path.write_text("hello")
    refused(path, "not a readable HDF5 dataset")


def test_missing_column_is_named(copy):
    change(copy, "action", None)
    refused(copy, "lacks the columns action")


def test_group_in_place_of_a_column_is_refused(copy):
    with h5py.File(copy, "a") as file:
        del file["action"]
        file.create_group("action")
    refused(copy, "not a readable HDF5 dataset")


def test_other_image_size_is_refused(copy):
    refused(copy, "images are 16 px, 64 px are needed", image_size=64)


def test_other_action_dimension_is_refused(copy):
    refused(copy, "actions have 2 dimensions, 5 are needed", action_dim=5)


def test_nan_action_is_refused_but_not_where_it_is_unused(copy):
    actions = read_dataset(copy).actions
    actions[30] = np.nan  # last row of the first episode
    change(copy, "action", actions)
    read_dataset(copy)
    actions[7, 1] = np.nan
    change(copy, "action", actions)
    refused(copy, r"action is not finite in 1 rows, first in row \[7\]")


def test_float_images_are_refused(copy):
    change(copy, "pixels", np.zeros((186, 16, 16, 3), np.float32))
    refused(copy, "float32, not uint8")


def test_episodes_outside_the_rows_are_refused(copy):
    change(copy, "ep_offset", 40 * np.arange(6))
    refused(copy, "outside the rows")


def test_raw_images_are_mapped_from_the_file_and_the_same(dataset_folder, tmp_path):
    data = read_dataset(dataset_folder / "eval.h5")
    episodes = [
        Episode(data.pixels[first : first + n], data.actions[first : first + n - 1],
                data.states[first : first + n])
        for first, n in zip(data.offsets, data.lengths, strict=True)
    ]  # fmt: skip
    for storage in ("zstd", "raw"):
        write_dataset(tmp_path / storage, iter(episodes), len(data.pixels), {}, storage)
    raw, small = (read_dataset(tmp_path / storage) for storage in ("raw", "zstd"))
    assert isinstance(raw.pixels, np.memmap)
    assert not isinstance(small.pixels, np.memmap)
    np.testing.assert_array_equal(raw.pixels, data.pixels)
    np.testing.assert_array_equal(small.pixels, data.pixels)
    before = (tmp_path / "raw").read_bytes()
    raw.pixels[:] = 0
    assert (tmp_path / "raw").read_bytes() == before


def test_without_the_decompressor_the_reader_is_told_what_to_install(dataset_folder, monkeypatch):
    monkeypatch.setattr(dataset, "hdf5plugin", None)
    with pytest.raises(InputError, match=r"eval.h5: is compressed .* pip install hdf5plugin"):
        read_dataset(dataset_folder / "eval.h5")
