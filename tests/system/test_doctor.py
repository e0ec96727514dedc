"""What `smwm doctor` says and does."""

import subprocess
import sys

import pytest

from smwm.system.doctor import check_dvc

CONFIG = "[core]\n    remote = store\n['remote \"store\"']\n    url = ../store\n"


def status(folder):
    words = [sys.executable, "-m", "dvc", "status"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True)


@pytest.fixture
def unpacked(tmp_path):
    """What `git archive` gives: DVC's settings, and no git repository."""
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text(CONFIG)
    assert "is not a git repository" in status(tmp_path).stderr
    return tmp_path


def test_dvc_without_git_is_told_to_do_without(unpacked, capsys):
    check_dvc(unpacked, install=True)
    assert "told to do without" in capsys.readouterr().out
    assert status(unpacked).returncode == 0
    assert (unpacked / ".dvc" / "config").read_text() == CONFIG
    check_dvc(unpacked, install=False)
    assert not capsys.readouterr().out


def test_the_command_that_lets_dvc_work_is_named(unpacked, capsys):
    check_dvc(unpacked, install=False)
    command = capsys.readouterr().out.split("`")[1]
    assert status(unpacked).returncode != 0
    words = [sys.executable, "-m", *command.split()]
    assert subprocess.run(words, cwd=unpacked).returncode == 0
    assert status(unpacked).returncode == 0


@pytest.mark.parametrize("there", [[], [".git"], [".dvc", ".git"]])
def test_nothing_is_said_where_dvc_works_or_is_not_used(tmp_path, capsys, there):
    for name in there:
        (tmp_path / name).mkdir()
    (tmp_path / "within" / ".dvc" if ".dvc" in there else tmp_path / "within").mkdir(parents=True)
    check_dvc(tmp_path / "within", install=True)
    assert not capsys.readouterr().out
