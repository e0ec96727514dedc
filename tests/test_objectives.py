import math

import numpy as np
import pytest
import torch

from conftest import TINY_MODEL
from smwm.models.world_model import WorldModel
from smwm.objectives import METHODS, TRAINED, Batch, loss_terms, sigreg


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


def test_every_method_gives_a_finite_loss_with_gradients():
    torch.manual_seed(0)
    model = WorldModel(TINY_MODEL, 16, 2)
    for method in TRAINED:
        data = Batch(model.encode(torch.randint(0, 256, (4, 3, 16, 16, 3), dtype=torch.uint8)),
                     torch.randn(4, 2, 2), 8)  # fmt: skip
        loss = loss_terms(method, model, data, 0.5)["loss"]
        assert math.isfinite(loss.item())
        loss.backward()
    assert not METHODS["random"].trained
