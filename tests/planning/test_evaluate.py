import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from conftest import TINY_MODEL
from smwm.__main__ import main
from smwm.envs import make_environment
from smwm.envs.two_room import SUCCESS_DISTANCE, TwoRoom
from smwm.errors import InputError
from smwm.models.checkpoint import save_model
from smwm.models.world_model import WorldModel
from smwm.planning.cem import PlannerSettings, plan
from smwm.planning.evaluate import (
    action_bounds,
    evaluate,
    latent_planner,
    random_controller,
    run_tasks,
)
from smwm.planning.paths import load_paths, save_paths
from smwm.planning.tasks import TaskSettings, draw_tasks, execute, save_tasks

PLANNER = PlannerSettings(samples=64, iterations=6, elites=8, horizon=2)


@pytest.fixture
def tasks(eval_data):
    return draw_tasks("two_room", eval_data, TaskSettings(tasks=20, offset=10, budget=20), "hash")


def test_a_perfect_model_solves_what_needs_no_door(tasks, oracle):
    solved = run_tasks(tasks, latent_planner(oracle, PLANNER, seed=0), "smwm", 0).solved
    same_room = (tasks.starts[:, 0] < 112) == (tasks.goals[:, 0] < 112)
    assert same_room.sum() >= 10
    assert solved[same_room].all()


def replay(tasks):
    """A controller that takes the recorded actions."""
    return lambda environment, goal_pixels, spent: tasks.actions


def test_recorded_actions_solve_every_task(tasks):
    assert run_tasks(tasks, replay(tasks), "smwm", 0).solved.all()


def test_paths_are_what_happened_until_the_goal_was_reached(tasks, eval_data):
    paths = run_tasks(tasks, replay(tasks), "smwm", 0)
    assert paths.states.shape == (20, 21, 2)
    assert (paths.env, paths.method, paths.seed) == ("two_room", "smwm", 0)
    for states, steps, goal in zip(paths.states, paths.steps, tasks.goals, strict=True):
        row = np.flatnonzero((eval_data.states == states[0]).all(1))[0]
        np.testing.assert_array_equal(states[: steps + 1], eval_data.states[row : row + steps + 1])
        assert np.isnan(states[steps + 1 :]).all()
        distance = np.linalg.norm(states[1 : steps + 1] - goal, axis=1)
        assert distance[-1] < SUCCESS_DISTANCE
        assert (distance[:-1] >= SUCCESS_DISTANCE).all()


def test_paths_go_on_over_plans_to_the_end_of_the_budget(tasks):
    rng = np.random.default_rng(0)
    actions = []

    def wander(environment, goal_pixels, spent):
        actions.append(rng.uniform(-0.2, 0.2, (len(goal_pixels), 8, 2)))
        return actions[-1]

    paths = run_tasks(tasks, wander, "random", 0)
    failed = np.flatnonzero(~paths.solved)
    assert len(failed)
    assert (paths.steps[failed] == 20).all()
    environment = TwoRoom(len(failed))
    environment.restore(paths.states[failed, 5])
    for step in (5, 6, 7):  # to the end of the first plan, where all 20 tasks were open
        environment.step(actions[0][failed, step])
        np.testing.assert_array_equal(environment.states(), paths.states[failed, step + 1])


@pytest.mark.parametrize("env", ["reacher", "push_t"])
def test_a_path_goes_on_from_any_of_its_states_in_the_simulators(env):
    environment = make_environment(env, 3)
    environment.reset([np.random.default_rng(i) for i in range(3)])
    starts = environment.states()
    moved = np.random.default_rng(0).uniform(
        environment.action_low, environment.action_high, (3, 6, len(environment.action_low))
    )
    states, _ = execute(environment, moved, starts)
    environment.restore(states[:, 2])
    again, _ = execute(environment, moved[:, 3:], starts)
    np.testing.assert_array_equal(again, states[:, 3:])


def test_file_of_paths_round_trip(tasks, tmp_path):
    paths = run_tasks(tasks, replay(tasks), "smwm", 3)
    save_paths(tmp_path / "a.npz", paths)
    save_paths(tmp_path / "b.npz", paths)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    loaded = load_paths(tmp_path / "a.npz")
    assert (loaded.env, loaded.method, loaded.seed) == ("two_room", "smwm", 3)
    np.testing.assert_array_equal(loaded.states, paths.states)
    np.testing.assert_array_equal(loaded.steps, paths.steps)
    np.testing.assert_array_equal(loaded.solved, paths.solved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": np.full(20, 21)}, "steps must be from 0 to 20"),
        ({"solved": np.ones(3, bool)}, r"must be of shape \(20,\)"),
        ({"states": np.full((20, 21, 2), np.nan)}, "must be finite"),
        ({"states": "hello"}, "has no attribute 'shape'"),
        ({"method": None}, "allow_pickle=False"),
        ({"speed": 2}, "unexpected keyword argument 'speed'"),
    ],
)
def test_arrays_that_are_no_paths_are_refused(tasks, tmp_path, change, message):
    paths = run_tasks(tasks, replay(tasks), "smwm", 0)
    np.savez(tmp_path / "paths.npz", **vars(paths) | change)
    with pytest.raises(InputError, match=rf"paths\.npz: not a readable file of paths .*{message}"):
        load_paths(tmp_path / "paths.npz")


@pytest.mark.parametrize("content", [None, b"", b"hello"])
def test_other_file_than_paths_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "paths.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"paths\.npz: (no such|not a readable) file of paths"):
        load_paths(tmp_path / "paths.npz")


def test_command_writes_paths_if_asked_and_the_same_record(tasks, tmp_path):
    save_tasks(tmp_path / "tasks.npz", tasks)
    words = f"plan --tasks {tmp_path}/tasks.npz --method random --out {tmp_path}"
    assert main(f"{words}/a.json".split()) == 0
    assert not list(tmp_path.glob("*paths*"))
    assert main(f"{words}/b.json --paths {tmp_path}/paths.npz".split()) == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    solved = json.loads((tmp_path / "a.json").read_text())["solved"]
    assert load_paths(tmp_path / "paths.npz").solved.tolist() == solved


def test_budget_ends_the_episode_and_solved_tasks_drop_out(tasks):
    calls = []

    def idle(environment, goal_pixels, spent):
        calls.append((len(goal_pixels), spent))
        return np.zeros((len(goal_pixels), 8, 2))

    solved = run_tasks(tasks, idle, "smwm", 0).solved
    np.testing.assert_array_equal(solved, tasks.solved_at_start)
    open_tasks = (~tasks.solved_at_start).sum()
    assert calls == [(20, 0), (open_tasks, 8), (open_tasks, 16)]


def test_a_goal_that_is_passed_in_mid_plan_counts(tasks):
    """The first task is solved by one step of twenty, which go on beyond the goal."""
    places = {"starts": np.array([[60.0, 110]] * 2), "goals": np.array([[60.0, 130]] * 2)}
    pair = replace(tasks, **places, goal_pixels=tasks.goal_pixels[:2])
    plans = np.zeros((2, 20, 2))
    plans[0, :, 1] = 1
    environment = TwoRoom(2)
    environment.restore(pair.starts)
    _, at_goal = execute(environment, plans, pair.goals)
    assert at_goal[0, 0]
    assert not at_goal[:, -1].any()

    paths = run_tasks(pair, lambda environment, goal_pixels, spent: plans, "smwm", 0)
    assert paths.solved.tolist() == [True, False]
    assert paths.steps.tolist() == [1, 20]


def test_the_controller_sees_the_open_tasks_and_no_others(tasks):
    """The first plan solves some tasks, the second some of the others."""
    number, calls = np.arange(20), []
    first = tasks.solved_at_start | (number % 3 == 0)
    assert (~first & (number % 3 == 1)).any()

    def control(environment, goal_pixels, spent):
        calls.append((goal_pixels, environment.states()))
        left = number if spent == 0 else number[~first]
        takes = left % 3 == (0 if spent == 0 else 1)
        return np.where(takes[:, None, None], tasks.actions[left], 0)

    paths = run_tasks(tasks, control, "smwm", 0)
    for (goals, states), left in zip(calls, (first | True, ~first), strict=True):
        np.testing.assert_array_equal(goals, tasks.goal_pixels[left])
        np.testing.assert_array_equal(states, tasks.starts[left])
    np.testing.assert_array_equal(paths.solved, first | (number % 3 == 1))
    np.testing.assert_array_equal(paths.steps <= 10, first)


def test_another_seed_gives_other_actions(oracle):
    environment = TwoRoom(2)
    environment.restore(np.array([[60.0, 150.0], [70.0, 120.0]]))
    goals = environment.render(16)
    for controller in (random_controller, lambda seed: latent_planner(oracle, PLANNER, seed)):
        first, again, other = (controller(seed)(environment, goals, 0) for seed in (0, 0, 1))
        np.testing.assert_array_equal(first, again)
        assert (first != other).mean() > 0.9


def test_planned_actions_are_within_bounds(oracle):
    environment = TwoRoom(3)
    environment.restore(np.full((3, 2), 60.0))
    low, high = action_bounds(oracle, environment)
    torch.testing.assert_close(low, torch.full((10,), -2.6))
    torch.testing.assert_close(high, torch.full((10,), 1.4))
    goals = environment.render(16)
    actions = latent_planner(oracle, PLANNER, 0)(environment, goals, 0)
    assert actions.shape == (3, 10, 2)
    assert np.abs(actions).max() <= 1 + 1e-6


def test_random_controller_is_uniform_and_seeded():
    environment = TwoRoom(4000)
    goals = np.zeros((4000, 16, 16, 3), np.uint8)
    actions = random_controller(1)(environment, goals, 0)
    assert actions.shape == (4000, 1, 2)
    assert actions.min() >= -1
    assert actions.max() <= 1
    assert abs(actions.mean()) < 0.05
    assert abs(actions.var() - 1 / 3) < 0.02
    np.testing.assert_array_equal(actions, random_controller(1)(environment, goals, 0))


def test_record_holds_outcomes_and_origin(tasks, tmp_path):
    torch.manual_seed(0)
    save_model(tmp_path / "m.pt", WorldModel(TINY_MODEL, 16, 10), {"seed": 4})
    record, paths = evaluate(tasks, "smwm", 2, tmp_path / "m.pt", PLANNER)
    assert record == evaluate(tasks, "smwm", 2, tmp_path / "m.pt", PLANNER)[0]
    assert record["solved"] == paths.solved.tolist()
    assert (paths.method, paths.seed) == ("smwm", 2)
    assert len(record["solved"]) == len(record["solved_at_start"]) == 20
    assert all(record["replay_success"])
    assert record["model"] == {"seed": 4}
    used = record["settings"]
    assert used["planner"]["samples"] == 64
    assert (used["budget"], used["offset"], used["task_seed"]) == (20, 10, 0)
    assert used["eval_data_sha256"] == "hash"
    assert len(record["checkpoint_sha256"]) == 64
    assert used["code"]


def test_rest_of_a_plan_is_planned_anew_from_where_it_led(tasks, oracle, monkeypatch):
    horizons = []

    def spy(cost, low, high, problems, settings, generator, horizon):
        horizons.append(horizon)
        return plan(cost, low, high, problems, settings, generator, horizon)

    monkeypatch.setattr("smwm.planning.latent.plan", spy)
    settings = replace(PLANNER, horizon=3, execute=1)
    environment = TwoRoom(2)
    environment.restore(np.full((2, 2), 60.0))
    control = latent_planner(oracle, settings, 0)
    shapes = [
        control(environment, environment.render(16), spent).shape for spent in range(0, 25, 5)
    ]
    assert horizons == [3, 2, 1, 3, 2]
    assert set(shapes) == {(2, 5, 2)}


def test_start_and_goal_are_encoded_once_per_plan(tasks, oracle, monkeypatch):
    batches = []
    encode = oracle.encode
    monkeypatch.setattr(
        oracle, "encode", lambda pixels: batches.append(len(pixels)) or encode(pixels)
    )
    run_tasks(tasks, latent_planner(oracle, PLANNER, seed=0), "smwm", 0)
    assert batches[:2] == [20, 20]
    assert len(batches) in (2, 4)  # two images a task and plan, one plan or two


def test_checkpoint_of_another_method_or_environment_is_refused(tasks, tmp_path):
    path = tmp_path / "m.pt"
    for origin in ({"method": "sigreg"}, {"env": "cube"}):
        save_model(path, WorldModel(TINY_MODEL, 16, 10), origin)
        with pytest.raises(InputError, match=r"m\.pt: its (method|env) is '(sigreg|cube)', not"):
            evaluate(tasks, "smwm", 0, path, PLANNER)


def test_model_that_does_not_fit_the_tasks_is_refused(tasks, tmp_path):
    path = tmp_path / "m.pt"
    with pytest.raises(InputError, match="--checkpoint: is needed"):
        evaluate(tasks, "smwm", 0, None, PLANNER)
    save_model(path, WorldModel(TINY_MODEL, 32, 10), {})
    with pytest.raises(InputError, match=r"m\.pt: the model sees 32 px, .* are 16 px"):
        evaluate(tasks, "smwm", 0, path, PLANNER)
    save_model(path, WorldModel(TINY_MODEL, 16, 25), {})
    with pytest.raises(InputError, match="blocks of 25 action dimensions do not fit two_room"):
        evaluate(tasks, "smwm", 0, path, PLANNER)
