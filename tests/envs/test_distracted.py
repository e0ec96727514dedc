import numpy as np
import pytest

from smwm.envs import DISTRACTOR, ENVIRONMENTS, make_environment
from smwm.envs.distracted import RADIUS, SPEED

NAMES = [name for name in ENVIRONMENTS if name.endswith(DISTRACTOR)]


@pytest.fixture(params=NAMES)
def pair(request):
    """A variant and its original in the same inner states."""
    copies = 4
    variant = make_environment(request.param, copies)
    variant.reset([np.random.default_rng(seed) for seed in range(copies)])
    inner = make_environment(request.param.removesuffix(DISTRACTOR), copies)
    inner.restore(variant.states()[:, :-4])
    return variant, inner


def test_actions_do_to_the_inner_state_what_they_do_without_the_dot(pair):
    variant, inner = pair
    actions = np.random.default_rng(0).uniform(-1, 1, (30, 4, 2))
    for action in actions:
        variant.step(action)
        inner.step(action)
    np.testing.assert_array_equal(variant.states()[:, :-4], inner.states())


def test_the_dot_moves_at_its_speed_whatever_the_actions(pair):
    variant, _ = pair
    start = variant.states()
    paths = []
    for actions in (np.zeros((4, 2)), np.ones((4, 2))):
        variant.restore(start)
        path = [start[:, -4:-2]]
        for _ in range(200):
            variant.step(actions)
            path.append(variant.states()[:, -4:-2])
        paths.append(np.array(path))
    np.testing.assert_array_equal(*paths)
    assert (paths[0] >= RADIUS).all()
    assert (paths[0] <= 1 - RADIUS).all()
    steps = np.linalg.norm(np.diff(paths[0], axis=0), axis=-1)
    assert steps.max() <= SPEED + 1e-12
    assert np.median(steps) == pytest.approx(SPEED)
    assert np.ptp(paths[0], axis=0).max() > 0.7  # it crosses the image


def test_the_dot_alone_differs_in_the_image(pair):
    variant, inner = pair
    difference = (variant.render(64) != inner.render(64)).any(-1)
    centres = (np.arange(64) + 0.5) / 64
    for flags, (x, y) in zip(difference, variant.states()[:, -4:-2], strict=True):
        far = np.hypot(centres - x, (centres - y)[:, None]) > RADIUS + 1 / 64
        assert flags.sum() >= 20
        assert not flags[far].any()


def test_the_position_to_be_probed_is_where_the_dot_is_drawn(pair):
    variant, inner = pair
    difference = (variant.render(64) != inner.render(64)).any(-1)
    states = variant.states()
    for flags, place in zip(
        difference, variant.quantities(states)["distractor_position"], strict=True
    ):
        y, x = np.nonzero(flags)
        np.testing.assert_allclose([x.mean() + 0.5, y.mean() + 0.5], 64 * place, atol=0.4)
    moved = variant.quantities(states + np.eye(states.shape[1])[-4])["distractor_position"]
    np.testing.assert_allclose(moved - states[:, -4:-2], [[1, 0]] * 4)


def test_success_does_not_count_the_dot(pair):
    variant, _ = pair
    goals = variant.states()
    moved = goals.copy()
    moved[:, -4:] += 0.3
    assert variant.success(moved, goals).all()
    moved[:, 0] += 200
    assert not variant.success(moved, goals).any()
