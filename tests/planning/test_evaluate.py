from dataclasses import replace

import numpy as np
import pytest
import torch

from conftest import TINY_MODEL
from smwm.envs.two_room import FRAME, TwoRoom
from smwm.errors import InputError
from smwm.models.checkpoint import save_model
from smwm.models.world_model import ModelSettings, WorldModel
from smwm.planning.cem import PlannerSettings, plan
from smwm.planning.evaluate import (
    action_bounds,
    evaluate,
    latent_planner,
    random_controller,
    run_tasks,
)
from smwm.planning.tasks import TaskSettings, draw_tasks

PLANNER = PlannerSettings(samples=64, iterations=6, elites=8, horizon=2)


@pytest.fixture
def tasks(eval_data):
    return draw_tasks("two_room", eval_data, TaskSettings(tasks=20, offset=10, budget=20), "hash")


class Oracle(WorldModel):
    """The latent is the agent's position, read off the image; actions add up."""

    def encode(self, pixels):
        red = (pixels[..., 0].float() - pixels[..., 1].float()).clamp(min=40) - 40
        at = (torch.arange(pixels.shape[-2]) + 0.5) * FRAME / pixels.shape[-2]
        total = red.sum((-1, -2))
        x, y = (red.sum(-2) * at).sum(-1) / total, (red.sum(-1) * at).sum(-1) / total
        return torch.stack([x, y], -1)

    def predict(self, latents, actions):
        return latents + 5 * self.denormalise(actions).unflatten(-1, (-1, 2)).sum(-2)


@pytest.fixture
def oracle():
    model = Oracle(ModelSettings(channels=(4,), latent_dim=2, width=8), 16, 10)
    model.action_mean.fill_(0.3)
    model.action_std.fill_(0.5)
    return model


def test_a_perfect_model_solves_what_needs_no_door(tasks, oracle):
    solved = run_tasks(tasks, latent_planner(oracle, PLANNER, seed=0))
    same_room = (tasks.starts[:, 0] < 112) == (tasks.goals[:, 0] < 112)
    assert same_room.sum() >= 10
    assert solved[same_room].all()


def test_recorded_actions_solve_every_task(tasks):
    remaining = {"actions": tasks.actions}

    def replay(environment, goal_pixels, spent):
        return remaining["actions"]

    assert run_tasks(tasks, replay).all()


def test_budget_ends_the_episode_and_solved_tasks_drop_out(tasks):
    calls = []

    def idle(environment, goal_pixels, spent):
        calls.append((len(goal_pixels), spent))
        return np.zeros((len(goal_pixels), 8, 2))

    solved = run_tasks(tasks, idle)
    np.testing.assert_array_equal(solved, tasks.solved_at_start)
    open_tasks = (~tasks.solved_at_start).sum()
    assert calls == [(20, 0), (open_tasks, 8), (open_tasks, 16)]


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
    record = evaluate(tasks, "smwm", 2, tmp_path / "m.pt", PLANNER)
    assert record == evaluate(tasks, "smwm", 2, tmp_path / "m.pt", PLANNER)
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

    monkeypatch.setattr("smwm.planning.evaluate.plan", spy)
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
    run_tasks(tasks, latent_planner(oracle, PLANNER, seed=0))
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
