import pytest
import torch

from smwm.analysis.spectrum import effective_rank, embedding_std, principal_variances


def test_variances_by_hand():
    latents = torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    torch.testing.assert_close(principal_variances(latents), torch.tensor([4.5, 0.5]).double())
    assert embedding_std(latents).item() == pytest.approx(2.5**0.5)


def test_effective_rank_counts_equal_directions_and_ignores_scale():
    torch.manual_seed(0)
    basis = torch.linalg.qr(torch.randn(8, 8)).Q[:3]
    latents = torch.randn(20_000, 3) @ basis
    assert effective_rank(latents).item() == pytest.approx(3, abs=0.01)
    assert effective_rank(1e-3 * latents).item() == pytest.approx(3, abs=0.01)


def test_effective_rank_of_unequal_variances_by_hand():
    """Variances 4.5 and 0.5 are shares .9 and .1: exp(-.9 ln .9 - .1 ln .1) = .9^-.9 .1^-.1."""
    latents = torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    assert effective_rank(latents).item() == pytest.approx(0.9**-0.9 * 0.1**-0.1)


def test_collapse_has_no_spread():
    latents = torch.full((10, 4), 0.7)
    assert embedding_std(latents).item() == pytest.approx(0, abs=1e-6)
    assert torch.isfinite(effective_rank(latents))
