import h5py
import numpy as np
import pytest
import torch

from smwm.__main__ import main
from smwm.data.dataset import Episode, read_dataset, write_dataset
from smwm.data.tiles import SIDES, TiledImages, TileTable, tile_side
from smwm.data.windows import Windows
from smwm.errors import InputError
from smwm.models.checkpoint import load_model


def pictures(count, size, seed=0):
    """Images (count, size, size, 3) of two colours, so that small squares are often equal."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 2, (count, size // 2, size // 2, 3), np.uint8)
    coarse[:, 1:] = 0
    return 200 * coarse.repeat(2, 1).repeat(2, 2)


def tiled(images, side):
    """The images through a table, an image at a time."""
    table = TileTable(side)
    index = np.concatenate([table.add(image[None]) for image in images])
    return TiledImages(table[:], index)


@pytest.fixture(scope="module")
def tile_folder(dataset_folder, tmp_path_factory):
    """The splits of `dataset_folder`, their images stored as tiles."""
    folder = tmp_path_factory.mktemp("tiles")
    for split in ("train", "eval"):
        data = read_dataset(dataset_folder / f"{split}.h5")
        write_dataset(folder / f"{split}.h5", data.episodes(), data.attributes, "tiles")
    return folder


@pytest.mark.parametrize("side", SIDES)
def test_images_are_made_of_their_tiles_again(side):
    images = pictures(5, 3 * side)
    found = tiled(images, side)
    np.testing.assert_array_equal(found[:], images)
    assert found.tiles.shape[1:] == (side, side, 3)
    assert len(np.unique(found.tiles, axis=0)) == len(found.tiles) < found.index.size


@pytest.mark.parametrize("together", [1, 3, 40])
def test_tiles_are_numbered_in_the_order_of_images(together):
    """However many come at once, among whose tiles the order is free; the table grows often."""
    images = np.random.default_rng(1).integers(0, 2, (40, 16, 16, 3), np.uint8)
    images = np.concatenate([images, images[::-1]])
    table = TileTable(8)
    index = np.concatenate(
        [table.add(part) for part in np.split(images, range(together, 80, together))]
    )
    assert table.count == 160
    for first in range(0, 40, together):
        last = min(first + together, 40)
        assert set(index[first:last].ravel()) == set(range(4 * first, 4 * last))
    np.testing.assert_array_equal(index[40:], index[:40][::-1])
    np.testing.assert_array_equal(TiledImages(table[:], index)[:], images)


def test_tiles_of_the_same_hash_are_told_apart():
    table = TileTable(8)
    table._weights[:] = 0
    images = pictures(6, 32)
    index = np.concatenate([table.add(part) for part in (images[:4], images[2:])])
    np.testing.assert_array_equal(
        TiledImages(table[:], index)[:], np.concatenate([images[:4], images[2:]])
    )
    assert len(np.unique(table[:], axis=0)) == table.count


def test_images_are_indexed_by_rows():
    images = pictures(6, 24)
    found = tiled(images, 12)
    some, none = np.array([4, 4, 0]), np.array([], int)
    for rows in (3, -1, slice(1, 5, 2), some, none, np.arange(6) % 2 == 0):
        np.testing.assert_array_equal(found[rows], images[rows])
    np.testing.assert_array_equal(np.asarray(found), images)
    assert (found.shape, found.ndim, found.dtype, len(found)) == (images.shape, 4, np.uint8, 6)
    assert found.nbytes == found.tiles.nbytes + found.index.nbytes
    with pytest.raises(TypeError, match="by rows alone"):
        found[0, 0]


def test_the_side_of_tiles_divides_the_images():
    sides = {224: 14, 84: 14, 96: 12, 100: 10, 64: 8, 16: 8, 14: 14}
    assert {size: tile_side(size) for size in sides} == sides
    with pytest.raises(InputError, match=r"a multiple of 14, 12, 10 or 8 px, not of 97 px"):
        tile_side(97)


def test_a_file_has_each_tile_once_and_no_pixels(tile_folder, train_data):
    with h5py.File(tile_folder / "train.h5") as file:
        assert "pixels" not in file
        tiles, index = file["tiles"][:], file["tile_index"][:]
        assert (index.shape, index.dtype) == ((6 * 31, 2, 2), np.int32)
        assert (tiles.shape[1:], tiles.dtype) == ((8, 8, 3), np.uint8)
        assert all(file[name].fletcher32 for name in ("tiles", "tile_index"))
    assert len(np.unique(tiles, axis=0)) == len(tiles) < index.size
    assert set(index.ravel()) == set(range(len(tiles)))
    data = read_dataset(tile_folder / "train.h5", image_size=16)
    np.testing.assert_array_equal(data.pixels[:], train_data.pixels)
    assert data.pixels.nbytes < train_data.pixels.nbytes


@pytest.mark.parametrize("size", [16, 28])
def test_windows_have_the_same_pixels(size, tmp_path):
    actions = np.arange(19, dtype=np.float32)[:, None]
    episodes = [Episode(pictures(20, size, seed), actions, None) for seed in (0, 1)]
    for storage in ("raw", "tiles"):
        write_dataset(tmp_path / storage, episodes, {}, storage)
    data = [read_dataset(tmp_path / storage) for storage in ("raw", "tiles")]
    raw, small = (Windows.of(each, frames=3, block=2) for each in data)
    assert torch.equal(raw.starts, small.starts)
    for mine, other in zip(small.gather(small.starts), raw.gather(raw.starts), strict=True):
        assert mine.dtype == other.dtype
        assert mine.is_contiguous()
        assert torch.equal(mine, other)


def test_stages_see_the_same_images(dataset_folder, tile_folder, tmp_path, capsys):
    """A model trained on tiles has the weights of one trained on pixels; so have all others."""
    results = []
    for name, folder in (("pixels", dataset_folder), ("tiles", tile_folder)):
        out = tmp_path / name
        words = f"train --data {folder}/train.h5 --method smwm --out {out}/m.pt --log {out}/m.csv"
        words += " --steps 3 --batch-size 4 --channels 4 --width 8 --precision float32"
        assert main(words.split()) == 0
        model = load_model(out / "m.pt")[0]
        embed = f"embed --checkpoint {tmp_path}/pixels/m.pt --data {folder}/eval.h5"
        assert main(f"{embed} --fit {folder}/train.h5 --out {out}/e.npz --images 9".split()) == 0
        tasks = f"tasks --env two_room --data {folder}/eval.h5 --out {out}/t.npz --tasks 4"
        assert main(f"{tasks} --offset 10".split()) == 0
        with np.load(out / "e.npz") as embedded, np.load(out / "t.npz") as drawn:
            results.append((model.state_dict(), embedded["latents"], drawn["goal_pixels"]))
    (weights, *arrays), (same, *others) = results
    for key, values in weights.items():
        assert torch.equal(values, same[key])
    for mine, other in zip(arrays, others, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_a_file_of_tiles_can_be_split_again(tile_folder, tmp_path, train_data):
    words = ["--env", "two_room", "--image-size", "16", "--held-out", "0.5"]
    source = ["--source", str(tile_folder / "train.h5"), "--storage", "raw"]
    assert main(["collect", *words, *source, "--out", str(tmp_path)]) == 0
    parts = [read_dataset(tmp_path / f"{split}.h5") for split in ("train", "eval")]
    frames = {image.tobytes() for image in train_data.pixels}
    assert {image.tobytes() for part in parts for image in part.pixels} == frames


def replaced(name, change):
    def spoil(path):
        with h5py.File(path, "a") as file:
            old = file[name][:]
            del file[name]
            if (values := change(old)) is not None:
                file[name] = values

    return spoil


def group(path):
    with h5py.File(path, "a") as file:
        del file["tiles"]
        file.create_group("tiles")


def one_byte(path):
    """Change a byte of the compressed tiles."""
    with h5py.File(path) as file:
        start = file["tiles"].id.get_chunk_info(0)
    content = bytearray(path.read_bytes())
    content[start.byte_offset + start.size // 2] ^= 1
    path.write_bytes(content)


BAD = {
    "no index": (replaced("tile_index", lambda old: None), "lacks the columns tile_index"),
    "no tiles": (replaced("tiles", lambda old: None), "lacks the columns pixels"),
    "a tile too few": (replaced("tiles", lambda old: old[:-1]), "tile_index has numbers from 0 to"),
    "negative": (replaced("tile_index", lambda old: old - 1), "tile_index has numbers from -1 to"),
    "fractions": (replaced("tile_index", lambda old: old / 2), "float64 (186, 2, 2), integers"),
    "flat index": (replaced("tile_index", lambda old: old[:, 0]), "int32 (186, 2), integers"),
    "oblong index": (replaced("tile_index", lambda old: old[:, :1]), "int32 (186, 1, 2), integers"),
    "float tiles": (replaced("tiles", lambda old: old / 2), "tiles are float64"),
    "grey tiles": (replaced("tiles", lambda old: old[..., 0]), "uint8 (K, side, side, 3)"),
    "oblong tiles": (replaced("tiles", lambda old: old[:, 1:]), "uint8 (K, side, side, 3)"),
    "one number": (replaced("tiles", lambda old: np.uint8(1)), "not a readable HDF5 dataset"),
    "a group": (group, "not a readable HDF5 dataset"),
    "rows": (replaced("tile_index", lambda old: old[1:]), "186 actions for 185 images"),
    "one byte": (one_byte, "not a readable HDF5 dataset"),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("stage", ["tasks", "collect"])
def test_bad_tiles_are_one_clear_line(bad, stage, tile_folder, tmp_path, capsys):
    path = tmp_path / "data.h5"
    path.write_bytes((tile_folder / "train.h5").read_bytes())
    spoil, words = BAD[bad]
    spoil(path)
    reads = {
        "tasks": ["--data", str(path), "--out", str(tmp_path / "out"), "--tasks", "2"],
        "collect": ["--source", str(path), "--out", str(tmp_path / "out"), "--image-size", "16"],
    }
    assert main([stage, "--env", "two_room", *reads[stage]]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert str(path) in line
    other = {"rows": "its rows do not belong together", "a group": "tiles is a group"}
    assert words in line or (stage == "collect" and other[bad] in line)
