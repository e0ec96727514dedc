"""Check what the machine offers: `smwm doctor`.

MuJoCo renders offscreen through EGL or, failing that, OSMesa. Both are system libraries that
pip cannot bring.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys

from smwm.errors import InputError

BACKENDS = ("egl", "osmesa")
PACKAGES = ("libegl1", "libgl1-mesa-dri", "libosmesa6")  # Debian and Ubuntu
APT = ["apt-get", "-o", "Acquire::Retries=3"]
RENDER_ONE_IMAGE = """
import mujoco
model = mujoco.MjModel.from_xml_string(
    "<mujoco><worldbody><light pos='0 0 3'/><geom size='.3' rgba='1 0 0 1'/></worldbody></mujoco>"
)
data = mujoco.MjData(model)
mujoco.mj_forward(model, data)
with mujoco.Renderer(model, 16, 16) as renderer:
    renderer.update_scene(data)
    assert renderer.render().max() > 0
"""


def working_backend() -> str | None:
    """The first OpenGL backend that really renders an image, tried in a process of its own."""
    for backend in BACKENDS:
        environment = os.environ | {"MUJOCO_GL": backend}
        command = [sys.executable, "-c", RENDER_ONE_IMAGE]
        if subprocess.run(command, env=environment, capture_output=True).returncode == 0:
            return backend
    return None


def install_opengl() -> None:
    """Install the libraries where the user may. Raises InputError saying what to install."""
    instruction = f"apt-get install {' '.join(PACKAGES)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise InputError(
            "MuJoCo cannot render: no EGL or OSMesa library works here. Ask an administrator "
            f"for these packages (Debian, Ubuntu): {instruction}"
        )
    print(f"offscreen OpenGL is missing, running: {instruction}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-qq", "-y", *PACKAGES]):
        if subprocess.run([*APT, *words], env=environment).returncode != 0:
            raise InputError(f"apt-get {words[0]} failed; install by hand: {instruction}")


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--install", action="store_true", help="install missing system libraries, if allowed"
    )


def run(arguments: argparse.Namespace) -> None:
    import torch

    cuda = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    print(f"Python {platform.python_version()}, torch {torch.__version__}, GPU: {cuda}")
    backend = working_backend()
    if backend is None and arguments.install:
        install_opengl()
        backend = working_backend()
    if backend is None:
        raise InputError(
            "MuJoCo cannot render: neither EGL nor OSMesa works; "
            f"`smwm doctor --install` installs {', '.join(PACKAGES)}"
        )
    print(f"offscreen OpenGL: {backend} works")
