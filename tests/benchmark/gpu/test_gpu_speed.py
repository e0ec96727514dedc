import pytest
import torch

from smwm.benchmark.gpu.speed import COMPILED, compile_in_place, feed, paper_step, planning


def test_a_step_has_a_time_and_a_share_but_no_goal_in_small(kit):
    time, share = paper_step(kit, "eager")
    assert time.measured > 0
    assert 0 < share.measured < 1
    assert {row.verdict for row in (time, share)} == {"no goal"}


def test_compiled_networks_compute_the_same(kit):
    model = kit.model("gpu").eval()
    images = torch.randint(0, 256, (2, 16, 16, 3), dtype=torch.uint8)
    with torch.no_grad():
        before = model.encode(images)
        own = {name: getattr(model, name) for name in COMPILED}
        compile_in_place(model, "default", kit.device)
        assert all(getattr(model, name) is not own[name] for name in COMPILED)
        torch.testing.assert_close(model.encode(images), before)
    torch.compiler.reset()


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
