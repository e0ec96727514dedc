"""The wheel and the source archive: what they hold, and that they work away from the repository."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement

from conftest import ROOT
from smwm import __version__
from smwm.system.extras import EXTRAS

pytest.importorskip("build")
SOURCES = ("src", "config", "resources", "docs")
SESSION = """
import numpy as np
import smwm
smwm.collect("two_room", "rooms", episodes=4, steps=12, image_size=16, held_out=0.5, storage="raw")
model = smwm.train("rooms/train.h5", "model.pt", channels=(4, 8), latent_dim=6, width=16, steps=4)
images = np.zeros((2, 16, 16, 3), np.uint8)
quick = {"samples": 8, "iterations": 1, "elites": 2}
print(smwm.load("model.pt").encode(images).shape, model.plan(*images, **quick).shape)
print(len(smwm.evaluate("model.pt", "rooms/eval.h5", tasks=2, offset=5, **quick)["solved"]))
for call in (lambda: smwm.collect("cube", "cube"), lambda: smwm.settings("planner", "cube"),
             lambda: smwm.export("model.pt", "out")):
    try:
        call()
    except smwm.InputError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of a source archive, and of the wheel that was built from it."""
    copy = tmp_path_factory.mktemp("package") / "source"
    for name in SOURCES:
        ignored = shutil.ignore_patterns("*.egg-info", "__pycache__", "reference")
        shutil.copytree(ROOT / name, copy / name, symlinks=True, ignore=ignored)
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    command = [sys.executable, "-m", "build", "--no-isolation", copy]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stdout + done.stderr
    return copy / "dist"


@pytest.fixture(scope="module")
def wheel(built):
    (path,) = built.glob("*.whl")
    return path


def installed_with(names):
    """Files and folders at the top of the packages `names`, and of what these require."""
    left, seen, tops = list(names), set(), set()
    while left:
        name = left.pop().lower()
        if name in seen:
            continue
        seen.add(name)
        found = distribution(name)
        tops |= {found.locate_file(file.parts[0]) for file in found.files}
        wanted = map(Requirement, found.requires or [])
        left += [w.name for w in wanted if w.marker is None or w.marker.evaluate({"extra": ""})]
    return {path for path in tops if path.name not in ("..", "__pycache__")}


@pytest.fixture(scope="module")
def run(wheel, tmp_path_factory):
    """Run Python with the installed wheel, in a folder that holds nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", folder / "site", wheel], check=True)
    (folder / "work").mkdir()

    def python(*words):
        environment = os.environ | {"PYTHONPATH": str(folder / "site")}
        return subprocess.run(
            [sys.executable, *words], capture_output=True, text=True, cwd=folder / "work",
            env=environment,
        )  # fmt: skip

    python.program, python.site = folder / "site/bin/smwm", folder / "site"
    return python


def test_the_wheel_holds_code_scales_and_the_paper_s_tables(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = {name: archive.read(name) for name in archive.namelist() if "dist-info" not in name}
    source = ROOT / "src/smwm"
    wanted = [path for path in source.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    expected = {f"smwm/{path.relative_to(source)}": path.read_bytes() for path in wanted}
    for shared, folder in {"config": "config", "paper": "resources/paper"}.items():
        for path in (ROOT / folder).rglob("*.*"):
            name = f"smwm/shared/{shared}/{path.relative_to(ROOT / folder)}"
            expected[name] = path.read_bytes()
    assert held == expected
    assert {"smwm/py.typed", "smwm/shared/config/scale/laptop.yaml"} <= held.keys()


def test_the_source_archive_holds_what_the_wheel_is_built_from(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "pyproject.toml", "docs/library.md", "src/smwm/py.typed"} <= names
    assert "src/smwm/shared/paper/settings.csv" in names


def test_the_metadata_ask_for_little_and_link_to_what_is_there(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    required = metadata.get_all("Requires-Dist")
    bare = {re.split("[<>=]", line)[0] for line in required if "extra ==" not in line}
    assert bare == {"h5py", "numpy", "torch", "tqdm"}
    extras = {*EXTRAS, "cluster", "docs", "tensorboard", "test"}
    assert extras == set(metadata.get_all("Provides-Extra"))
    assert any(re.match(r'snakemake<10,>=9\.0; extra == "workflow"', line) for line in required)
    assert "https://" in metadata["Project-URL"]
    assert metadata.get_payload().startswith("# smwm as a library")


def test_the_installed_program_knows_its_version_and_its_scales(run):
    where = run("-c", "import smwm; print(smwm.__file__)")
    assert where.stdout.strip() == str(run.program.parents[1] / "smwm/__init__.py")
    assert run(run.program, "--version").stdout.strip() == __version__
    words = ["settings", "--scale", "laptop", "--env", "reacher", "--method", "smwm"]
    shown = run(run.program, *words)
    assert shown.returncode == 0, shown.stderr
    command = [sys.executable, "-m", "smwm", *words]
    assert shown.stdout == subprocess.check_output(command, cwd=ROOT, text=True)


def test_a_bare_install_collects_trains_loads_and_plans(run, tmp_path):
    """In an environment of nothing but the wheel and what its metadata require."""
    for path in installed_with(["h5py", "numpy", "torch", "tqdm"]):
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "smwm").symlink_to(run.site / "smwm")
    command = f"import sys; sys.path.append({str(tmp_path)!r})\n" + SESSION
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", command], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    shapes, solved, *refusals = done.stdout.splitlines()[-5:]
    assert (shapes, solved) == ("(2, 6) (25, 2)", "2")
    for refusal, extra in zip(refusals, ("sim", "workflow", "hub"), strict=True):
        assert refusal.endswith(f"is not installed: install smwm with its extra [{extra}]")
