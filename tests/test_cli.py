import subprocess
import sys

import pytest

from smwm.__main__ import STAGES, main


def smwm(*words):
    return subprocess.run(
        [sys.executable, "-m", "smwm", *map(str, words)], capture_output=True, text=True
    )


def test_help_names_every_stage(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert all(stage in text for stage in STAGES)


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_help(stage, capsys):
    with pytest.raises(SystemExit) as stop:
        main([stage, "--help"])
    assert stop.value.code == 0
    assert STAGES[stage][1] in " ".join(capsys.readouterr().out.split())


def test_bad_input_is_one_line_and_status_two(tmp_path):
    data = tmp_path / "data.h5"
    data.write_text("hello")
    result = smwm(
        "train", "--method", "smwm", "--data", data, "--out", tmp_path / "m.pt",
        "--log", tmp_path / "m.csv",
    )  # fmt: skip
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert f"smwm train: {data}: not a readable HDF5 dataset" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["data.h5"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["collect", "--env", "maze", "--out", "x"], "'maze' is unknown, allowed: cube, "),
        (["collect", "--env", "two_room", "--out", "x", "--episodes", "1"], "--episodes: 1 is not"),
        (["tasks", "--env", "two_room", "--data", "no.h5", "--out", "x"], "no.h5: no such dataset"),
        (["plan", "--tasks", "no.npz", "--method", "smwm", "--out", "x"], "no.npz: no such task"),
    ],
)
def test_bad_values_are_named(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.*"))


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    result = smwm("collect", "--env", "two_room", "--out", tmp_path / "file" / "data")
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert str(tmp_path / "file") in result.stderr


@pytest.mark.parametrize("words", [["--seed", "-1"], ["--threads", "0"], ["--threads", "two"]])
def test_seeds_and_threads_are_checked(words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["plan", "--tasks", "t.npz", "--method", "random", "--out", "x", *words])
    assert stop.value.code == 2
    assert "is not an integer of at least" in capsys.readouterr().err


def test_doctor_finds_a_backend_that_renders(capsys):
    assert main(["doctor"]) == 0
    assert "offscreen OpenGL: " in capsys.readouterr().out
