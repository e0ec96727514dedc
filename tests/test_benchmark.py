import math

import numpy as np
import pandas as pd
import torch

from conftest import ROOT
from smwm.__main__ import main
from smwm.benchmark import COLUMNS


def test_benchmark_writes_a_row_a_part_with_agreeing_results(tmp_path):
    words = ["--scales", "smoke", "--repeats", "3", "--episodes", "2", "--iterations", "2"]
    words += ["--config", str(ROOT / "config"), "--threads", "1", "--device", "cpu"]
    assert main(["benchmark", "--out", str(tmp_path), *words]) == 0
    table = pd.read_csv(tmp_path / "benchmark.csv")
    assert list(table) == ["device", *COLUMNS]
    assert table["part"].tolist() == ["data path", "training step", "planner"]
    for name in ("ours", "plain", "ratio"):
        assert (table[name] > 0).all()
        assert (table[f"{name}_low"] <= table[name]).all()
        assert (table[name] <= table[f"{name}_high"]).all()
    np.testing.assert_allclose(table["agreement"], 0, atol=0.05)
    assert math.isnan(table["share_of_peak"][0])
    assert (table["share_of_peak"][1:] > 0).all()
    text = (tmp_path / "benchmark.md").read_text()
    assert text.count("| smoke |") == 3
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


def test_a_missing_gpu_is_one_clear_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main(["benchmark", "--out", str(tmp_path), "--device", "cuda"]) == 2
    assert "cuda is not available" in capsys.readouterr().err
