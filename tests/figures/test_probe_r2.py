import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from smwm.figures.probe_r2 import as_latex, draw
from smwm.methods import METHODS
from synthetic import assert_readable, drawn_twice, written

COLUMNS = [
    "env", "quantity", "probe", "method", "seed", "r2", "mean", "ci_low", "ci_high", "paper",
]  # fmt: skip
WHERE = ("two_room", "agent_position", "linear")
NAN = np.nan


def table_of(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def marked(panel, marker):
    """Heights of the marks of one shape, method by method."""
    lines = [line for line in panel.lines if line.get_marker() == marker]
    return [float(y) for line in lines for y in np.atleast_1d(line.get_ydata())]


def test_files(tmp_path):
    table = table_of(
        (*WHERE, "smwm", 0, 0.8, 0.7, 0.5, 0.9, 0.75),
        (*WHERE, "smwm", 1, 0.6, 0.7, 0.5, 0.9, 0.75),
        (*WHERE[:2], "mlp", "smwm", 0, 0.9, 0.9, NAN, NAN, 0.8),
    )
    path = written(tmp_path / "probe_r2.csv", table)
    shown = drawn_twice("probe_r2", tmp_path / "out", table=path)
    pd.testing.assert_frame_equal(shown, table)
    assert (tmp_path / "out/once/probe_r2.tex").read_text() == as_latex(table)


def test_latex_has_means_over_seeds_and_the_paper_in_brackets():
    lines = as_latex(
        table_of(
            (*WHERE, "smwm", 0, 0.8, 0.85, NAN, NAN, 0.75),
            (*WHERE, "smwm", 1, 0.9, 0.85, NAN, NAN, 0.75),
            (*WHERE, "forward_only", 0, 0.25, 0.25, NAN, NAN, NAN),
            ("cube", "gripper_opening", "mlp", "smwm", 0, -0.5, -0.5, NAN, NAN, NAN),
        )
    ).splitlines()
    assert lines[0] == r"\begin{tabular}{lllrr}"
    assert lines[2] == r"task & quantity & probe & SMWM & Forward only ($\lambda$ = 0) \\"
    assert lines[4] == r"Two rooms & agent position & linear & 0.850 (0.750) & 0.250 \\"
    assert lines[5] == r"Cube & gripper opening & mlp & -0.500 & -- \\"
    assert lines[6:] == [r"\bottomrule", r"\end{tabular}"]


def test_a_dot_a_seed_beside_their_mean_its_interval_and_the_paper():
    rows = [(*WHERE, "smwm", seed, r2, 0.7, 0.6, 0.8, 0.75) for seed, r2 in enumerate((0.8, 0.6))]
    figure = draw(table_of(*rows, (*WHERE, "sigreg", 0, 0.5, 0.5, NAN, NAN, NAN)))
    panel = figure.axes[0]
    assert marked(panel, "o") == [0.5, 0.8, 0.6]
    assert [y for y in marked(panel, "D") if np.isfinite(y)] == [0.75]
    segments = [ends[:, 1].tolist() for line in panel.collections for ends in line.get_segments()
                if len(ends)]  # fmt: skip
    assert [0.6, 0.8] in segments
    assert [0.7, 0.7] in segments
    colours = {line.get_color() for line in panel.lines if line.get_marker() == "o"}
    assert colours == {METHODS["smwm"].colour, METHODS["sigreg"].colour}


def test_what_is_below_zero_is_shown():
    rows = [
        (*WHERE, "smwm", seed, r2, -0.3, -1.2, 0.6, 0.9) for seed, r2 in enumerate((-0.4, -0.2))
    ]
    panel = draw(table_of(*rows)).axes[0]
    low, high = panel.get_ylim()
    assert low < -1.2
    assert high == pytest.approx(1.05)
    assert marked(panel, "o") == [-0.4, -0.2]
    assert not marked(panel, "v")


def test_an_arrow_on_the_edge_marks_what_would_squeeze_the_rest():
    panel = draw(table_of((*WHERE, "smwm", 0, -30.0, -30.0, NAN, NAN, 0.9))).axes[0]
    low, _ = panel.get_ylim()
    assert low > -2
    assert set(marked(panel, "v")) == {low}


def test_nothing_overlaps_with_every_quantity_there_is():
    paper = pd.read_csv(ROOT / "resources/paper/probe_r2.csv")
    r2 = paper["r2"]
    figure = draw(paper.assign(seed=0, mean=r2, ci_low=NAN, ci_high=NAN, paper=r2))
    assert_readable(figure)
