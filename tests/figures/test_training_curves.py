import numpy as np
import pandas as pd
import pytest

from smwm.errors import InputError
from smwm.figures.training_curves import MEASURES, draw, read_curves
from smwm.training.curves import write_log
from synthetic import assert_readable, drawn_twice, refusal

COLUMNS = ["env", "method", "seed", "step", *MEASURES]


def write(folder, env="two_room", method="smwm", seed=0, scale=1.0, **changes):
    """A log of 5 rows; `changes` to it by column, None leaves out."""
    path = folder / env / method / f"seed{seed}.csv"
    rows = []
    for step in range(10, 60, 10):
        row = {
            "step": step, "loss": 3.0 * scale, "forward": scale / step, "regulariser": 0.5,
            "gradient_norm": 1.0, "embedding_std": 0.1, "effective_rank": 2 + step / 100,
        } | changes  # fmt: skip
        rows.append({key: value for key, value in row.items() if value is not None})
    write_log(path, rows)
    return path


def test_table_has_every_row_of_every_log(tmp_path):
    paths = [
        write(tmp_path, seed=3),
        write(tmp_path, method="forward_only", scale=1e-6, regulariser=None),
        write(tmp_path, env="cube"),
    ]
    table = drawn_twice("training_curves", tmp_path / "out", curves=paths)
    assert list(table) == COLUMNS
    assert len(table) == 15
    assert table["step"].tolist() == 3 * [10, 20, 30, 40, 50]
    assert table[["env", "method", "seed"]].drop_duplicates().to_numpy().tolist() == [
        ["two_room", "smwm", 3], ["two_room", "forward_only", 0], ["cube", "smwm", 0],
    ]  # fmt: skip
    assert table["forward"][0] == 0.1
    assert table["forward"][9] == 2e-8  # a collapsed encoder's loss is small, not nothing
    assert table.drop(columns="regulariser").notna().all(axis=None)
    assert (table["regulariser"].isna() == (table["method"] == "forward_only")).all()


def test_one_line_a_seed_in_the_method_s_colour(tmp_path):
    paths = [write(tmp_path, seed=seed) for seed in (0, 1)]
    paths += [write(tmp_path, "cube", "sigreg"), write(tmp_path, "reacher", regulariser=0.0)]
    figure = draw(read_curves(paths))
    assert len(figure.axes) == 3 * len(MEASURES)
    assert [panel.get_title() for panel in figure.axes[:3]] == ["Two rooms", "Cube", "Reacher"]
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata())]
    assert len(lines) == 2
    assert {line.get_color() for line in lines} == {"#0072B2"}
    np.testing.assert_allclose(lines[0].get_ydata(), [0.1, 0.05, 1 / 30, 0.025, 0.02])
    assert not [line for line in figure.axes[5].lines if len(line.get_xdata())]  # all zeros
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["SMWM", "SIGReg"]
    assert_readable(figure)


@pytest.mark.parametrize("column", ["step", "forward", "embedding_std", "effective_rank"])
def test_a_missing_column_is_refused(column, tmp_path, capsys):
    path = write(tmp_path, **{column: None})
    message = refusal(capsys, "training_curves", tmp_path / "out", curves=path)
    assert f"{path}: not a log of `smwm train`" in message
    assert column in message


@pytest.mark.parametrize(
    "content", [None, b"", b"\x89PNG\r\n\x1a\n\xff", b"step,forward\n1,2,3\n4,5"]
)
def test_other_files_are_refused(content, tmp_path, capsys):
    path = write(tmp_path)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    message = refusal(capsys, "training_curves", tmp_path / "out", curves=path)
    assert f"{path}: not a log of `smwm train`" in message


@pytest.mark.parametrize("name", ["curves.csv", "two_room/smvm/seed0.csv", "two_room/smwm/s0.csv"])
def test_a_name_that_does_not_tell_the_model_is_refused(name, tmp_path):
    path = write(tmp_path).rename(tmp_path / "log.csv")
    other = tmp_path / name
    other.parent.mkdir(parents=True, exist_ok=True)
    path.rename(other)
    with pytest.raises(InputError, match=r"its name is not <env>/<method>/seed<n>\.csv") as error:
        read_curves([other])
    assert str(error.value).startswith(str(other))


def test_the_logs_of_training_are_what_is_read(tmp_path):
    table = read_curves([write(tmp_path)])
    pd.testing.assert_series_equal(
        table["forward"], pd.read_csv(tmp_path / "two_room/smwm/seed0.csv")["forward"]
    )
