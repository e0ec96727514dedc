import json

import numpy as np
import pandas as pd
import pytest

from smwm.analysis.measured import read_measured, write_measured
from smwm.errors import InputError
from smwm.system.files import sha256


def test_a_table_is_read_back_to_the_last_digit(tmp_path):
    values = np.random.default_rng(0).normal(size=200) * 10.0 ** np.arange(-100, 100)
    single = np.float32(values[:100]).repeat(2)
    table = pd.DataFrame({"env": "cube", "exact": values, "single": single})
    path = tmp_path / "t.csv"
    write_measured(path, "smwm.errors", table, [], [])
    found = read_measured(path, ["env", "exact"]).table
    assert (found["exact"] == values).all()
    assert (found["single"] == single.astype(float)).all()


def test_the_origin_tells_inputs_settings_and_code(tmp_path):
    source = tmp_path / "input.json"
    source.write_text("{}")
    exports = [{"checkpoint_sha256": "abc", "model": {"seed": 3}}]
    settings = [{"definition": "of something"}, *exports]
    path = tmp_path / "t.csv"
    write_measured(path, "smwm.errors", pd.DataFrame({"a": [1]}), [source], settings)
    measured = read_measured(path)
    assert measured.inputs == {str(source): sha256(source)}
    assert measured.settings == settings
    assert measured.exports == {"abc": exports[0]}
    assert json.loads(path.with_suffix(".json").read_text())["code"]


@pytest.mark.parametrize("content", [None, ""])
def test_other_tables_are_refused(content, tmp_path):
    path = tmp_path / "t.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=r"t\.csv: not a table of `smwm measure`"):
        read_measured(path)


def test_a_table_without_a_column_or_an_origin_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"t\.csv: not this table .* lacks c"):
        read_measured(path, ["a", "c"])
    for content in (None, "[]", "{}", "hello"):
        if content is not None:
            path.with_suffix(".json").write_text(content)
        with pytest.raises(InputError, match=r"t\.json: not the origin of a table"):
            read_measured(path, ["a"])


@pytest.mark.parametrize(
    ("rows", "words"), [("3,x", "could not convert"), ("3,", "numbers"), ("3,inf", "numbers")]
)
def test_numbers_that_are_none_are_refused(rows, words, tmp_path):
    path = tmp_path / "t.csv"
    write_measured(path, "smwm.errors", pd.DataFrame({"a": [1], "b": [2.5]}), [], [])
    assert read_measured(path, {"a": int, "b": float}).table["b"].tolist() == [2.5]
    path.write_text(f"a,b\n{rows}\n")
    with pytest.raises(InputError, match=rf"t\.csv: not a table of `smwm measure` .*{words}"):
        read_measured(path, {"a": int, "b": float})


def test_a_table_that_was_changed_by_hand_is_refused_and_line_ends_are_no_change(tmp_path):
    """Numbers with another digit, and names with another letter, read like any other."""
    path = tmp_path / "t.csv"
    write_measured(path, "smwm.errors", pd.DataFrame({"env": ["cube"], "a": [2.5]}), [], [])
    written = path.read_bytes()
    path.write_bytes(written.replace(b"\n", b"\r\n"))
    assert read_measured(path, {"env": str, "a": float}).table["a"].tolist() == [2.5]
    for old, new in ((b"2.5", b"2.7"), (b"cube", b"cubd"), (b"2.5", b"2.50")):
        path.write_bytes(written.replace(old, new))
        with pytest.raises(InputError, match=r"t\.csv: is not the table that t\.json tells of"):
            read_measured(path, {"env": str, "a": float})
