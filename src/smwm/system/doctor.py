"""Check what the machine offers, and install what is missing: `smwm doctor`."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from smwm.errors import InputError
from smwm.system.opengl import PACKAGES, working_backend, wrong_variable

APT = ["apt-get", "-o", "Acquire::Retries=3"]


def install_opengl() -> None:
    """Install the libraries where the user may. Raises InputError saying what to install."""
    instruction = f"apt-get install {' '.join(PACKAGES)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise InputError(
            "images cannot be rendered: no EGL or OSMesa library works here. Ask an administrator "
            f"for these packages (Debian, Ubuntu): {instruction}"
        )
    print(f"offscreen OpenGL is missing, running: {instruction}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-qq", "-y", *PACKAGES]):
        if subprocess.run([*APT, *words], env=environment).returncode != 0:
            raise InputError(f"apt-get {words[0]} failed; install by hand: {instruction}")


def check_dvc(folder: Path, install: bool) -> None:
    """Say what DVC needs in a folder that came without its git repository, or see to it."""
    in_git = any((parent / ".git").exists() for parent in (folder, *folder.parents))
    if in_git or not (folder / ".dvc").is_dir():
        return
    dvc = [sys.executable, "-m", "dvc", "config"]
    told = subprocess.run([*dvc, "core.no_scm"], cwd=folder, capture_output=True, encoding="utf-8")
    if told.stdout.strip() == "true":
        return
    command = [*dvc, "--local", "core.no_scm", "true"]
    if install and subprocess.run(command, cwd=folder).returncode == 0:
        print("not a git repository: DVC is told to do without one")
    else:
        print("not a git repository: `dvc config --local core.no_scm true` lets `dvc pull` work")


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--install", action="store_true", help="see to what is missing, if allowed")


def run(arguments: argparse.Namespace) -> None:
    import torch

    cuda = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    print(f"Python {platform.python_version()}, torch {torch.__version__}, GPU: {cuda}")
    check_dvc(Path.cwd(), arguments.install)
    backend = working_backend()
    if backend is None and (wrong := wrong_variable()):
        raise InputError(wrong)
    if backend is None and arguments.install:
        install_opengl()
        backend = working_backend()
    if backend is None:
        raise InputError(
            "images cannot be rendered: neither EGL nor OSMesa works; "
            f"`smwm doctor --install` installs {', '.join(PACKAGES)}"
        )
    print(f"offscreen OpenGL: {backend} works")
