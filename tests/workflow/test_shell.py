"""What reaches a shell: paths and values of the configuration, and the path of the checkout."""

import shlex
import shutil
import subprocess
import sys

import pytest
import yaml

from conftest import ROOT
from smwm.data.dataset import read_dataset
from workflow_runs import fresh_copy, planned, snakemake

ODD = 'it\'s "a" $(touch hacked) & `touch hacked`;'
DATA = "data/datasets/smoke/two_room/train.h5"


def configure(folder, **values):
    path = folder / "config" / "config.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | values))


def test_data_are_taken_from_a_file_of_any_name_and_again_when_it_is_replaced(
    tmp_path, dataset_folder
):
    folder = fresh_copy(tmp_path / "taken")
    name = f"{ODD}.h5"
    shutil.copy(dataset_folder / "train.h5", folder / name)
    configure(folder, collect={"source": name, "image_size": 16})
    assert planned(folder, "--", DATA) == {"collect"}
    status, output = snakemake(folder, "--cores", "1", DATA)
    assert status == 0, output
    assert len(read_dataset(folder / DATA).lengths) == 5
    assert not list(folder.rglob("hacked*"))
    shutil.copy(dataset_folder / "train.h5", folder / name)
    assert not planned(folder, "--", DATA)  # a new time stamp, the same content
    shutil.copy(dataset_folder / "eval.h5", folder / name)
    assert planned(folder, "--", DATA) == {"collect"}
    status, output = snakemake(folder, "--cores", "1", DATA)
    assert status == 0, output
    assert len(read_dataset(folder / DATA).lengths) == 1
    (folder / name).unlink()
    assert "collect" not in planned(folder, "--", "figures/smoke/data_coverage.pdf")
    (folder / DATA).unlink()
    status, output = snakemake(folder, "-n", DATA)
    assert status != 0
    assert name in output.splitlines()[-1] + output.splitlines()[-2]


def test_every_command_holds_its_paths_as_whole_words(tmp_path):
    """A scale's name is part of nearly every path; shells must not see what is in it."""
    folder = fresh_copy(tmp_path / "odd", small=False)
    scale = folder / "config" / "scale"
    shutil.copy(scale / "smoke.yaml", scale / f"{ODD}.yaml")
    status, output = snakemake(folder, "-n", "--printshellcmds", scale=ODD)
    assert status == 0, output
    commands = [line for line in output.splitlines() if "python -m smwm " in line]
    assert len(commands) > 100
    for command in commands:
        words = shlex.split(command.strip())
        assert any(ODD in word for word in words)
        assert all(ODD in word for word in words if "hacked" in word or "it's" in word), command


@pytest.fixture
def with_colon(tmp_path):
    return fresh_copy(tmp_path / "with:colon")


def test_a_checkout_whose_path_has_a_colon_is_refused(with_colon):
    status, output = snakemake(with_colon, "-n")
    assert status != 0
    assert f"checkout: {with_colon}/src: a path with ':' is not allowed" in output.splitlines()[-1]


def test_an_environment_whose_path_has_a_colon_is_refused(tmp_path):
    folder = fresh_copy(tmp_path / "checkout")
    (tmp_path / "with:colon").symlink_to(sys.prefix)
    python = tmp_path / "with:colon" / "bin" / "python"
    words = [python, "-m", "snakemake", "-n", "--config", "scale=smoke"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.returncode != 0
    assert f"checkout: {tmp_path}/with:colon/bin: a path with ':'" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("words", [["make", "setup"], ["sh", "workflow/setup.sh", ".venv"]])
def test_setup_refuses_a_path_with_a_colon(with_colon, words):
    done = subprocess.run(words, cwd=with_colon, capture_output=True, text=True)
    assert done.returncode != 0
    assert f"{with_colon}, " in done.stderr
    assert "a path with ':' is not allowed" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (with_colon / ".venv").exists()


def test_setup_refuses_an_environment_with_a_colon(tmp_path):
    for words in (
        ["make", "setup", f"VENV={tmp_path}/a:b"],
        ["sh", "workflow/setup.sh", f"{tmp_path}/a:b"],
    ):
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode != 0
        assert f"{tmp_path}/a:b: a path with ':' is not allowed" in done.stderr.replace(")", "")
    assert not list(tmp_path.iterdir())
