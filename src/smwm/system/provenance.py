"""Which of the package's source files a stage uses, and a version that tells them."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from smwm import __version__

PACKAGE = Path(__file__).parents[1]


@cache
def sources(module: str) -> tuple[Path, ...]:
    """Every source file of this package that `module` imports, itself included, sorted.

    The workflow makes these files inputs of the stage's rule, so that an edit reruns the
    stages that use the edited file and no others. Imports inside functions count; those for type
    checkers alone do not.
    """
    found: dict[str, Path] = {}

    def visit(name: str) -> None:
        spec = importlib.util.find_spec(name) if name.startswith("smwm") else None
        if spec is None or spec.origin is None or name in found:
            return
        found[name] = Path(spec.origin)
        visit(name.rpartition(".")[0])  # importing a module runs its packages
        for node in _nodes(ast.parse(found[name].read_bytes())):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    visit(alias.name)
            elif isinstance(node, ast.ImportFrom) and node.module:
                visit(node.module)
                for alias in node.names:
                    candidate = f"{node.module}.{alias.name}"
                    if candidate.startswith("smwm.") and _is_module(candidate):
                        visit(candidate)

    visit(module)
    return tuple(sorted(found.values()))


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those that stand under `if TYPE_CHECKING`, which never run."""
    left = [tree]
    while left:
        node = left.pop()
        yield node
        for child in ast.iter_child_nodes(node):
            if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
                left.append(child)


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # the parent is a module, not a package
        return False


def code_version(*modules: str) -> str:
    """Version of the package and a hash of the sources that `modules` use."""
    paths = sorted({path for module in modules for path in sources(module)})
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"
