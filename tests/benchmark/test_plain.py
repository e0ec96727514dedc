from dataclasses import replace

import pytest
import torch

from conftest import TINY_MODEL
from smwm.benchmark.plain import PlainWindows, every_score, plain_plan
from smwm.data.windows import Windows
from smwm.models.transformer import Attention
from smwm.models.world_model import WorldModel
from smwm.planning.cem import PlannerSettings, plan
from smwm.planning.latent import goal_distance

PLANNER = PlannerSettings(samples=20, iterations=4, elites=5, horizon=3)


@pytest.mark.parametrize(("candidates", "returns"), [("clipped", "best"), ("free", "mean")])
def test_the_plain_planner_makes_the_same_plans(candidates, returns):
    torch.manual_seed(0)
    settings = replace(PLANNER, candidates=candidates, returns=returns)
    model = WorldModel(TINY_MODEL, 16, 4).eval()
    start, goal = torch.randint(0, 256, (2, 5, 16, 16, 3), dtype=torch.uint8)
    low, high = -torch.ones(4), torch.ones(4)
    with torch.inference_mode():
        cost = goal_distance(model, model.encode(start), model.encode(goal))
        ours = plan(cost, low, high, 5, settings, torch.Generator().manual_seed(1))
        generator = torch.Generator().manual_seed(1)
        noise = [torch.randn(5, 20, 3, 4, generator=generator) for _ in range(4)]
        plain = plain_plan(model, start, goal, low, high, settings, noise)
        once = plain_plan(model, start, goal, low, high, settings, noise, encode_once=True)
    torch.testing.assert_close(ours, plain, rtol=1e-3, atol=1e-4)
    assert torch.equal(plain, once)


def test_images_are_encoded_in_each_iteration_or_once(monkeypatch):
    model = WorldModel(TINY_MODEL, 16, 4).eval()
    calls, encode = [], model.encode
    monkeypatch.setattr(model, "encode", lambda images: calls.append(1) or encode(images))
    images, bound = torch.zeros(2, 16, 16, 3, dtype=torch.uint8), torch.ones(4)
    noise = [torch.randn(2, 20, 3, 4) for _ in range(4)]
    counts = []
    for encode_once in (False, True):
        calls.clear()
        with torch.inference_mode():
            plain_plan(model, images, images, -bound, bound, PLANNER, noise, encode_once)
        counts.append(len(calls))
    assert counts == [2 * 2 * 4, 2 * 2]


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
