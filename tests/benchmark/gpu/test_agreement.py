"""The planted mistakes are made where the device computes: in the second of two outcomes."""

import math

import pytest
import torch

from smwm.benchmark.gpu import agreement as module
from smwm.benchmark.gpu.agreement import CPU, agreement, case_of, outcome, planned_costs
from smwm.models.world_model import WorldModel
from smwm.planning import latent
from smwm.training import train


@pytest.mark.parametrize("scale", ["gpu", "paper"])
@pytest.mark.parametrize("method", ["smwm", "sigreg", "ema", "reconstruction"])
def test_the_cpu_agrees_with_itself(kit, scale, method):
    rows = agreement(kit, scale, method)
    assert [row.verdict for row in rows] == ["pass", "pass"]
    assert rows[0].measured == 0
    assert 0 < rows[1].measured < 0.8  # bfloat16 differs, and the tolerance leaves room


def test_actions_count_where_a_transformer_predicts(kit):
    """Else all plans would cost the same, whatever a device computes."""
    case = case_of(kit, "paper", "smwm")
    shape = (16, module.PROBLEMS, 5, 10)
    costs = [planned_costs(case, plans) for plans in torch.randn(shape)]
    spread = torch.stack(costs).std(0) / torch.stack(costs).mean(0)
    assert spread.min() > 0.004


def spoiled(kit, monkeypatch, target, name, make):
    """The differences where `name` of `target` is replaced for the device alone."""
    case = case_of(kit, "paper", "smwm")
    expected = outcome(case, "float32", CPU)
    monkeypatch.setattr(target, name, make(getattr(target, name)))
    found = outcome(case, "float32", CPU)
    monkeypatch.undo()
    return module.differences(case, found, expected)


def test_wrong_latents_are_found(kit, monkeypatch):
    def make(encode):
        return lambda model, pixels: encode(model, pixels) * 1.001

    found = spoiled(kit, monkeypatch, WorldModel, "encode", make)
    assert found["latents"] == pytest.approx(1e-3, rel=0.01)


def test_wrong_gradients_are_found_where_losses_are_right(kit, monkeypatch):
    def make(loss_terms):
        def detached(method, model, batch, weight):
            terms = loss_terms(method, model, batch, weight)
            half = terms["loss"] / 2
            return terms | {"loss": half + half.detach()}

        return detached

    found = spoiled(kit, monkeypatch, train, "loss_terms", make)
    assert found["losses"] == pytest.approx(0, abs=1e-6)
    assert found["gradients"] == pytest.approx(0.5, rel=1e-3)


def test_plans_that_lead_elsewhere_are_found(kit, monkeypatch):
    def make(goal_distance):
        return lambda *given: lambda plans: -goal_distance(*given)(plans)

    found = spoiled(kit, monkeypatch, latent, "goal_distance", make)
    assert found["plans"] > module.TOLERANCES["bfloat16"]["plans"]
    assert found["gradients"] == 0


def test_what_is_no_number_fails(kit, monkeypatch):
    values = dict.fromkeys(module.TOLERANCES["float32"], 0.0) | {"plans": math.nan}
    monkeypatch.setattr(module, "differences", lambda *given: values)
    assert {row.verdict for row in agreement(kit, "gpu", "smwm")} == {"fail"}


def test_random_numbers_are_the_cpu_s_and_only_inside():
    before = torch.randn
    with module.drawn_on_the_cpu():
        torch.manual_seed(0)
        inside = torch.randn(2, 3, device=CPU)
    torch.manual_seed(0)
    assert torch.randn is before
    assert torch.equal(inside, torch.randn(2, 3))
