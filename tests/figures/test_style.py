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
