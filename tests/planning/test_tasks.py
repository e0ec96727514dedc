from dataclasses import replace

import numpy as np
import pytest

from smwm.envs import make_environment
from smwm.errors import InputError
from smwm.planning.paths import Paths, load_paths, save_paths
from smwm.planning.tasks import TaskSettings, draw_tasks, execute, load_tasks, save_tasks

SETTINGS = TaskSettings(tasks=12, offset=10, budget=20)


@pytest.fixture
def tasks(eval_data):
    return draw_tasks("two_room", eval_data, SETTINGS, "hash")


def test_start_and_goal_come_from_one_episode(tasks, eval_data):
    rows = [np.flatnonzero((eval_data.states == start).all(1))[0] for start in tasks.starts]
    assert len(set(rows)) == 12
    for row, goal, pixels in zip(rows, tasks.goals, tasks.goal_pixels, strict=True):
        assert row // 31 == (row + 10) // 31
        np.testing.assert_array_equal(eval_data.states[row + 10], goal)
        np.testing.assert_array_equal(eval_data.pixels[row + 10], pixels)


def test_every_start_can_be_drawn_and_once(eval_data):
    count = len(eval_data.window_starts(10))
    every = draw_tasks("two_room", eval_data, replace(SETTINGS, tasks=count), "hash")
    assert len(np.unique(every.starts, axis=0)) == count == 42


def test_replaying_the_recorded_actions_reaches_every_goal(tasks):
    assert tasks.replay_success.all()


def test_replay_ends_in_the_very_state_that_was_recorded(tasks):
    environment = make_environment("two_room", 12)
    environment.restore(tasks.starts)
    execute(environment, tasks.actions, tasks.goals)
    np.testing.assert_array_equal(environment.states(), tasks.goals)


@pytest.mark.parametrize("last", [0.0, np.nan, 1e30])
def test_the_unused_last_action_is_in_no_task(eval_data, last):
    actions = eval_data.actions.copy()
    actions[30::31] = last
    whole = TaskSettings(tasks=2, offset=30)  # from the first row of an episode to its last
    tasks = draw_tasks("two_room", replace(eval_data, actions=actions), whole, "hash")
    recorded = eval_data.actions.reshape(2, 31, 2)[:, :30]
    np.testing.assert_array_equal(np.sort(tasks.actions, 0), np.sort(recorded, 0))
    assert tasks.replay_success.all()


def test_tasks_are_drawn_from_rows_of_episodes_alone(eval_data):
    part = replace(eval_data, lengths=np.array([15, 18]), offsets=np.array([40, 3]))
    tasks = draw_tasks("two_room", part, replace(SETTINGS, tasks=13), "hash")
    rows = [np.flatnonzero((eval_data.states == start).all(1))[0] for start in tasks.starts]
    assert sorted(rows) == [*range(3, 11), *range(40, 45)]


def test_trajectories_of_another_environment_are_refused(eval_data):
    other = replace(eval_data, attributes={"env": "cube"})
    with pytest.raises(InputError, match="'two_room' is not what the trajectories are of: 'cube'"):
        draw_tasks("two_room", other, SETTINGS, "hash")


def test_replay_of_other_actions_does_not(eval_data):
    still = replace(eval_data, actions=np.zeros_like(eval_data.actions))
    tasks = draw_tasks("two_room", still, SETTINGS, "hash")
    np.testing.assert_array_equal(tasks.replay_success, tasks.solved_at_start)
    assert not tasks.replay_success.all()


def test_same_seed_same_tasks_other_seed_others(tasks, eval_data):
    again = draw_tasks("two_room", eval_data, SETTINGS, "hash")
    np.testing.assert_array_equal(tasks.starts, again.starts)
    other = draw_tasks("two_room", eval_data, replace(SETTINGS, task_seed=1), "hash")
    assert not np.array_equal(tasks.starts, other.starts)


def test_another_budget_leaves_starts_and_goals(tasks, eval_data):
    longer = draw_tasks("two_room", eval_data, replace(SETTINGS, budget=60), "hash")
    assert (tasks.budget, longer.budget) == (20, 60)
    np.testing.assert_array_equal(longer.starts, tasks.starts)
    np.testing.assert_array_equal(longer.goals, tasks.goals)


def test_file_round_trip(tasks, tmp_path):
    save_tasks(tmp_path / "a.npz", tasks)
    save_tasks(tmp_path / "b.npz", tasks)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    loaded = load_tasks(tmp_path / "a.npz")
    assert (loaded.env, loaded.budget, loaded.image_size) == ("two_room", 20, 16)
    np.testing.assert_array_equal(loaded.actions, tasks.actions)


def test_too_many_tasks_are_refused(eval_data):
    with pytest.raises(InputError, match="the held-out episodes have 42 starts with 10 steps"):
        draw_tasks("two_room", eval_data, replace(SETTINGS, tasks=43), "hash")


def test_trajectories_without_states_are_refused(eval_data):
    with pytest.raises(InputError, match="no column 'state'"):
        draw_tasks("two_room", replace(eval_data, states=None), SETTINGS, "hash")


def test_states_of_another_size_are_refused(eval_data):
    with pytest.raises(InputError, match="column 'state' has 2 dimensions, those of reacher are 6"):
        draw_tasks("reacher", replace(eval_data, attributes={}), SETTINGS, "hash")


def test_other_file_is_refused(tmp_path):
    path = tmp_path / "tasks.npz"
    path.write_text("hello")
    with pytest.raises(InputError, match=r"tasks\.npz: not a readable task file"):
        load_tasks(path)


def test_any_flipped_bit_is_an_input_error_or_a_result(tmp_path):
    path = tmp_path / "p.npz"
    paths = Paths("two_room", "smwm", 0, np.zeros((2, 3, 2)), np.arange(2), np.ones(2, bool))
    save_paths(path, paths)
    content, refused = path.read_bytes(), 0
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        try:
            load_paths(path)
        except InputError:
            refused += 1
    assert refused > len(content) // 2
