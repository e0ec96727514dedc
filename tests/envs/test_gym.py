import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import smwm.envs.gym  # noqa: F401  registers the environments
from smwm.envs import ENVIRONMENTS, make_environment

NAMES = sorted(ENVIRONMENTS)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:.*WARN")
def test_gymnasium_checker(name):
    check_env(gymnasium.make(f"smwm/{name}-v0", size=32, render_mode="rgb_array").unwrapped)


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_rollout(name):
    def rollout():
        environment = gymnasium.make(f"smwm/{name}-v0", size=32)
        environment.action_space.seed(1)
        observation, info = environment.reset(seed=5)
        trace = [observation, info["state"], info["goal_pixels"]]
        for _ in range(20):
            observation, reward, _, _, info = environment.step(environment.action_space.sample())
            trace += [observation, info["state"], np.array(reward)]
        return trace

    for first, second in zip(rollout(), rollout(), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", NAMES)
def test_gymnasium_and_vectorised_are_one_dynamics(name):
    single = gymnasium.make(f"smwm/{name}-v0", size=32).unwrapped
    _, info = single.reset(seed=2)
    batch = make_environment(name, 3)
    batch.restore(np.repeat(info["state"][None], 3, 0))
    for _ in range(10):
        action = single.action_space.sample()
        observation, *_, info = single.step(action)
        batch.step(np.repeat(action[None], 3, 0))
        np.testing.assert_array_equal(batch.states()[1], info["state"])
        np.testing.assert_array_equal(batch.render(32)[1], observation)


def test_no_import_is_needed_where_the_id_names_the_module():
    code = (
        "import gymnasium; env = gymnasium.make('smwm.envs.gym:smwm/two_room-v0', size=32); "
        "print(env.reset(seed=0)[0].shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "(32, 32, 3)\n", done.stderr


def test_start_and_goal_can_be_set():
    environment = gymnasium.make("smwm/two_room-v0", size=32)
    options = {"state": [50.0, 150.0], "goal": [58.0, 150.0]}
    _, info = environment.reset(seed=0, options=options)
    np.testing.assert_array_equal(info["state"], options["state"])
    _, reward, terminated, _, _ = environment.step(np.array([0.2, 0], np.float32))
    assert reward == 1
    assert terminated
