"""The log's rows arrive in TensorBoard's own reader."""

import csv
import subprocess
import sys
from dataclasses import replace

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from conftest import TINY_MODEL
from smwm.training import train as training
from smwm.training.train import TrainSettings, train

SETTINGS = TrainSettings(steps=12, batch_size=8, projections=8, log_every=4, save_every=5)


def read(folder):
    """The scalars of `folder`: (step, value) by name."""
    events = EventAccumulator(str(folder))
    events.Reload()
    return {
        name: [(event.step, event.value) for event in events.Scalars(name)]
        for name in events.Tags()["scalars"]
    }


def logged(path):
    """The same of a log."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    return {
        name: [(int(row["step"]), pytest.approx(float(row[name]), rel=1e-6)) for row in rows]
        for name in rows[0].keys() - {"step"}
    }


def run(data, folder, settings=SETTINGS):
    train(
        "smwm", data, folder / "model.pt", folder / "log.csv", 0,
        settings, TINY_MODEL, {"seed": 0}, tensorboard=folder / "curves",
    )  # fmt: skip


def test_every_number_of_the_log_arrives_at_its_step(train_data, tmp_path):
    run(train_data, tmp_path)
    found = read(tmp_path / "curves")
    assert found.keys() > {"loss", "forward", "embedding_std"}
    assert [step for step, _ in found["loss"]] == [4, 5, 8, 10, 12]
    assert found == logged(tmp_path / "log.csv")


def test_curves_change_no_byte_of_model_or_log(train_data, tmp_path):
    run(train_data, tmp_path)
    out, log = tmp_path / "plain.pt", tmp_path / "plain.csv"
    train("smwm", train_data, out, log, 0, SETTINGS, TINY_MODEL, {"seed": 0})
    assert out.read_bytes() == (tmp_path / "model.pt").read_bytes()
    assert log.read_bytes() == (tmp_path / "log.csv").read_bytes()


def test_an_interrupted_run_leaves_one_point_a_step(train_data, tmp_path, monkeypatch):
    schedule = training.schedule

    def stop_at_nine(step, settings):
        if step == 9:
            raise KeyboardInterrupt
        return schedule(step, settings)

    monkeypatch.setattr(training, "schedule", stop_at_nine)
    with pytest.raises(KeyboardInterrupt):
        run(train_data, tmp_path)
    monkeypatch.undo()
    run(train_data, tmp_path)
    assert read(tmp_path / "curves") == logged(tmp_path / "log.csv")


def test_a_missing_package_is_one_clear_line(dataset_folder, tmp_path):
    """As in an installation without the package."""
    words = ["train", "--data", dataset_folder / "train.h5", "--method", "smwm", "--steps", "2",
             "--out", tmp_path / "m.pt", "--log", tmp_path / "m.csv",
             "--tensorboard", tmp_path / "curves"]  # fmt: skip
    code = (
        "import sys; sys.modules['tensorboard'] = None; from smwm.__main__ import program; "
        "sys.exit(program())"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.endswith("the package tensorboard is missing, `pip install tensorboard`")
    assert not (tmp_path / "m.pt").exists()


def test_a_longer_run_begins_anew(train_data, tmp_path):
    """Other settings, same folder: the curves of before give way."""
    run(train_data, tmp_path)
    run(train_data, tmp_path, replace(SETTINGS, steps=16))
    assert read(tmp_path / "curves") == logged(tmp_path / "log.csv")
