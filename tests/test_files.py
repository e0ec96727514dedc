import ast
import errno
import multiprocessing
import os
import shutil
import subprocess
import sys
import time

import pytest

from conftest import ROOT
from smwm.errors import InputError
from smwm.files import exclusive, replacing, sources, write_json


def names(*modules):
    return {path.stem for module in modules for path in sources(module)}


def names_in(folder):
    return [path.name for path in folder.iterdir()]


def test_replacing_renames_on_success(tmp_path):
    with replacing(tmp_path / "new" / "a.txt") as temporary:
        temporary.write_text("whole")
        assert not (tmp_path / "new" / "a.txt").exists()
    assert (tmp_path / "new" / "a.txt").read_text() == "whole"
    assert names_in(tmp_path / "new") == ["a.txt"]


def test_replacing_keeps_the_old_file_on_error(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:  # noqa: PT012
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a.txt"]


def _add_one(path, count):
    for _ in range(count):
        with exclusive(path):
            value = int(path.read_text())
            time.sleep(0.0005)
            path.write_text(str(value + 1))


def test_exclusive_lets_one_process_in(tmp_path):
    path = tmp_path / "count"
    path.write_text("0")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_add_one, args=(path, 50)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert path.read_text() == "150"
    assert names_in(tmp_path) == ["count"]


def test_sources_follow_imports():
    assert {"evaluate", "cem", "tasks", "world_model", "encoders"} <= names(
        "smwm.planning.evaluate"
    )
    assert {"train", "objectives", "windows", "dataset"} <= names("smwm.train")


def test_stages_do_not_depend_on_what_they_do_not_use():
    assert not {"cem", "evaluate", "two_room", "collect"} & names("smwm.train")
    assert not {"train", "claims", "windows"} & names("smwm.planning.evaluate")
    assert not {"cem", "train", "world_model"} & names("smwm.data.collect")
    assert not {"cem", "evaluate", "train", "two_room"} & names("smwm.figures.replication")


def test_training_and_planning_need_only_torch_numpy_and_h5py():
    allowed = {"torch", "numpy", "h5py", "smwm", "__future__"}
    # where `encoder: timm` or compressed images ask for them
    allowed |= {"timm", "hdf5plugin"}
    for path in sources("smwm.train") + sources("smwm.planning.evaluate"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                top = module.split(".")[0]
                assert top in allowed or top in sys.stdlib_module_names, f"{path}: {module}"


def test_code_version_changes_with_a_source_that_is_used_and_with_no_other(tmp_path):
    copy = shutil.copytree(ROOT / "src" / "smwm", tmp_path / "smwm")
    code = "from smwm.files import code_version; print(code_version('smwm.planning.cem'))"

    def version():
        environment = os.environ | {"PYTHONPATH": str(tmp_path)}
        return subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)

    before = version()
    (copy / "train.py").write_text("# changed")
    assert version() == before
    with (copy / "planning" / "cem.py").open("a") as file:
        file.write("# changed")
    assert version() != before


def test_json_is_written_whole(tmp_path):
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"bad": object()})
    assert names_in(tmp_path) == []


def test_a_write_that_fails_names_the_file_and_keeps_it(tmp_path):
    (tmp_path / "x").write_text("old")
    with (
        pytest.raises(InputError, match=r"x: cannot be written \(No space"),
        replacing(tmp_path / "x"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names_in(tmp_path) == ["x"]
    assert (tmp_path / "x").read_text() == "old"
