import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from conftest import TINY_MODEL
from smwm.models.world_model import WorldModel
from smwm.training.objectives import (
    OBJECTIVES,
    Batch,
    TargetEncoder,
    covariance,
    loss_terms,
    low_variance,
    reconstruction,
    sigreg,
)
from smwm.training.train import prepare


class Known(WorldModel):
    """g adds the action's sum to every dimension; h is the change of the first dimension."""

    def predict(self, latents, actions):
        return latents + actions.sum(-1, keepdim=True)

    def infer_action(self, latents, next_latents):
        return (next_latents - latents)[..., :1].expand(*latents.shape[:-1], 2)


@pytest.fixture
def known():
    return Known(TINY_MODEL, 16, 2)


def batch():
    latents = torch.tensor([[[0.0, 0.0], [1.0, 3.0]], [[1.0, 1.0], [1.0, 1.0]]])
    actions = torch.tensor([[[0.5, 0.5]], [[2.0, 0.0]]])
    return Batch(latents.requires_grad_(), actions, projections=8)


def test_smwm_loss_by_hand(known):
    # predictions (1, 1), (3, 3): errors 0, -2, 2, 2 -> mean square 12 / 4
    # estimates (1, 1), (0, 0) of (.5, .5), (2, 0): .25 + .25 + 4 + 0 -> 4.5 / 4
    terms = loss_terms("smwm", known, batch(), weight=10.0)
    assert terms["forward"].item() == pytest.approx(3.0)
    assert terms["regulariser"].item() == pytest.approx(1.125)
    assert terms["loss"].item() == pytest.approx(3.0 + 11.25)


def test_where_nothing_is_controlled_there_is_no_action_to_tell():
    model = WorldModel(TINY_MODEL, 16, 0)
    data = Batch(torch.randn(4, 2, 6), torch.zeros(4, 1, 0), projections=8)
    terms = loss_terms("smwm", model, data, weight=10.0)
    assert terms["regulariser"].item() == 0
    assert terms["loss"].item() == terms["forward"].item() > 0


def test_forward_only_has_no_other_term(known):
    terms = loss_terms("forward_only", known, batch(), weight=10.0)
    assert set(terms) == {"loss", "forward"}
    assert terms["loss"].item() == pytest.approx(3.0)


@pytest.mark.parametrize("term", ["forward", "regulariser"])
def test_gradients_reach_both_embeddings_of_both_terms(known, term):
    """No stop-gradient: z_t and z_{t+1} both move."""
    data = batch()
    loss_terms("smwm", known, data, weight=1.0)[term].backward()
    gradient = data.latents.grad.abs().sum((0, 2))
    assert (gradient > 0).all()


def test_gradients_reach_the_encoder_through_both_images_of_both_terms():
    torch.manual_seed(0)
    model = WorldModel(TINY_MODEL, 16, 4)
    pixels = torch.randint(0, 256, (3, 2, 16, 16, 3), dtype=torch.uint8)
    actions = torch.randn(3, 1, 4)
    for term in ("forward", "regulariser"):
        for frozen in (0, 1):
            latents = model.encode(pixels)
            parts = list(latents.unbind(1))
            parts[frozen] = parts[frozen].detach()
            data = Batch(torch.stack(parts, 1), actions, 8)
            model.zero_grad()
            loss_terms("smwm", model, data, 1.0)[term].backward()
            assert model.encoder[0].weight.grad.abs().sum() > 0


def test_sigreg_is_near_zero_on_gaussians_and_large_on_collapse():
    torch.manual_seed(0)
    gaussian = sigreg(torch.randn(4096, 16), 256).item()
    collapsed = sigreg(torch.zeros(4096, 16), 256).item()
    narrow = sigreg(0.1 * torch.randn(4096, 16), 256).item()
    one_direction = sigreg(torch.randn(4096, 1) * torch.ones(16), 256).item()
    # under the null the expectation does not grow with the batch
    assert gaussian < 1.5
    assert collapsed > 500 * gaussian
    assert narrow > 100 * gaussian
    assert one_direction > 50 * gaussian


def test_sigreg_of_a_collapsed_batch_by_hand():
    """All embeddings zero: phi = 1 everywhere, so the integrand is (1 - g)^2 g."""
    t = np.linspace(0, 3, 17)
    g = np.exp(-(t**2) / 2)
    weights = np.full(17, 2 * 3 / 16)
    weights[[0, -1]] /= 2
    expected = 5 * ((1 - g) ** 2 * g * weights).sum()
    assert sigreg(torch.zeros(5, 3), 7).item() == pytest.approx(expected, rel=1e-5)


def test_sigreg_of_a_batch_apart_from_zero_by_hand():
    """One dimension, all embeddings c: phi = exp(i c t), so |phi - g|^2 = (cos - g)^2 + sin^2."""
    t, c = np.linspace(0, 3, 17), 0.8
    g = np.exp(-(t**2) / 2)
    error = (np.cos(c * t) - g) ** 2 + np.sin(c * t) ** 2
    weights = np.full(17, 2 * 3 / 16)
    weights[[0, -1]] /= 2
    expected = 5 * (error * g * weights).sum()
    assert sigreg(torch.full((5, 1), c), 7).item() == pytest.approx(expected, rel=1e-5)


def test_sigreg_uses_as_many_directions_as_it_is_told(known):
    """The same draws: the value of the regulariser is that of so many projections."""
    latents = torch.randn(6, 3, 4, generator=torch.Generator().manual_seed(0))
    data = Batch(latents, torch.zeros(6, 2, 2), projections=3)
    known.predict = lambda latents, actions: latents
    values = []
    for value in (
        lambda: loss_terms("sigreg", known, data, 1.0)["regulariser"],
        lambda: sigreg(latents.transpose(0, 1), 3),
        lambda: sigreg(latents.transpose(0, 1), 4),
    ):
        torch.manual_seed(0)
        values.append(value().item())
    assert values[0] == values[1] != values[2]


def test_sigreg_is_a_mean_over_time_steps():
    torch.manual_seed(0)
    latents = torch.zeros(2, 64, 4)
    assert sigreg(latents, 32).item() == pytest.approx(sigreg(latents[0], 32).item(), rel=1e-5)


def test_sigreg_compares_the_windows_of_a_batch_step_by_step(known):
    """Two windows of three steps, all zero: the batch that counts is two, not three."""
    zeros = Batch(torch.zeros(2, 3, 2), torch.zeros(2, 2, 2), projections=8)
    value = loss_terms("sigreg", known, zeros, 1.0)["regulariser"].item()
    assert value == pytest.approx(sigreg(torch.zeros(2, 2), 8).item(), rel=1e-5)


def test_sigreg_is_float32_under_autocast():
    latents = torch.randn(64, 8)
    with torch.autocast("cpu", torch.bfloat16):
        assert sigreg(latents, 16).dtype == torch.float32


def test_sigreg_pushes_a_collapsed_encoder_apart():
    torch.manual_seed(0)
    latents = (1e-3 * torch.randn(256, 4)).requires_grad_()
    sigreg(latents, 64).backward()
    moved = latents - 1e-3 * latents.grad
    assert moved.std() > latents.std()


def pixels_and_batch(method, model):
    torch.manual_seed(0)
    pixels = torch.randint(0, 256, (4, 3, 16, 16, 3), dtype=torch.uint8)
    helper = prepare(method, model)
    return Batch(model.encode(pixels), torch.randn(4, 2, 2), 8, pixels, helper)


@pytest.mark.parametrize("method", OBJECTIVES)
def test_every_method_gives_a_finite_loss_with_gradients(method):
    torch.manual_seed(0)
    model = WorldModel(TINY_MODEL, 16, 2)
    loss = loss_terms(method, model, pixels_and_batch(method, model), 0.5)["loss"]
    assert math.isfinite(loss.item())
    loss.backward()
    assert all(p.grad.abs().sum() > 0 for p in model.forward_model.parameters())
    reached = model.encoder[0].weight.grad is not None
    assert reached != OBJECTIVES[method].frozen


def test_low_variance_by_hand():
    """Deviations 2 and 0 (and .01 of the root's floor): shortfalls 0 and .99."""
    latents = torch.tensor([[[-math.sqrt(2), 5.0]], [[math.sqrt(2), 5.0]]])
    assert low_variance(latents).item() == pytest.approx(0.99 / 2)


def test_covariance_by_hand():
    """Two dimensions of covariance 2, twice off the diagonal, over two dimensions: 4."""
    latents = torch.tensor([[[-1.0, -1.0]], [[1.0, 1.0]]])
    assert covariance(latents).item() == pytest.approx(4.0)
    apart = torch.tensor([[[-1.0, 0.0]], [[1.0, 0.0]]])
    assert covariance(apart).item() == 0


def test_covariance_is_taken_for_each_time_step():
    latents = torch.tensor([[[-1.0, -1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]])
    assert covariance(latents).item() == pytest.approx(2.0)


def test_pldm_loss_by_hand(known):
    # variances over the two windows: step 0 (.5, .5), step 1 (0, 2)
    # covariances: step 0: .5 -> .25 * 2 / 2; step 1: 0; mean .125
    # moves: (1, 3), (0, 0) -> 10 / 4; inverse as in SMWM: 1.125
    value = loss_terms("pldm", known, batch(), 2.0)
    deviations = [math.sqrt(0.5 + 1e-4)] * 2 + [0.01, math.sqrt(2.0001)]
    variance = np.mean([max(0, 1 - d) for d in deviations])
    expected = variance + 0.04 * 0.125 + 0.1 * 2.5 + 1.125
    assert value["regulariser"].item() == pytest.approx(expected, rel=1e-5)
    assert value["loss"].item() == pytest.approx(3 + 2 * expected, rel=1e-5)


def test_moving_average_follows_by_its_momentum():
    torch.manual_seed(0)
    model = WorldModel(TINY_MODEL, 16, 2)
    target = TargetEncoder(model)
    before = target.model.encoder[0].weight.clone()
    with torch.no_grad():
        model.encoder[0].weight.add_(1.0)
    target.follow(model)
    torch.testing.assert_close(target.model.encoder[0].weight, before + 0.01)


def test_no_gradient_reaches_the_encoder_through_the_moving_target():
    torch.manual_seed(0)
    model = WorldModel(TINY_MODEL, 16, 2)
    data = pixels_and_batch("ema", model)
    latents = data.latents.detach().requires_grad_()
    terms = loss_terms("ema", model, replace(data, latents=latents), 1.0)
    terms["loss"].backward()
    assert latents.grad[:, :-1].abs().sum() > 0
    assert latents.grad[:, -1].abs().sum() == 0  # only ever a target
    assert all(p.grad is None for p in data.helper.parameters())
    expected = (model.predict(latents[:, :-1], data.actions)
                - data.helper.model.encode(data.pixels[:, 1:])).square().mean()  # fmt: skip
    torch.testing.assert_close(terms["forward"], expected)


def test_reconstruction_by_hand():
    """A grey decoder against black and white images: (.5 - 0)^2 and (.5 - 1)^2."""
    pixels = torch.zeros(1, 2, 4, 4, 3, dtype=torch.uint8)
    pixels[:, 1] = 255
    grey = lambda latents: torch.full((len(latents), 3, 4, 4), 0.5)  # noqa: E731
    data = Batch(torch.zeros(1, 2, 2), torch.zeros(1, 1, 2), 8, pixels, grey)
    assert reconstruction(None, data).item() == pytest.approx(0.25)
