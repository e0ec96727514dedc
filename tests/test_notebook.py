"""The notebook runs offline in a fresh folder, and takes a pulled model where there is one."""

import re
import shutil

import nbformat
import pytest
from nbclient import NotebookClient

from conftest import ROOT

NOTEBOOK = ROOT / "examples/first_look.ipynb"


def printed(notebook):
    """What its cells print."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return "".join(output.text for output in outputs if output.output_type == "stream")


def execute(folder):
    """Run a copy of the notebook in `folder`; return it with its outputs."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, timeout=300, resources=resources).execute()


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The folder of a fresh run without pulled data, and the notebook with its outputs."""
    folder = tmp_path_factory.mktemp("clone") / "examples"
    folder.mkdir()
    return folder, execute(folder)


def solved(notebook):
    return [int(share) for share in re.findall(r"(?:planning|random): (\d+)%", printed(notebook))]


def pictures(notebook):
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return [output for output in outputs if "image/png" in output.get("data", {})]


def test_a_fresh_clone_trains_a_model_that_plans(executed):
    folder, notebook = executed
    planned, floor = solved(notebook)
    assert planned >= 80 > 50 > floor
    assert len(pictures(notebook)) == 2
    assert (folder / "first_look/model.pt").is_file()


def test_a_pulled_model_is_loaded_instead(executed, tmp_path):
    folder, notebook = executed
    pulled = tmp_path / "data/checkpoints/laptop/two_room/smwm/seed0.pt"
    pulled.parent.mkdir(parents=True)
    shutil.copy(folder / "first_look/model.pt", pulled)
    shutil.copytree(folder / "first_look/data", tmp_path / "examples/first_look/data")
    assert printed(execute(tmp_path / "examples")) == printed(notebook)
    assert not (tmp_path / "examples/first_look/model.pt").exists()


def test_what_is_stored_is_small_whole_and_of_no_machine():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert len(solved(notebook)) == len(pictures(notebook)) == 2
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))  # one run from top to bottom
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < 150_000
    assert not re.search(r"(?<![\w.:])/(home|root|tmp|work|usr|Users)/", text)
