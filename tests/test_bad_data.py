"""A bad dataset is one clear line and status 2 at every stage that reads it, and harms nothing."""

import shutil

import h5py
import numpy as np
import pytest

from smwm.__main__ import main
from smwm.data.dataset import read_dataset


def truncate(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def replace_column(name, values):
    def change(path):
        with h5py.File(path, "a") as file:
            rows = len(file[name])
            del file[name]
            file[name] = values(rows)

    return change


def rename_environment(path):
    with h5py.File(path, "a") as file:
        file.attrs["env"] = "cube"


FAULTS = {
    "truncated": (truncate, "not a readable HDF5 dataset"),
    "image size": (
        replace_column("pixels", lambda rows: np.zeros((rows, 8, 8, 3), np.uint8)),
        "images are 8 px, 16 px are needed",
    ),
    "action dimension": (
        replace_column("action", lambda rows: np.zeros((rows, 5), np.float32)),
        "actions have 5 dimensions, 2 are needed",
    ),
    "NaN": (
        replace_column("action", lambda rows: np.full((rows, 2), np.nan, np.float32)),
        "action is not finite",
    ),
    "environment": (rename_environment, "'cube'"),
}


@pytest.fixture
def model(dataset_folder, tmp_path):
    """A trained model beside which the stages may write."""
    words = f"train --data {dataset_folder}/train.h5 --method smwm --out {tmp_path}/model.pt"
    words += f" --log {tmp_path}/model.csv --steps 2 --batch-size 4 --channels 4 --width 8"
    assert main(words.split()) == 0
    return tmp_path / "model.pt"


STAGES = {
    "train": (
        "--env two_room --method smwm --log {folder}/model.csv --image-size 16",
        {"action dimension"},
    ),
    "tasks": ("--env two_room --tasks 3 --offset 5", {"image size"}),
    "embed": (
        "--checkpoint {folder}/model.pt --fit {folder}/data.h5",
        {"action dimension", "environment"},
    ),
}
CASES = [
    (stage, fault)
    for stage, (_, indifferent) in STAGES.items()
    for fault in FAULTS
    if fault not in indifferent  # the stage makes what it needs from whatever it is given
]


@pytest.mark.parametrize(("stage", "fault"), CASES)
def test_one_line_and_nothing_damaged(stage, fault, dataset_folder, model, capsys):
    data = model.with_name("data.h5")
    shutil.copy(dataset_folder / "train.h5", data)
    spoil, message = FAULTS[fault]
    spoil(data)
    out = model.with_name("precious")
    out.write_text("an earlier result")
    before = {path.name: path.read_bytes() for path in model.parent.iterdir()}
    words = f"{stage} --data {data} --out {out} {STAGES[stage][0].format(folder=model.parent)}"
    capsys.readouterr()
    assert main(words.split()) == 2
    output = capsys.readouterr()
    assert len(output.err.splitlines()) == 1
    assert f"smwm {stage}: {data}: " in output.err
    assert message in output.err
    assert {path.name: path.read_bytes() for path in model.parent.iterdir()} == before


def test_the_untouched_dataset_passes(dataset_folder):
    assert read_dataset(dataset_folder / "train.h5", image_size=16, action_dim=2).image_size == 16
