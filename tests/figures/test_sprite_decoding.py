import io
import json

import numpy as np
import pandas as pd
import pytest

from smwm.analysis.measured import read_measured
from smwm.data.worlds import HELD_OUT, pairs
from smwm.figures.sprite_decoding import draw, read_decoded
from synthetic import assert_readable, drawn_twice, refusal, written

COLUMNS = [
    "world", "seed", "controllable_dof", "effective_dim", "effective_rank", "dof", "r2_linear",
    "r2_mlp",
]  # fmt: skip
TRUE = {"sprite_none": 0, "sprite_x": 1, "sprite_xy": 2, "sprite_xyt": 4}


def write_decoded(path, model, images=None, **changes):
    images = pairs("sprite_none", HELD_OUT, 4, 0).pixels if images is None else images
    origin = {"model": {"env": "", "method": "", "seed": 0}, "checkpoint_sha256": model}
    arrays = {"images": images, "decoded": images // 2, "origin": json.dumps(origin)} | changes
    buffer = io.BytesIO()
    np.savez(buffer, **{key: value for key, value in arrays.items() if value is not None})
    path.write_bytes(buffer.getvalue())
    return path


@pytest.fixture
def files(tmp_path):
    """A table of two seeds each, and what the first one's images are decoded to."""
    rows = [
        (world, seed, n, n + seed - 3, 1.0, dof, 0.5, 0.9 - (seed - 3) / 2)
        for world, n in TRUE.items()
        for seed in (3, 4)
        for dof in ("x", "y", "angle")
    ]
    settings = [{"definition": "of a dimension"}] + [
        {"checkpoint_sha256": f"{world}{seed}", "model": {"env": world, "seed": seed}}
        for world in TRUE
        for seed in (3, 4)
    ]
    decoded = [write_decoded(tmp_path / f"{world}_decoded.npz", f"{world}3") for world in TRUE]
    table = written(tmp_path / "sprite_decoding.csv", rows, COLUMNS, settings)
    return {"table": table, "decoded": decoded}


def test_files(files, tmp_path):
    shown = drawn_twice("sprite_decoding", tmp_path / "out", **files)
    pd.testing.assert_frame_equal(shown, pd.read_csv(files["table"]))


def test_one_row_a_world_below_the_images(files):
    measured = read_measured(files["table"])
    images, decoded = read_decoded(measured, files["decoded"])
    np.testing.assert_array_equal(images, pairs("sprite_xy", HELD_OUT, 4, 0).pixels)
    assert list(decoded) == [(world, 3) for world in TRUE]
    figure = draw(images, decoded, measured.table)
    labels = [panel.get_ylabel() for panel in figure.axes[:30:6]]
    assert labels == ["image", "nothing\ncontrolled", "x\ncontrolled", "x and y\ncontrolled",
                      "x, y and angle\ncontrolled"]  # fmt: skip
    titles = [panel.get_title() for panel in figure.axes[30:34]]
    assert titles == [f"true dimension {n}, found {n}" for n in TRUE.values()]
    assert figure._supxlabel.get_text().startswith("Where nothing is controlled")
    assert_readable(figure)


def test_both_probes_stand_at_each_freedom_and_what_is_controlled_is_bold(files):
    measured = read_measured(files["table"])
    table = measured.table
    table.loc[(table["world"] == "sprite_x") & (table["dof"] == "angle"), "r2_mlp"] = -0.5
    figure = draw(*read_decoded(measured, files["decoded"]), table)
    bold = [
        [name.get_text() for name in panel.get_xticklabels() if name.get_fontweight() == "bold"]
        for panel in figure.axes[30:34]
    ]
    assert bold == [[], ["x"], ["x", "y"], ["x", "y", "angle"]]
    none, below = figure.axes[30:32]
    assert [bar.get_height() for bar in none.patches] == [0.5, 0.5, 0.5, 0.9, 0.9, 0.9]
    assert [bar.get_height() for bar in below.patches][3:] == [0.9, 0.9, -0.5]
    assert below.get_ylim()[0] < -0.5
    words = [text.get_text() for text in figure.axes[34].get_legend().get_texts()]
    assert words == ["linear probe", "MLP probe"]
    assert none.patches[0].get_facecolor() != none.patches[3].get_facecolor()


def test_the_note_on_collapse_stands_only_where_nothing_is_controlled(files):
    measured = read_measured(files["table"])
    figure = draw(*read_decoded(measured, files["decoded"][1:]), measured.table)
    assert figure._supxlabel is None


def test_each_world_s_images_stand_beside_its_own_numbers(files):
    """In whatever order they come: what was decoded tells the model that it is of."""
    decoded = read_decoded(read_measured(files["table"]), files["decoded"][::-1])[1]
    assert list(decoded) == [(world, 3) for world in reversed(TRUE)]


def test_images_of_a_model_that_was_not_measured_are_refused(files, tmp_path, capsys):
    path = write_decoded(files["decoded"][1], "another")
    message = refusal(capsys, "sprite_decoding", tmp_path / "out", **files)
    assert f"{path}: not of a model behind {files['table']}" in message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"decoded": None}, "not an output of `smwm decode` ('decoded is not a file"),
        ({"images": np.zeros((8, 64, 64, 3), np.uint8)}, "decodes other images than"),
        ({"decoded": np.zeros((2, 64, 64, 3), np.uint8)}, "decodes other images than"),
    ],
)
def test_decoded_images_that_do_not_fit_are_refused(changes, words, files, tmp_path, capsys):
    path = write_decoded(files["decoded"][1], "sprite_x3", **changes)
    message = refusal(capsys, "sprite_decoding", tmp_path / "out", **files)
    assert f"{path}: {words}" in message
