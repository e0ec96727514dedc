import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from smwm.figures.style import draw_rates, new_figure, save_table, show_image
from synthetic import assert_readable


def test_tables_have_four_decimals_and_small_numbers_four_digits(tmp_path):
    values = [100.0, 12.345678, -0.123456, 0.0123456, 7.123456e-7, 0.0, np.nan]
    save_table(pd.DataFrame({"n": range(7), "x": values, "s": "a"}), tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text().splitlines()
    written = ["100.0", "12.3457", "-0.1235", "0.01235", "7.123e-07", "0.0", ""]
    assert lines == ["n,x,s", *(f"{n},{x},a" for n, x in enumerate(written))]


def test_rates_that_rounding_put_outside_their_interval_can_be_drawn():
    rows = pd.DataFrame({"success_rate": [0.0, 100], "ci_low": [1e-15, 60], "ci_high": [40, 99.9]})
    panel = new_figure(3, 2).subplots()
    draw_rates(panel, pd.Series([1, 2]), rows, "black", "ours")
    low, high = panel.get_ylim()
    assert low < 0 < 100 < high  # whole markers at either end


DRAW = """
import sys
from pathlib import Path
from smwm.figures.style import new_figure, save_figure
figure = new_figure(3, 2)
panels = figure.subplots(1, 2)
panels[0].plot([1, 3, 2], label="a line")
panels[0].legend()
panels[1].imshow([[1, 2], [3, 4]])
panels[1].errorbar([0, 1], [0, 1], 0.2)
save_figure(figure, Path(sys.argv[1]))
"""
OF_A_USER = """
lines.linewidth: 5
font.size: 20
axes.facecolor: yellow
axes.prop_cycle: cycler("color", ["red", "green"])
image.cmap: gray
image.origin: lower
savefig.dpi: 30
savefig.transparent: True
xtick.direction: in
pdf.compression: 0
"""


@pytest.mark.slow
def test_a_users_matplotlibrc_changes_nothing(tmp_path):
    (tmp_path / "matplotlibrc").write_text(OF_A_USER)
    plain = {name: value for name, value in os.environ.items() if name != "MATPLOTLIBRC"}
    drawn = {}
    for name, more in {"plain": {}, "own": {"MATPLOTLIBRC": str(tmp_path)}}.items():
        command = [sys.executable, "-c", DRAW, tmp_path / name]
        subprocess.run(command, check=True, env=plain | more)
        drawn[name] = [(tmp_path / f"{name}.{kind}").read_bytes() for kind in ("pdf", "png")]
    assert drawn["own"] == drawn["plain"]


def test_images_are_shown_as_they_are():
    image = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8)
    panel = new_figure(2, 2).subplots()
    show_image(panel, image)
    np.testing.assert_array_equal(panel.images[0].get_array(), image)
    assert panel.images[0].get_interpolation() == "nearest"
    assert len(panel.get_xticks()) == len(panel.get_yticks()) == 0


@pytest.mark.parametrize("words", ["far too long for a figure that is so small", "fits"])
def test_unreadable_figures_are_noticed(words):
    figure = new_figure(2, 2)
    panel = figure.subplots()
    panel.set_xlabel(words)
    if words == "fits":
        assert_readable(figure)
        panel.set_title("a")
        assert_readable(figure)
        panel.xaxis.label.set_position(panel.title.get_position())
        panel.set_xticks([0.5, 0.51], ["one", "another"])
    with pytest.raises(AssertionError, match=r"is cut|on Text"):
        assert_readable(figure)
