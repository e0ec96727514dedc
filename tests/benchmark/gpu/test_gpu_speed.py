import pytest
import torch

from smwm.benchmark.gpu.speed import feed, paper_step, planning
from smwm.training.train import losses_in


def test_a_step_has_a_time_and_a_share_but_no_goal_in_small(kit):
    time, share = paper_step(kit, "eager")
    assert time.measured > 0
    assert 0 < share.measured < 1
    assert {row.verdict for row in (time, share)} == {"no goal"}


def test_a_cpu_compiles_nothing_and_says_so(kit, monkeypatch):
    made = []
    monkeypatch.setattr(torch, "compile", lambda function, **how: made.append(how) or function)
    losses_in.cache_clear()
    time, _ = paper_step(kit, "graph")
    losses_in.cache_clear()
    assert made == [{"mode": "reduce-overhead", "dynamic": False}]
    assert "not compiled on a CPU" in time.note
    assert "not compiled" not in paper_step(kit, "eager")[0].note


def test_a_loss_that_is_no_number_is_an_error(kit, monkeypatch):
    model = kit.model("paper")
    model.action_mean.fill_(torch.nan)
    monkeypatch.setattr(type(kit), "model", lambda kit, name: model)
    with pytest.raises(ArithmeticError, match="the loss is nan"):
        paper_step(kit, "eager")


def test_batches_and_tasks_are_counted(kit):
    (row,) = feed(kit, kit.device)
    assert row.measured > 0
    (row,) = planning(kit)
    assert row.what == "10 tasks of two_room"
    assert 0 < row.measured < 60
