import math

import numpy as np
import pandas as pd
import pytest
import torch

from conftest import ROOT, TINY_MODEL
from smwm.__main__ import main
from smwm.benchmark import COLUMNS, PlainWindows, every_score, plain_plan
from smwm.data.windows import Windows
from smwm.models.transformer import Attention
from smwm.models.world_model import WorldModel
from smwm.planning.cem import PlannerSettings, plan
from smwm.planning.evaluate import goal_distance

PLANNER = PlannerSettings(samples=20, iterations=4, elites=5, horizon=3)


def test_the_plain_planner_makes_the_same_plans():
    torch.manual_seed(0)
    model = WorldModel(TINY_MODEL, 16, 4).eval()
    start, goal = torch.randint(0, 256, (2, 5, 16, 16, 3), dtype=torch.uint8)
    low, high = -torch.ones(4), torch.ones(4)
    with torch.inference_mode():
        cost = goal_distance(model, model.encode(start), model.encode(goal))
        ours = plan(cost, low, high, 5, PLANNER, torch.Generator().manual_seed(1))
        generator = torch.Generator().manual_seed(1)
        noise = [torch.randn(5, 20, 3, 4, generator=generator) for _ in range(4)]
        plain = plain_plan(model, start, goal, low, high, PLANNER, noise)
    torch.testing.assert_close(ours, plain, rtol=1e-3, atol=1e-4)


def test_the_plain_data_path_gives_the_same_windows(dataset_folder, train_data):
    windows = Windows.of(train_data, 3, 5)
    source = PlainWindows(dataset_folder / "train.h5", windows.starts.numpy(), 3, 5)
    pixels, actions = windows.gather(windows.starts[[2, 40]])
    for i, number in enumerate((2, 40)):
        image, action = source[number]
        torch.testing.assert_close(image, pixels[i].float() / 127.5 - 1)
        torch.testing.assert_close(action, actions[i])


def test_scores_are_computed_for_the_plain_side_alone(monkeypatch):
    calls = []
    attend = Attention.attend
    monkeypatch.setattr(Attention, "attend", lambda *given: calls.append(1) or attend(*given))
    attention, token = Attention(4, 1, 4, True), torch.randn(2, 1, 4)
    attention(token)
    assert not calls
    with every_score():
        attention(token)
    attention(token)
    assert len(calls) == 1


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


def test_an_unknown_scale_is_one_clear_line(tmp_path, capsys):
    words = ["--scales", "huge", "--config", str(ROOT / "config")]
    assert main(["benchmark", "--out", str(tmp_path), *words]) == 2
    assert "scale: 'huge' is unknown" in capsys.readouterr().err


@pytest.mark.parametrize("device", ["cuda"])
def test_a_missing_gpu_is_one_clear_line(tmp_path, capsys, device):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert main(["benchmark", "--out", str(tmp_path), "--device", device]) == 2
    assert "cuda is not available" in capsys.readouterr().err
