import shutil
import weakref

import h5py
import numpy as np
import pytest

from smwm.data import columns, dataset
from smwm.data.dataset import Episode, read_dataset, read_states, write_dataset
from smwm.errors import InputError


@pytest.fixture
def copy(dataset_folder, tmp_path):
    return shutil.copy(dataset_folder / "train.h5", tmp_path / "data.h5")


def change(path, name, values):
    with h5py.File(path, "a") as file:
        del file[name]
        if values is not None:
            file[name] = values


def refused(path, words, read=read_dataset, **needs):
    with pytest.raises(InputError, match=words) as error:
        read(path, **needs)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_window_starts_stay_inside_episodes(train_data):
    starts = train_data.window_starts(10)
    assert len(starts) == 6 * (31 - 10)
    assert ((starts % 31) + 10 <= 30).all()
    assert len(train_data.window_starts(31)) == 0


def test_a_span_of_no_action_gives_every_row_of_the_episodes():
    starts = dataset.window_starts(np.array([3, 1, 2]), np.array([10, 0, 5]), 0)
    assert starts.tolist() == [10, 11, 12, 0, 5, 6]


def test_statistics_leave_out_the_unused_last_action(train_data):
    taken = train_data.actions.reshape(6, 31, 2)[:, :-1].reshape(-1, 2)
    mean, std = train_data.action_statistics()
    np.testing.assert_allclose(mean, taken.mean(0), atol=1e-6)
    np.testing.assert_allclose(std, taken.std(0), atol=1e-6)


def test_a_share_is_of_the_first_episodes_and_at_least_one(train_data):
    count = len(train_data.lengths)
    half = train_data.first(0.5)
    assert len(half.lengths) == round(count / 2)
    rows = half.offsets[-1] + half.lengths[-1]
    assert half.window_starts(0).tolist() == list(range(rows))
    taken = half.actions[half.window_starts(1)]
    np.testing.assert_allclose(half.action_statistics()[0], taken.mean(0), rtol=1e-5)
    assert len(train_data.first(1e-9).lengths) == 1
    assert train_data.first(1.0).lengths.tolist() == train_data.lengths.tolist()


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


def test_the_last_action_of_an_episode_is_nan(train_data):
    missing = np.isnan(train_data.actions).all(1)
    np.testing.assert_array_equal(np.flatnonzero(missing), 31 * np.arange(1, 7) - 1)
    assert np.isfinite(train_data.actions[~missing]).all()


@pytest.mark.parametrize("last", [0.0, 1e30])
def test_the_last_action_may_be_anything_and_is_never_used(copy, train_data, last):
    actions = train_data.actions.copy()
    actions[np.isnan(actions)] = last  # as in files of others
    change(copy, "action", actions)
    other = read_dataset(copy)
    for mine, theirs in zip(train_data.action_statistics(), other.action_statistics(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_nan_action_is_refused_but_not_where_it_is_unused(copy):
    actions = read_dataset(copy).actions
    actions[7, 1] = np.nan
    change(copy, "action", actions)
    refused(copy, r"action is not finite in 1 rows, first in row \[7\]")


def test_float_images_are_refused(copy):
    change(copy, "pixels", np.zeros((186, 16, 16, 3), np.float32))
    refused(copy, "float32, not uint8")


def test_episodes_outside_the_rows_are_refused(copy):
    change(copy, "ep_offset", 40 * np.arange(6))
    refused(copy, "outside the rows")


def test_episodes_that_share_rows_are_refused(copy):
    change(copy, "ep_offset", np.array([31, 62, 0, 93, 123, 155]))
    refused(copy, "episodes 3 and 4 share rows")
    refused(copy, "episodes 3 and 4 share rows", read_states, state_dim=2)


@pytest.mark.parametrize("length", [0, -1, 187, 2**63 - 1])  # the last and an offset: below 0
def test_lengths_outside_the_rows_are_refused(copy, train_data, length):
    change(copy, "ep_len", np.append(train_data.lengths[:-1], length))
    refused(copy, "outside the rows")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.full((186, 2), b"left"), "not numbers"),
        (np.zeros((185, 2)), "not numbers"),
        (np.zeros(186), "not numbers"),
        (np.full((186, 2), np.inf), r"state is not finite in 186 rows, first in row \[0\]"),
    ],
)
def test_states_that_are_none_are_refused(copy, values, words):
    change(copy, "state", values)
    refused(copy, words)


def test_states_are_those_of_the_rows_of_episodes(copy, train_data):
    states = train_data.states.copy()
    states[62:93] = np.nan  # belongs to no episode
    change(copy, "state", states)
    change(copy, "ep_len", np.array([31, 20]))
    change(copy, "ep_offset", np.array([93, 0]))
    found, lengths, offsets = read_states(copy, 2)
    np.testing.assert_array_equal(found, np.concatenate([states[93:124], states[:20]]))
    assert (lengths.tolist(), offsets.tolist()) == ([31, 20], [0, 31])
    read_dataset(copy)


@pytest.mark.parametrize("kind", [list, iter, lambda episodes: (e for e in episodes)])
@pytest.mark.parametrize("storage", columns.STORAGES)
def test_any_iterable_of_episodes_is_written(eval_data, tmp_path, kind, storage):
    path = tmp_path / "data.h5"
    write_dataset(str(path), kind(list(eval_data.episodes())), {"env": "mine"}, storage)
    data = read_dataset(path)
    for name in ("pixels", "actions", "states", "lengths", "offsets"):
        np.testing.assert_array_equal(getattr(data, name), getattr(eval_data, name))
    assert data.attributes == {"env": "mine"}


def test_episodes_are_taken_one_by_one(eval_data, tmp_path):
    alive = []

    def recorded():
        for episode in list(eval_data.episodes()) * 3:
            alive.append(sum(ref() is not None for ref in references))
            pixels = episode.pixels.copy()
            references.append(weakref.ref(pixels))
            yield Episode(pixels, episode.actions, episode.states)
            del pixels

    for storage, rows in (("zstd", None), ("raw", 6 * 31), ("tiles", None)):
        references = []
        write_dataset(tmp_path / storage, recorded(), {}, storage, rows)
    assert max(alive) <= 2
    assert len(alive) == 18


def test_episodes_of_any_length_follow_each_other(eval_data, tmp_path):
    whole = next(eval_data.episodes())
    episodes = [
        Episode(whole.pixels[:n], whole.actions[: n - 1], whole.states[:n]) for n in (2, 31, 7)
    ]
    write_dataset(tmp_path / "data.h5", episodes, {})
    data = read_dataset(tmp_path / "data.h5")
    assert (data.lengths.tolist(), data.offsets.tolist()) == ([2, 31, 7], [0, 2, 33])
    np.testing.assert_array_equal(data.pixels, np.concatenate([e.pixels for e in episodes]))
    np.testing.assert_array_equal(data.states, np.concatenate([e.states for e in episodes]))


@pytest.mark.parametrize(
    ("chosen", "options", "words"),
    [
        (0, {}, "data.h5: there is no episode to write, at least one is needed"),
        (0, {"storage": "raw"}, "data.h5: there is no episode to write"),
        (2, {"rows": 61}, "data.h5: rows is 61, the episodes have more images"),
        (2, {"rows": 61, "storage": "raw"}, "data.h5: rows is 61, the episodes have more images"),
        (2, {"rows": 63, "storage": "raw"}, "data.h5: rows is 63, the episodes have 62 images"),
        (2, {"storage": "gzip"}, "storage: 'gzip' is not allowed, allowed: zstd, raw, tiles"),
    ],
)
def test_what_cannot_be_written_leaves_what_is_there(eval_data, tmp_path, chosen, options, words):
    path = tmp_path / "data.h5"
    path.write_text("precious")
    with pytest.raises(InputError, match=words):
        write_dataset(path, list(eval_data.episodes())[:chosen], {}, **options)
    assert [p.name for p in tmp_path.iterdir()] == ["data.h5"]
    assert path.read_text() == "precious"


def test_raw_images_are_mapped_from_the_file_and_the_same(dataset_folder, tmp_path):
    data = read_dataset(dataset_folder / "eval.h5")
    for storage in ("zstd", "raw"):
        write_dataset(tmp_path / storage, data.episodes(), {}, storage)
    raw, small = (read_dataset(tmp_path / storage) for storage in ("raw", "zstd"))
    assert isinstance(raw.pixels, np.memmap)
    assert not isinstance(small.pixels, np.memmap)
    np.testing.assert_array_equal(raw.pixels, data.pixels)
    np.testing.assert_array_equal(small.pixels, data.pixels)
    before = (tmp_path / "raw").read_bytes()
    raw.pixels[:] = 0
    assert (tmp_path / "raw").read_bytes() == before


def test_without_the_decompressor_the_reader_is_told_what_to_install(dataset_folder, monkeypatch):
    monkeypatch.setattr(h5py.h5z, "filter_avail", lambda code: code != 32015)
    with pytest.raises(InputError, match=r"eval.h5: pixels is .* 32015.*: pip install hdf5plugin"):
        read_dataset(dataset_folder / "eval.h5")


def test_without_the_compressor_the_writer_is_told_what_to_install(
    eval_data, tmp_path, monkeypatch
):
    monkeypatch.setattr(columns, "hdf5plugin", None)
    for storage in ("zstd", "tiles"):
        with pytest.raises(InputError, match=rf"storage: {storage} needs .* install hdf5plugin"):
            write_dataset(tmp_path / "data.h5", eval_data.episodes(), {}, storage)
    write_dataset(tmp_path / "data.h5", eval_data.episodes(), {}, "raw")
    np.testing.assert_array_equal(read_dataset(tmp_path / "data.h5").pixels, eval_data.pixels)
