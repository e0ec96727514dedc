"""`import smwm`: its names, and how little it imports."""

import ast
import subprocess
import sys

import pytest

import smwm
from conftest import ROOT


def test_each_public_name_is_there_for_programs_and_for_type_checkers():
    tree = ast.parse((ROOT / "src/smwm/__init__.py").read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    checked = {(node.module, alias.name) for node in block.body for alias in node.names}
    homes = {(f"smwm.{module}", name) for module, names in smwm._HOMES.items() for name in names}
    assert checked == homes
    assert sorted(name for _, name in homes) == sorted(smwm.__all__)
    assert set(smwm.__all__) <= set(dir(smwm))


@pytest.mark.parametrize("name", smwm.__all__)
def test_each_public_name_is_explained(name):
    if name in ("HubModel", "export"):
        pytest.importorskip("huggingface_hub")
    found = getattr(smwm, name)
    assert found.__module__.startswith("smwm.")
    assert found.__doc__


def test_other_names_are_an_error():
    with pytest.raises(AttributeError, match="module 'smwm' has no attribute 'lode'"):
        smwm.lode  # noqa: B018


def test_the_import_is_of_nothing_else():
    code = "import sys; before = set(sys.modules); import smwm; print(*set(sys.modules) - before)"
    imported = subprocess.check_output([sys.executable, "-S", "-c", code], text=True).split()
    assert "smwm" in imported
    assert {name.split(".")[0] for name in imported} <= {"smwm", *sys.stdlib_module_names}


def test_the_command_line_hears_signals_before_anything_slow_is_imported():
    code = (
        "import sys; from smwm.system import interrupts; "
        "print(*(m for m in ('torch', 'numpy', 'huggingface_hub') if m in sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == []
