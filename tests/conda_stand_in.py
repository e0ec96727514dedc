"""Stands in for conda, whose channels a test machine may not reach: it answers Snakemake.

An environment that it creates holds the packages of its specification and what they need, taken
from this interpreter's, and nothing else. So a stage that imports what its specification lacks
fails as it would with conda. Builds, and what conda-forge calls a package, are not tested.
"""

import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import yaml
from packaging.requirements import Requirement

NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}  # on conda-forge: on PyPI
ACTIVATE = 'export PATH="$1/bin:$PATH" CONDA_PREFIX="$1"\n'


def pins(specification):
    """Every package of a specification: its name on PyPI, and its version or nothing."""
    found = {}
    for entry in yaml.safe_load(specification.read_text())["dependencies"]:
        for pin in entry["pip"] if isinstance(entry, dict) else [entry]:
            name, _, version = pin.replace("==", "=").partition("=")
            found[NAMES.get(name, name)] = version
    return found


def with_dependencies(names):
    """Distributions of `names` and of all that they need on this machine."""
    found, asked = {}, [(name, frozenset()) for name in names]
    done = set()
    while asked:
        name, extras = request = asked.pop()
        if request in done:
            continue
        done.add(request)
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue  # a dependency that this platform's build does without
        for text in found[name].requires or []:
            needed = Requirement(text)
            marker = needed.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                asked.append((needed.name, frozenset(needed.extras)))
    return found


def create(specification, prefix):
    """An environment at `prefix`: links to the files of the packages, no pip, no smwm."""
    wanted = pins(Path(specification))
    wanted.pop("python"), wanted.pop("pip", None)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    [packages] = Path(prefix).glob("lib/python*/site-packages")
    found = with_dependencies(wanted)
    assert wanted.keys() <= found.keys(), wanted.keys() - found.keys()
    for package in found.values():
        for file in package.files or []:
            if file.parts[0] != ".." and "__pycache__" not in file.parts:
                link = packages / file
                link.parent.mkdir(parents=True, exist_ok=True)
                if not link.exists():
                    link.symlink_to(package.locate_file(file))


def install(folder):
    """`conda` and its `activate` in `folder`/bin; returns the variables that lead there."""
    binaries = folder / "bin"
    binaries.mkdir(parents=True)
    (binaries / "activate").write_text(ACTIVATE)
    program = binaries / "conda"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "$@"\n')
    program.chmod(0o755)
    path = f"{binaries}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "STAND_IN": str(folder)}


def main(words):
    answers = {
        "info": json.dumps({"conda_prefix": os.environ["STAND_IN"], "platform": "linux-64"}),
        "--version": "conda 26.1.0",
        "clean": "",
        "config": json.dumps({"get": {"channel_priority": "strict"}}),
    }
    if words[0] in answers:
        print(answers[words[0]])
    elif words[:2] == ["env", "create"]:
        create(*(words[words.index(flag) + 1] for flag in ("--file", "--prefix")))
    else:
        sys.exit(f"this stand-in for conda cannot {' '.join(words)}")


if __name__ == "__main__":
    main(sys.argv[1:])
