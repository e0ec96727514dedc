"""The table of mistakes fits the sources and tests; `make mutants` tries them."""

import ast
import subprocess
import sys

import pytest
import yaml
from run import read_mutants

from conftest import ROOT

MUTANTS = read_mutants()


def functions_in(file):
    """Names of the functions in a file."""
    return {node.name for node in ast.walk(ast.parse((ROOT / file).read_text()))
            if isinstance(node, ast.FunctionDef)}  # fmt: skip


@pytest.mark.parametrize("file", sorted({mutant.file for mutant in MUTANTS}))
def test_every_mistake_can_be_made_and_is_named_once(file):
    mutants = [mutant for mutant in MUTANTS if mutant.file == file]
    sources = [mutant.source() for mutant in mutants]  # raises for a text that is not there once
    assert (ROOT / file).read_text() not in sources
    assert len(set(sources)) == len(sources)
    if file.endswith(".py"):
        for source in sources:
            compile(source, file, "exec")
    assert len({mutant.mistake for mutant in mutants}) == len(mutants)


@pytest.mark.parametrize("file", sorted({mutant.test.split("::")[0] for mutant in MUTANTS}))
def test_every_test_that_is_named_exists(file):
    named = {m.test.split("::")[1].split("[")[0] for m in MUTANTS if m.test.startswith(f"{file}::")}
    assert named <= functions_in(file)


def test_there_are_many_in_every_room():
    assert len(MUTANTS) >= 125
    rooms = {mutant.file.split("/")[2] for mutant in MUTANTS}
    assert {"models", "planning", "data", "envs", "analysis", "figures"} <= rooms


def test_the_run_tells_what_was_caught_from_what_survived(tmp_path):
    """Of three mistakes one is found, one makes no difference and one does not even load."""
    test = "tests/analysis/test_dimension.py::test_shares_are_percent_of_the_sum_or_nothing"
    changes = {"shares of 1": "return 1 *", "as it was": "return 100.0 *", "no code": "return *"}
    rows = [
        {"mistake": mistake, "old": "return 100 *", "new": new, "test": test}
        for mistake, new in changes.items()
    ]
    table, out = tmp_path / "table.yaml", tmp_path / "mutants.md"
    table.write_text(yaml.safe_dump({"src/smwm/analysis/dimension.py": rows}))
    command = [sys.executable, ROOT / "tests/mutants/run.py", "--table", table, "--out", out]
    done = subprocess.run([*command, "--jobs", "1"], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "1 of 3 caught, 1 survived, 1 broken" in done.stdout
    results = {
        mistake: line.split(" | ")[-1].removesuffix(" |")
        for line in out.read_text().splitlines()
        for mistake in changes
        if f" | {mistake} | " in line
    }
    assert list(results.values()) == ["caught", "survived", "broken"]
