import numpy as np
import pytest

from smwm.analysis.dimension import DEFINITION, effective_dimension, principal_axes, shares


@pytest.mark.parametrize(
    ("variances", "dimension"),
    [
        ([1.0, 0.9, 1e-3, 1e-9], 2),
        ([1.0, 0.5, 0.4, 0.3, 0.05, 0.04], 4),
        ([1.0, 1e-6, 1e-12], 1),  # gaps deep in the noise do not count
        ([1.0, 0.9, 0.8], 3),  # all of them
        ([5e-3, 4.9e-3, 1e-9], 0),  # collapsed: less than 0.01 together
        ([5.1e-3, 5e-3, 1e-9], 2),
        # a variance under 2 % counts as 2 %: .142 / .02 > 1 / .142, but .141 / .02 < 1 / .141
        ([1.0, 0.142, 1e-3], 2),
        ([1.0, 0.141, 1e-3], 1),
    ],
)
def test_effective_dimension(variances, dimension):
    assert effective_dimension(np.array(variances)) == dimension
    assert "largest gap" in DEFINITION


def test_axes_of_a_known_cloud():
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(5000, 2)) * [3.0, 2.0]
    rotation = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    latents = np.pad(plane, ((0, 0), (0, 3))) @ rotation.T + 7.0
    axes = principal_axes(latents)
    np.testing.assert_allclose(axes.variances[:2], [9, 4], rtol=0.1)
    np.testing.assert_allclose(axes.variances[2:], 0, atol=1e-9)
    correlation = np.corrcoef(axes.project(latents, 2)[:, 0], plane[:, 0])[0, 1]
    assert abs(correlation) > 0.99
    assert effective_dimension(axes.variances) == 2


def test_axes_are_applied_to_other_latents_as_they_were_fitted():
    rng = np.random.default_rng(1)
    axes = principal_axes(rng.normal(size=(100, 3)) * [3, 2, 1])
    moved = axes.project(axes.mean + 2 * axes.directions[:, 0][None], 3)
    np.testing.assert_allclose(moved, [[2, 0, 0]], atol=1e-12)


def test_shares_are_percent_of_the_sum_or_nothing():
    np.testing.assert_allclose(shares(np.array([3.0, 1.0, 0.0])), [75, 25, 0])
    np.testing.assert_array_equal(shares(np.zeros(3)), np.zeros(3))
