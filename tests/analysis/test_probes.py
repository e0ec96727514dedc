import numpy as np
import pytest

from smwm.analysis.probes import PROBES, probe_r2


@pytest.fixture
def latents():
    return np.random.default_rng(0).normal(size=(3000, 4))


def split(latents, targets):
    return latents[:2500], targets[:2500], latents[2500:], targets[2500:]


@pytest.mark.parametrize("kind", PROBES)
def test_what_is_there_is_found(kind, latents):
    targets = latents @ np.array([[1.0, 0], [2, 1], [0, 0], [0, 3]]) + [100, -5]
    assert probe_r2(kind, *split(latents, targets)) > 0.98


@pytest.mark.parametrize("kind", PROBES)
def test_what_is_not_there_is_not_found(kind, latents):
    noise = np.random.default_rng(1).normal(size=(3000, 1))
    assert probe_r2(kind, *split(latents, noise)) < 0.05


def test_only_the_mlp_finds_what_is_bent(latents):
    bent = np.abs(latents[:, :1])
    assert probe_r2("linear", *split(latents, bent)) < 0.1
    assert probe_r2("mlp", *split(latents, bent)) > 0.9


@pytest.mark.parametrize("kind", PROBES)
@pytest.mark.parametrize("noisy", [0, 2])
def test_what_counts_is_that_what_was_fitted_holds_on_held_out_data(kind, noisy, latents):
    """Exact latents to fit to and noise to judge by, and the other way round."""
    data = list(split(latents, latents[:, :2]))
    data[noisy] = np.random.default_rng(1).normal(size=data[noisy].shape)
    assert probe_r2(kind, *data) < 0.1


def test_constant_targets_are_left_out(latents):
    targets = np.concatenate([latents[:, :1], np.zeros((3000, 1))], 1)
    assert probe_r2("linear", *split(latents, targets)) > 0.99
    assert np.isnan(probe_r2("linear", *split(latents, targets[:, 1:])))


def test_same_seed_same_value(latents):
    few = latents[-800:]
    data = (few[:600], few[:600, :1] ** 2, few[600:], few[600:, :1] ** 2)
    values = {probe_r2("mlp", *data, seed=3) for _ in range(2)}
    assert len(values) == 1
