"""What every environment must do, whatever it is built on."""

import numpy as np
import pytest

from smwm.envs import ENVIRONMENTS, make_environment
from smwm.envs.base import Environment

pytestmark = pytest.mark.parametrize("name", sorted(ENVIRONMENTS))
STEPS = 24


def record(name: str, copies: int = 3) -> tuple[np.ndarray, np.ndarray, Environment]:
    """States (T + 1, n, S) and actions (T, n, A) under the collection policy."""
    rngs = [np.random.default_rng(seed) for seed in range(copies)]
    environment = make_environment(name, copies)
    environment.reset(rngs)
    policy = environment.collection_policy(rngs)
    states, actions = [environment.states()], []
    for _ in range(STEPS):
        actions.append(policy(states[-1]))
        environment.step(actions[-1])
        states.append(environment.states())
    return np.array(states), np.array(actions), environment


def test_restored_states_go_on_exactly_as_recorded(name):
    states, actions, _ = record(name)
    other = make_environment(name, 2)
    other.restore(states[5, [2, 0]])  # in another order, beside other copies
    for step in range(5, STEPS):
        other.step(actions[step, [2, 0]])
        np.testing.assert_array_equal(other.states(), states[step + 1, [2, 0]])


def test_an_image_depends_on_the_state_alone(name):
    states, actions, environment = record(name)
    images = environment.render(32)
    fresh = make_environment(name, 1)
    fresh.restore(states[2, :1])
    fresh.step(actions[2, :1])  # leftovers of another scene must not be drawn
    fresh.restore(states[-1, 1:2])
    np.testing.assert_array_equal(fresh.render(32)[0], images[1])


def test_images_have_any_size_and_show_the_motion(name):
    states, _, environment = record(name)
    assert environment.render(224).shape == (3, 224, 224, 3)
    last = environment.render(48)
    environment.restore(states[0])
    assert last.dtype == np.uint8
    assert (environment.render(48) != last).any(axis=(1, 2, 3)).all()


def test_full_look_shows_the_same_scene(name):
    _, _, environment = record(name, copies=1)
    light, full = environment.render(64)[0], environment.render(64, full=True)[0]
    assert light.shape == full.shape
    grey = [image.mean(2).ravel() for image in (light, full)]
    assert np.corrcoef(*grey)[0, 1] > 0.5
    assert type(environment).left_out
    assert type(environment).time_step


def test_same_generators_same_episode(name):
    first, second = record(name), record(name)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    assert not np.array_equal(first[0][:, 0], first[0][:, 1])


def test_policy_stays_in_the_action_range(name):
    _, actions, environment = record(name)
    assert actions.dtype == np.float32
    assert (actions >= environment.action_low).all()
    assert (actions <= environment.action_high).all()


def test_actions_beyond_the_range_count_as_its_ends(name):
    states, _, environment = record(name)
    results = []
    for actions in (environment.action_high, 5 * environment.action_high):
        environment.restore(states[3])
        environment.step(np.tile(actions, (3, 1)))
        results.append(environment.states())
    np.testing.assert_array_equal(*results)


def test_keep_drops_copies(name):
    states, _, environment = record(name)
    environment.keep(np.array([False, True, True]))
    np.testing.assert_array_equal(environment.states(), states[-1, 1:])
    assert environment.render(16).shape[0] == 2


def test_quantities_are_those_promised(name):
    states, _, environment = record(name)
    quantities = environment.quantities(states[-1])
    assert quantities.keys() == environment.probes.keys()
    for key, values in quantities.items():
        assert values.shape[0] == 3
        assert np.isfinite(values).all()
        if environment.probes[key] == "sine and cosine":
            sines, cosines = np.split(values, 2, axis=1)
            np.testing.assert_allclose(sines**2 + cosines**2, 1)
    assert states.shape[2] == len(environment.state_names)


def test_events_are_flags(name):
    states, _, environment = record(name)
    for flags in environment.events(states[-1]).values():
        assert flags.dtype == bool
        assert flags.shape == (3,)


def test_a_state_is_its_own_goal(name):
    states, _, environment = record(name)
    assert environment.success(states[-1], states[-1]).all()
