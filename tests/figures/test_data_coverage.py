import numpy as np
import pandas as pd
import pytest

from smwm.figures.data_coverage import draw
from smwm.measures.coverage import cover, histogram_table, statistics_table
from synthetic import assert_readable, drawn_twice, measured

UNITS = ("px", "px", "degrees")  # of Push-T's quantities


def test_files(dataset_folder, tmp_path):
    names = ("data_coverage", "data_histograms")
    table, histograms = (
        measured(name, tmp_path / name, data=dataset_folder / "train.h5") for name in names
    )
    shown = drawn_twice("data_coverage", tmp_path / "out", table=table, histograms=histograms)
    assert list(shown) == ["env", "quantity", "statistic", "unit", "value"]
    assert len(shown) == len(pd.read_csv(table))


def test_every_panel_has_its_unit_and_its_own_scale():
    random = np.random.default_rng(0)
    states = random.uniform(100, 400, (60, 11))
    push_t = cover("push_t", states, np.array([60]), np.array([0]))
    rooms = cover("two_room", states[:, :2] / 2, np.array([60]), np.array([0]))
    tables = (statistics_table, histogram_table)
    figure = draw(*(pd.concat([table(rooms), table(push_t)]) for table in tables), 25)
    panels = [panel for panel in figure.axes if panel.axison and panel.get_label() != "<colorbar>"]
    assert [panel.get_xlabel() for panel in panels] == [
        "[px]", "change in 25 steps [px]",
        "[px]", "[px]", "[degrees]", *[f"change in 25 steps [{unit}]" for unit in UNITS],
    ]  # fmt: skip
    for panel, quantity in zip(panels[-3:], push_t.quantities, strict=True):
        assert sum(bar.get_height() for bar in panel.patches) == pytest.approx(100)
        assert panel.patches[-1].get_corners()[1][0] == pytest.approx(quantity.change.max())
    assert_readable(figure)
