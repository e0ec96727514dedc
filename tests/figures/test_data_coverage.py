import shutil

import h5py
import numpy as np
import pandas as pd
import pytest

from smwm.__main__ import main
from smwm.figures.data_coverage import coverage_table, draw, measure
from synthetic import assert_readable

UNITS = ("px", "px", "degrees")  # of Push-T's quantities


def values_of(table, quantity):
    rows = table[table["quantity"] == quantity]
    return dict(zip(rows["statistic"], rows["value"], strict=True))


def test_changes_stay_inside_episodes_and_are_distances():
    first = np.stack([20 + np.arange(30.0), np.full(30, 80.0)], axis=1)  # 1 px a step
    second = np.full((30, 2), 150.0)
    states = np.concatenate([first, second])
    quantities, events = measure("two_room", states, np.array([30, 30]), np.array([0, 30]))
    np.testing.assert_allclose(quantities[0].change, [25] * 5 + [0] * 5)
    table = values_of(coverage_table("two_room", quantities, events), "agent_position")
    assert table["change in 25 steps, 90 % quantile"] == 25
    assert table["change in 25 steps, 10 % quantile"] == 0
    assert (table["lowest, dimension 0"], table["highest, dimension 0"]) == (20, 150)
    assert events["in the left room"] == 50


def test_turns_are_the_short_way_round_in_degrees():
    states = np.zeros((30, 6))
    states[:, 0] = np.radians(170) + np.radians(1) * np.arange(30)  # 170 to 199 degrees
    quantities, _ = measure("reacher", states, np.array([30]), np.array([0]))
    np.testing.assert_allclose(quantities[0].change, 25)
    assert quantities[0].unit == "degrees"
    assert quantities[0].values.min() < -160


def test_figure_and_table_of_a_dataset(dataset_folder, tmp_path):
    words = f"figure data_coverage --env two_room --data {dataset_folder}/train.h5 --out {tmp_path}"
    assert main(words.split()) == 0
    table = pd.read_csv(tmp_path / "data_coverage.csv")
    assert list(table) == ["env", "quantity", "statistic", "unit", "value"]
    assert set(table["quantity"]) == {"events", "agent_position"}
    assert table["value"].notna().all()
    for ending in ("pdf", "png", "json"):
        assert (tmp_path / f"data_coverage.{ending}").stat().st_size > 0


def test_rows_outside_the_episodes_are_not_shown(dataset_folder, train_data, tmp_path):
    path = shutil.copy(dataset_folder / "train.h5", tmp_path / "data.h5")
    lengths, offsets = train_data.lengths[1:], train_data.offsets[1:]
    with h5py.File(path, "a") as file:
        file["state"][:31] = 500.0
        for name, values in (("ep_len", lengths), ("ep_offset", offsets)):
            del file[name]
            file[name] = values
    assert main(f"figure data_coverage --env two_room --data {path} --out {tmp_path}".split()) == 0
    expected = measure("two_room", train_data.states[31:], lengths, offsets - 31)
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "data_coverage.csv"), coverage_table("two_room", *expected)
    )


def test_quantiles_and_events_are_in_the_table(tmp_path):
    states = np.stack([20 + np.arange(36.0) ** 2 / 20, np.full(36, 80.0)], axis=1)
    quantities, events = measure("two_room", states, np.array([36]), np.array([0]))
    change = (np.arange(25, 36) ** 2 - np.arange(11) ** 2) / 20
    table = coverage_table("two_room", quantities, events)
    for q in (10, 50, 90):
        value = values_of(table, "agent_position")[f"change in 25 steps, {q} % quantile"]
        assert value == pytest.approx(np.percentile(change, q))
    assert values_of(table, "events") == events
    assert list(table["unit"].unique()) == ["% of steps", "px"]


def test_every_panel_has_its_unit_and_its_own_scale():
    random = np.random.default_rng(0)
    states = random.uniform(100, 400, (60, 11))
    push_t = measure("push_t", states, np.array([60]), np.array([0]))
    rooms = measure("two_room", states[:, :2] / 2, np.array([60]), np.array([0]))
    figure = draw({"two_room": rooms, "push_t": push_t})
    panels = [panel for panel in figure.axes if panel.axison and panel.get_label() != "<colorbar>"]
    assert [panel.get_xlabel() for panel in panels] == [
        "[px]", "change in 25 steps [px]",
        "[px]", "[px]", "[degrees]", *[f"change in 25 steps [{unit}]" for unit in UNITS],
    ]  # fmt: skip
    for panel, quantity in zip(panels[-3:], push_t[0], strict=True):
        assert sum(bar.get_height() for bar in panel.patches) == pytest.approx(100)
        assert panel.patches[-1].get_corners()[1][0] == pytest.approx(quantity.change.max())
    assert_readable(figure)


@pytest.mark.parametrize("content", [None, b"hello"])
def test_a_file_that_is_no_dataset_is_one_line(content, tmp_path, capsys):
    path = tmp_path / "data.h5"
    if content:
        path.write_bytes(content)
    refused(path, "two_room", tmp_path, capsys)


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
    assert message in refused(path, "two_room", tmp_path, capsys)


def refused(path, env, folder, capsys):
    """The one line that refuses `path`."""
    words = f"figure data_coverage --env {env} --data {path} --out {folder}/figures"
    assert main(words.split()) == 2
    output = capsys.readouterr().err
    assert str(path) in output
    assert len(output.splitlines()) == 1
    assert not list(folder.glob("figures/data_coverage.*"))
    return output
