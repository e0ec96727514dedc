import json
import subprocess
import sys

import pytest
import torch

from conftest import ROOT
from smwm.__main__ import main
from smwm.benchmark.gpu import run as module
from smwm.system.extras import EXTRAS

WORDS = ["benchmark", "--gpu", "--device", "cpu", "--out"]
THERE = {"scipy", "sklearn"}  # on many a machine with a GPU


def table(folder):
    return json.loads((folder / "gpu.json").read_text())


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """Run the kit where no module of an extra can be imported, in whatever process."""
    site = tmp_path / "site"
    site.mkdir()
    for name in {name for names in EXTRAS.values() for name in names} - THERE:
        (site / f"{name}.py").write_text(f"raise ModuleNotFoundError(name={name!r})\n")
    monkeypatch.setenv("PYTHONPATH", f"{site}:{ROOT / 'src'}")

    def run(*words):
        command = [sys.executable, "-m", "smwm", *words]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    return run


def test_the_kit_runs_on_bare_dependencies(bare, tmp_path):
    done = bare(*WORDS, "out", "--checks", "feed", "planning")
    assert done.returncode == 0, done.stderr
    assert [row["check"] for row in table(tmp_path / "out")["rows"]] == ["feed", "planning"]


@pytest.mark.slow
def test_every_check_passes_there(bare, tmp_path):
    done = bare(*WORDS, "out")
    assert done.returncode == 0, done.stderr
    rows = table(tmp_path / "out")["rows"]
    assert {row["check"] for row in rows} == set(module.CHECKS)
    assert {row["verdict"] for row in rows} == {"pass", "no goal"}
    assert len([row for row in rows if row["verdict"] == "pass"]) == 7 * 2 * 2 + 2
    assert "leaked" not in done.stderr


def test_without_its_packages_the_comparison_names_the_extra(bare):
    done = bare("benchmark", "--out", "out")
    assert done.returncode == 2
    assert "install smwm with its extra [workflow]" in done.stderr


def test_a_check_that_fails_is_a_row_and_the_others_go_on(tmp_path, capsys, monkeypatch):
    def broken(kit, source):
        raise RuntimeError("CUDA error: an illegal\nmemory access")

    monkeypatch.setattr(module, "feed", broken)
    assert main([*WORDS, str(tmp_path), "--checks", "feed", "planning"]) == 2
    first, second = table(tmp_path)["rows"]
    assert first["verdict"] == "fail"
    assert first["note"] == "RuntimeError: CUDA error: an illegal memory access"
    assert second["verdict"] == "no goal"
    assert "gpu.md: 1 of 2 rows fail: feed: from cpu" in capsys.readouterr().err


def test_what_was_measured_is_there_after_an_interruption(tmp_path, monkeypatch):
    def interrupted(kit):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "planning", interrupted)
    with pytest.raises(KeyboardInterrupt):
        main([*WORDS, str(tmp_path), "--checks", "feed", "planning"])
    assert [row["check"] for row in table(tmp_path)["rows"]] == ["feed"]


def test_every_check_has_its_measurements(kit):
    assert set(module.checks_of(kit)) == {*module.CHECKS, *module.MORE}


def test_on_a_gpu_images_also_come_from_the_host(kit):
    assert len(module.checks_of(kit)["feed"]) == 1
    on_gpu = module.Kit(torch.device("cuda", 0), False, kit.folder, kit.scales, kit.jobs)
    assert list(module.checks_of(on_gpu)["feed"]) == ["from cuda:0", "from cpu"]


def test_flags_of_the_kit_need_it(tmp_path, capsys):
    assert main(["benchmark", "--out", str(tmp_path), "--small"]) == 2
    assert "--checks, --small: are of --gpu" in capsys.readouterr().err
