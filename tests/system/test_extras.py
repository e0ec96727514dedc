import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest

from conftest import ROOT
from smwm.errors import InputError
from smwm.system.extras import EXTRAS, extras_named

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def required(lines):
    """Normalised names of the packages in requirements."""
    return {re.split(r"[\[><=~!]", line)[0].lower().replace("_", "-") for line in lines}


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_extra_installs_the_package_of_every_module(extra):
    pytest.importorskip("huggingface_hub")
    wanted = required(PROJECT["optional-dependencies"][extra])
    owners = packages_distributions()
    found = {name.lower().replace("_", "-") for m in EXTRAS[extra] for name in owners[m]}
    assert found == wanted


def test_every_import_is_of_a_package_that_an_install_brings():
    allowed = {"smwm", *required(PROJECT["dependencies"]), *sum(EXTRAS.values(), ())}
    allowed |= {"timm"}  # an encoder of one's choice
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                top = module.split(".")[0]
                assert top in allowed or top in sys.stdlib_module_names, f"{path}: {module}"


def test_a_missing_module_is_named_with_its_extra():
    message = r"the module mujoco is not installed: install smwm with its extra \[sim\]"
    with pytest.raises(InputError, match=message), extras_named():
        raise ModuleNotFoundError(name="mujoco.egl")


def test_modules_of_no_extra_stay_as_they_are():
    with pytest.raises(ModuleNotFoundError, match="mine"), extras_named():
        import mine  # noqa: F401
