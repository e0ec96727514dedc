"""Text files are UTF-8 wherever the user is; terminals and pipes may know less."""

import ast
import os
import re
import subprocess
import sys

import pytest

from conftest import ROOT
from smwm.__main__ import STAGES
from smwm.config.explain import describe

PYTHON = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "examples").glob("*.py")])
SNAKEMAKE = [ROOT / "Snakefile", *sorted((ROOT / "workflow").rglob("*.smk"))]
NARROW = {
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "Latin-1": {"PYTHONIOENCODING": "latin-1"},
    "no locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


def without_encoding(call):
    """Whether a call reads or writes text in whatever encoding the machine prefers."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    keywords = {keyword.arg for keyword in call.keywords}
    modes = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    texts = name in ("read_text", "write_text") or "text" in keywords
    texts |= name == "open" and not any(re.fullmatch("[rwax+]*b[rwax+]*", mode) for mode in modes)
    return texts and "encoding" not in keywords


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: path.name)
def test_text_files_name_their_encoding(path):
    calls = [n for n in ast.walk(ast.parse(path.read_bytes())) if isinstance(n, ast.Call)]
    assert not [f"{path}:{call.lineno}" for call in calls if without_encoding(call)]


@pytest.mark.parametrize("path", SNAKEMAKE, ids=lambda path: path.name)
def test_text_files_of_the_workflow_name_their_encoding(path):
    found = re.findall(r"(?:read_text|write_text|\bopen)\(.*", path.read_text(encoding="utf-8"))
    assert not [line for line in found if "encoding=" not in line and 'b")' not in line]


def smwm(*words, **variables):
    command = [sys.executable, "-m", "smwm", *words]
    return subprocess.run(command, capture_output=True, env=os.environ | variables)


@pytest.mark.parametrize("stage", STAGES)
def test_help_fits_any_terminal(stage):
    done = smwm(stage, "--help", **NARROW["ASCII"])
    assert done.returncode == 0, done.stderr
    assert STAGES[stage][1].encode() in b" ".join(done.stdout.split())


@pytest.mark.parametrize("narrow", NARROW)
def test_what_a_terminal_does_not_know_is_written_out(narrow):
    done = smwm("settings", **NARROW[narrow])
    assert done.returncode == 0, done.stderr
    assert "λ" in describe()
    assert rb"weight of the regulariser (SMWM: \u03bb)" in done.stdout


def test_bad_input_with_a_name_in_another_script_is_still_one_line(tmp_path):
    words = ["tasks", "--env", "two_room", "--data", "空.h5", "--out", str(tmp_path / "tasks.npz")]
    done = smwm(*words, **NARROW["ASCII"])
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"smwm tasks: \\u7a7a.h5: no such dataset\n"
