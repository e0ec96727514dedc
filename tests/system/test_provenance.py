import ast
import os
import shutil
import subprocess
import sys

from conftest import ROOT
from smwm.system.provenance import sources


def names(*modules):
    return {path.stem for module in modules for path in sources(module)}


def test_sources_follow_imports():
    assert {"evaluate", "cem", "tasks", "world_model", "encoders"} <= names(
        "smwm.planning.evaluate"
    )
    assert {"train", "objectives", "windows", "dataset"} <= names("smwm.training.train")


def test_stages_do_not_depend_on_what_they_do_not_use():
    assert not {"cem", "evaluate", "two_room", "collect"} & names("smwm.training.train")
    assert not {"train", "claims", "windows"} & names("smwm.planning.evaluate")
    assert not {"cem", "train", "world_model"} & names("smwm.data.collect")
    assert not {"cem", "evaluate", "train", "two_room"} & names("smwm.figures.replication")


def test_imports_for_type_checkers_alone_do_not_count():
    assert "TYPE_CHECKING" in (ROOT / "src/smwm/__init__.py").read_text()
    assert names("smwm") == {"__init__"}


def test_training_and_planning_need_only_what_a_bare_install_brings():
    allowed = {"torch", "numpy", "h5py", "tqdm", "smwm", "__future__"}
    # where `encoder: timm` or compressed images ask for them
    allowed |= {"timm", "hdf5plugin"}
    for path in sources("smwm.training.train") + sources("smwm.planning.evaluate"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                top = module.split(".")[0]
                assert top in allowed or top in sys.stdlib_module_names, f"{path}: {module}"


def test_code_version_changes_with_a_source_that_is_used_and_with_no_other(tmp_path):
    copy = shutil.copytree(ROOT / "src" / "smwm", tmp_path / "smwm")
    code = (
        "from smwm.system.provenance import code_version; print(code_version('smwm.planning.cem'))"
    )

    def version():
        environment = os.environ | {"PYTHONPATH": str(tmp_path)}
        return subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)

    before = version()
    (copy / "train.py").write_text("# changed")
    assert version() == before
    with (copy / "planning" / "cem.py").open("a") as file:
        file.write("# changed")
    assert version() != before
