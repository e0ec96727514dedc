import shutil
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from smwm.measures.coverage import (
    BINS,
    HISTOGRAMS,
    STATISTICS,
    cover,
    data_coverage,
    histogram_table,
    statistics_table,
)
from synthetic import measured, not_measured, read_csv


def values_of(table, quantity):
    rows = table[table["quantity"] == quantity]
    return dict(zip(rows["statistic"], rows["value"], strict=True))


def test_changes_stay_inside_episodes_and_are_distances():
    first = np.stack([20 + np.arange(30.0), np.full(30, 80.0)], axis=1)  # 1 px a step
    second = np.full((30, 2), 150.0)
    states = np.concatenate([first, second])
    covered = cover("two_room", states, np.array([30, 30]), np.array([0, 30]))
    np.testing.assert_allclose(covered.quantities[0].change, [25] * 5 + [0] * 5)
    table = values_of(statistics_table(covered), "agent_position")
    assert table["change in 25 steps, 90 % quantile"] == 25
    assert table["change in 25 steps, 10 % quantile"] == 0
    assert (table["lowest, dimension 0"], table["highest, dimension 0"]) == (20, 150)
    assert covered.events["in the left room"] == 50


def test_turns_are_the_short_way_round_in_degrees():
    states = np.zeros((30, 6))
    states[:, 0] = np.radians(170) + np.radians(1) * np.arange(30)  # 170 to 199 degrees
    covered = cover("reacher", states, np.array([30]), np.array([0]))
    np.testing.assert_allclose(covered.quantities[0].change, 25)
    assert covered.quantities[0].unit == "degrees"
    assert covered.quantities[0].values.min() < -160


def test_rows_outside_the_episodes_are_not_counted(dataset_folder, train_data, tmp_path):
    path = shutil.copy(dataset_folder / "train.h5", tmp_path / "data.h5")
    lengths, offsets = train_data.lengths[1:], train_data.offsets[1:]
    with h5py.File(path, "a") as file:
        file["state"][:31] = 500.0
        for name, values in (("ep_len", lengths), ("ep_offset", offsets)):
            del file[name]
            file[name] = values
    table, _ = data_coverage([path])
    expected = cover("two_room", train_data.states[31:], lengths, offsets - 31)
    pd.testing.assert_frame_equal(table, statistics_table(expected))


def test_quantiles_and_events_are_in_the_table(tmp_path):
    states = np.stack([20 + np.arange(36.0) ** 2 / 20, np.full(36, 80.0)], axis=1)
    covered = cover("two_room", states, np.array([36]), np.array([0]))
    change = (np.arange(25, 36) ** 2 - np.arange(11) ** 2) / 20
    table = statistics_table(covered)
    for q in (10, 50, 90):
        value = values_of(table, "agent_position")[f"change in 25 steps, {q} % quantile"]
        assert value == pytest.approx(np.percentile(change, q))
    assert values_of(table, "events") == covered.events
    assert list(table["unit"].unique()) == ["% of steps", "px"]


def test_bins_hold_every_step_once():
    states = np.stack([20 + np.arange(36.0) ** 2 / 20, np.full(36, 80.0)], axis=1)
    table = histogram_table(cover("two_room", states, np.array([36]), np.array([0])))
    values, change = (table[table["shown"] == kind] for kind in ("values", "change"))
    assert values["amount"].sum() == 36
    there = values[values["amount"] > 0]
    assert (there["x_low"].min(), there["x_high"].max()) == (20, pytest.approx(states[-1, 0]))
    assert (there["y_low"] <= 80).all()
    assert (there["y_high"] > 80).all()
    assert len(change) == BINS
    assert change["amount"].sum() == pytest.approx(100)
    assert change["y_low"].isna().all()


def test_angles_have_bins_all_around():
    states = np.zeros((30, 6))
    table = histogram_table(cover("reacher", states, np.array([30]), np.array([0])))
    values = table[(table["shown"] == "values") & (table["unit"] == "degrees")]
    assert (values["x_low"].min(), values["x_high"].max()) == (-180, 180)


def test_tables_of_a_dataset(dataset_folder, tmp_path):
    path = dataset_folder / "train.h5"
    table = read_csv(measured("data_coverage", tmp_path / "a", data=path))
    assert tuple(table) == STATISTICS
    assert set(table["quantity"]) == {"events", "agent_position"}
    assert table["value"].notna().all()
    assert tuple(read_csv(measured("data_histograms", tmp_path / "b", data=path))) == HISTOGRAMS


@pytest.mark.parametrize("content", [None, b"hello"])
def test_a_file_that_is_no_dataset_is_one_line(content, tmp_path, capsys):
    path = tmp_path / "data.h5"
    if content:
        path.write_bytes(content)
    refused(path, tmp_path, capsys)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("state", None, "not a dataset with states"),
        ("state", np.full((186, 2), np.nan), "finite numbers are needed"),
        ("state", np.zeros((186, 6)), "(N, 2) finite numbers are needed"),
        ("ep_offset", 40 * np.arange(6), "outside the rows"),
        ("ep_len", np.full(6, 20), "no episode of two_room has 25 steps"),
    ],
)
def test_states_that_cannot_be_measured_are_one_line(
    column, values, message, dataset_folder, tmp_path, capsys
):
    path = shutil.copy(dataset_folder / "train.h5", tmp_path / "data.h5")
    with h5py.File(path, "a") as file:
        del file[column]
        if values is not None:
            file[column] = values
    assert message in refused(path, tmp_path, capsys)


@pytest.mark.parametrize("name", [None, "mine"])
def test_data_of_no_environment_are_refused(name, dataset_folder, tmp_path, capsys):
    path = shutil.copy(dataset_folder / "train.h5", tmp_path / "data.h5")
    with h5py.File(path, "a") as file:
        del file.attrs["env"]
        if name:
            file.attrs["env"] = name
    assert "allowed: two_room, reacher" in refused(path, tmp_path, capsys)


def refused(path, folder, capsys):
    """The one line that refuses `path`."""
    output = not_measured(capsys, "data_coverage", folder / "out", data=Path(path))
    assert str(path) in output
    return output
