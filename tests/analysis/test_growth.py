import numpy as np
import pytest

from smwm.analysis.folding import Growth, around, growth, straight

RNG = np.random.default_rng(0)
ANGLES = RNG.uniform(-np.pi, np.pi, (400, 2))
TORUS = np.concatenate([np.sin(ANGLES), np.cos(ANGLES)], 1)


def test_distances_go_around_the_circle():
    angles = np.radians([[179.0, 0.0], [-179.0, 0.0], [179.0, 90.0]])
    np.testing.assert_allclose(around(angles), [2, 90, np.hypot(2, 90)], rtol=1e-6)


def test_latent_distance_of_a_line_grows_to_the_end():
    line = np.linspace(0, 10, 200)[:, None]
    found = growth(line, straight(line))
    np.testing.assert_allclose(found.latent, found.state / found.state.max())
    assert found.reach == found.state[np.argmax(found.state >= 0.95 * found.state.max())]
    assert len(found.state) == 50


def test_a_torus_reaches_as_far_as_itself_and_a_folded_one_does_not():
    whole = growth(TORUS, around(ANGLES)).reach
    assert whole > 150
    # Four times around where the joint goes once: 90 degrees apart lie on each other.
    folded = np.concatenate([np.sin(4 * ANGLES), np.cos(4 * ANGLES)], 1)
    assert growth(folded, around(ANGLES)).reach < 0.5 * whole


def test_scale_and_rotation_of_the_latent_do_not_matter():
    turn = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
    distances = around(ANGLES)
    before, after = growth(TORUS, distances), growth(7 * TORUS @ turn, distances)
    assert before.reach == after.reach
    np.testing.assert_allclose(before.latent, after.latent)


@pytest.mark.parametrize(("latent", "reach"), [(0.949, 3.0), (0.951, 2.0)])
def test_reach_is_the_first_bin_at_95_percent_of_the_largest(latent, reach):
    found = Growth(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.5, latent, 0.97, 1.0]))
    assert found.reach == reach
