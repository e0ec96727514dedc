import mmap
import resource
import subprocess

import numpy as np
import pandas as pd
import pytest
import torch

from conftest import ROOT
from smwm.__main__ import main
from smwm.benchmark.parts import COLUMNS, PARTS, open_gates
from smwm.benchmark.storage import TILE_PARTS, leave_cache, tiled
from smwm.models.world_model import ModelSettings, WorldModel


@pytest.mark.slow
def test_benchmark_writes_a_row_a_part_with_agreeing_results(tmp_path):
    words = ["--scales", "smoke", "--repeats", "3", "--episodes", "2", "--iterations", "2"]
    words += ["--config", str(ROOT / "config"), "--threads", "1", "--device", "cpu"]
    assert main(["benchmark", "--out", str(tmp_path), *words]) == 0
    table = pd.read_csv(tmp_path / "benchmark.csv")
    assert list(table) == ["device", *COLUMNS]
    assert table["part"].tolist() == list(PARTS | TILE_PARTS)
    moves = table["part"].isin(["data path", *TILE_PARTS])  # the others compute
    for name in ("ours", "plain", "ratio"):
        assert (table[name] > 0).all()
        assert (table[f"{name}_low"] <= table[name]).all()
        assert (table[name] <= table[f"{name}_high"]).all()
    np.testing.assert_allclose(table["agreement"], 0, atol=0.05)
    assert (table["agreement"][moves] == 0).all()
    assert table["share_of_peak"][moves].isna().all()
    assert (table["share_of_peak"][~moves] > 0).all()
    np.testing.assert_allclose(
        table["ratio_at_peak"][~moves],
        (table["plain"] / table["ours"] / table["share_of_peak"])[~moves],
        rtol=1e-3,
    )
    text = (tmp_path / "benchmark.md").read_text()
    assert text.count("| smoke |") == len(table)
    # A later run renews its own rows and leaves the others.
    words[words.index("--threads") + 1] = "2"
    assert main(["benchmark", "--out", str(tmp_path), *words, "--parts", "data path"]) == 0
    both = pd.read_csv(tmp_path / "benchmark.csv")
    pd.testing.assert_frame_equal(both[both["threads"] == 1], table)
    assert both[both["threads"] == 2]["part"].tolist() == ["data path"]


def test_another_table_is_not_overwritten(tmp_path, capsys):
    (tmp_path / "benchmark.csv").write_text("a,b\n1,2\n")
    words = ["--scales", "smoke", "--parts", "data path", "--config", str(ROOT / "config")]
    words += ["--repeats", "3", "--threads", "1", "--device", "cpu"]
    assert main(["benchmark", "--out", str(tmp_path), *words]) == 2
    assert "not a table of this benchmark" in capsys.readouterr().err
    assert (tmp_path / "benchmark.csv").read_text() == "a,b\n1,2\n"


def test_an_unknown_scale_is_one_clear_line(tmp_path, capsys):
    words = ["--scales", "huge", "--config", str(ROOT / "config")]
    assert main(["benchmark", "--out", str(tmp_path), *words]) == 2
    assert "scale: 'huge' is unknown" in capsys.readouterr().err


def test_outside_the_repository_the_folder_of_scales_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["benchmark", "--out", "out"]) == 2
    message = "config/scale: holds no scales; run in the repository"
    assert message in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.*"))


def test_a_missing_gpu_is_one_clear_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main(["benchmark", "--out", str(tmp_path), "--device", "cuda"]) == 2
    assert "cuda is not available" in capsys.readouterr().err


def test_opened_gates_let_actions_matter():
    torch.manual_seed(0)
    settings = ModelSettings(
        forward_model="transformer", latent_dim=8, blocks=1, heads=1, head_dim=4, mlp_width=8
    )
    model = WorldModel(settings, 16, 4).eval()
    latents, actions = torch.randn(1, 8).expand(2, -1), torch.randn(2, 4)
    with torch.no_grad():
        assert torch.equal(*model.predict(latents, actions))
        open_gates(model)
        assert not torch.allclose(*model.predict(latents, actions), atol=1e-3)


def test_the_tiles_are_of_the_same_images(train_data):
    found = tiled(train_data)
    assert found.pixels.nbytes < train_data.pixels.nbytes
    np.testing.assert_array_equal(found.pixels[:], train_data.pixels)


def test_a_file_can_leave_the_cache(tmp_path):
    """Pages that are read again come from the disk, as the kernel counts for this process."""
    path = tmp_path / "file"
    path.write_bytes(bytes(64 * mmap.PAGESIZE))

    def from_disk():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_inblock
        assert len(path.read_bytes()) == 64 * mmap.PAGESIZE
        return resource.getrusage(resource.RUSAGE_SELF).ru_inblock - before

    if subprocess.run(["stat", "-fc%T", tmp_path], capture_output=True).stdout == b"tmpfs\n":
        pytest.skip("its files are in memory")
    assert from_disk() == 0
    leave_cache(path)
    assert from_disk() == 64 * mmap.PAGESIZE // 512
