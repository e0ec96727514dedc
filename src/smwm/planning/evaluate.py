"""Evaluate planning in latent space on a task set: `smwm plan`.

Plan, execute, plan again, until the budget is spent. The paper (section 4) executes the whole
plan; with `execute` below `horizon`, what is left of a plan is planned anew from the image that
was reached, so errors of the model do not add up over the horizon. A task is solved if its goal
is reached after any step.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from smwm.config.settings import add_arguments, at_least, from_arguments
from smwm.envs import environment_module, make_environment
from smwm.envs.base import Environment
from smwm.errors import InputError
from smwm.models.checkpoint import load_model
from smwm.models.world_model import WorldModel
from smwm.planning.cem import PlannerSettings
from smwm.planning.latent import plan_to_goal
from smwm.planning.paths import Paths, save_paths
from smwm.planning.tasks import TaskSet, execute, load_tasks
from smwm.system.device import DEVICES, choose_device, choose_precision
from smwm.system.files import sha256, write_json
from smwm.system.progress import Progress
from smwm.system.provenance import code_version
from smwm.training.objectives import OBJECTIVES

RANDOM = "random"  # the method that plans with no model
PLANNERS = (*OBJECTIVES, RANDOM)
# (environment, goal images (m, H, W, 3), steps taken) -> actions (m, T, A) for its m copies
Controller = Callable[[Environment, np.ndarray, int], np.ndarray]


def run_tasks(tasks: TaskSet, controller: Controller, method: str, seed: int) -> Paths:
    """How far `controller`, which is of `method` and `seed`, gets in each task.

    Solved tasks drop out, so no plan is made that the result does not need. What is left of
    the plan that solved a task is executed, but no longer part of its path.
    """
    environment = make_environment(tasks.env, len(tasks.starts))
    environment.restore(tasks.starts)
    states = np.full((len(tasks.starts), tasks.budget + 1, tasks.starts.shape[1]), np.nan)
    states[:, 0] = tasks.starts
    steps = np.full(len(tasks.starts), tasks.budget)
    solved = np.zeros(len(tasks.starts), bool)
    open_tasks = np.arange(len(tasks.starts))  # task of each copy that is left
    spent = 0
    label = f"plan {tasks.env} {method} seed {seed}"
    with Progress(label, tasks.budget, "steps") as progress:
        while spent < tasks.budget and len(open_tasks):
            goals = tasks.goals[open_tasks]
            actions = controller(environment, tasks.goal_pixels[open_tasks], spent)
            actions = actions[:, : tasks.budget - spent]
            passed, at_goal = execute(environment, actions, goals)
            reached = np.any(at_goal, axis=1)
            solved[open_tasks] = reached
            states[open_tasks, spent + 1 : spent + 1 + actions.shape[1]] = passed
            steps[open_tasks[reached]] = spent + 1 + at_goal[reached].argmax(1)
            environment.keep(~reached)
            open_tasks = open_tasks[~reached]
            spent += actions.shape[1]
            progress.advance(actions.shape[1], note=f"{solved.mean():.0%} solved")
    states[np.arange(tasks.budget + 1) > steps[:, None]] = np.nan
    return Paths(tasks.env, method, seed, states, steps, solved)


def latent_planner(
    model: WorldModel, settings: PlannerSettings, seed: int, device: torch.device | str = "cpu"
) -> Controller:
    """The cross-entropy method on the distance of the last predicted latent to the goal's."""
    model.to(device)
    generator = torch.Generator(device).manual_seed(seed)

    def control(environment: Environment, goal_pixels: np.ndarray, spent: int) -> np.ndarray:
        action_dim = len(environment.action_low)
        repeat = model.action_dim // action_dim
        horizon = settings.horizon - spent // repeat % settings.horizon  # left of the first plan
        low, high = action_bounds(model, environment)
        start = torch.from_numpy(environment.render(model.image_size)).to(device)
        goal = torch.from_numpy(goal_pixels).to(device)
        best = plan_to_goal(model, start, goal, low, high, settings, generator, horizon)
        blocks = model.denormalise(best[:, : settings.execute or None])
        return blocks.cpu().numpy().reshape(len(start), -1, action_dim)

    return control


def action_bounds(model: WorldModel, environment: Environment) -> tuple[Tensor, Tensor]:
    """Normalised lower and upper bounds (K,) of an action block."""
    repeat = model.action_dim // len(environment.action_low)
    bounds = (environment.action_low, environment.action_high)
    low, high = (
        model.normalise(torch.from_numpy(np.tile(bound, repeat)).to(model.action_mean))
        for bound in bounds
    )
    return low, high


def random_controller(seed: int) -> Controller:
    """Uniform random actions: the floor."""
    rng = np.random.default_rng([seed, 3])

    def control(environment: Environment, goal_pixels: np.ndarray, spent: int) -> np.ndarray:
        shape = (len(goal_pixels), 1, len(environment.action_low))
        return rng.uniform(environment.action_low, environment.action_high, shape)

    return control


def evaluate(
    tasks: TaskSet,
    method: str,
    seed: int,
    checkpoint: Path | None,
    settings: PlannerSettings,
    device: torch.device | str = "cpu",
) -> tuple[dict[str, Any], Paths]:
    """Solve `tasks` with one trained model, or at random: the record, and the paths behind it.

    Raises InputError if the model and the tasks do not fit together.
    """
    device = torch.device(device)
    settings = replace(settings, precision=choose_precision(settings.precision, device))
    environment = make_environment(tasks.env, 1)
    record: dict[str, Any] = {"env": tasks.env, "method": method, "seed": seed}
    used: dict[str, Any] = {
        "time_step": environment.time_step,
        "budget": tasks.budget,
        "offset": tasks.actions.shape[1],
        "task_seed": tasks.task_seed,
        "eval_data_sha256": tasks.data_sha256,
        "code": code_version("smwm.planning.evaluate", environment_module(tasks.env)),
    }
    if method != RANDOM:
        if checkpoint is None:
            raise InputError(f"--checkpoint: is needed, method {method!r} plans with a model")
        model, provenance = load_model(checkpoint)
        action_dim = len(environment.action_low)
        for key, wanted in {"method": method, "env": tasks.env}.items():
            if provenance.get(key, wanted) != wanted:
                raise InputError(f"{checkpoint}: its {key} is {provenance[key]!r}, not {wanted!r}")
        if model.image_size != tasks.image_size:
            raise InputError(
                f"{checkpoint}: the model sees {model.image_size} px, "
                f"the tasks' images are {tasks.image_size} px"
            )
        if model.action_dim % action_dim:
            raise InputError(
                f"{checkpoint}: blocks of {model.action_dim} action dimensions do not fit "
                f"{tasks.env}, whose actions have {action_dim}"
            )
        controller = latent_planner(model, settings, seed, device)
        record |= {"checkpoint_sha256": sha256(checkpoint), "model": provenance}
        used |= {"planner": asdict(settings), "device": device.type}
    else:
        controller = random_controller(seed)
    paths = run_tasks(tasks, controller, method, seed)
    return record | {
        "settings": used,
        "solved": paths.solved.tolist(),
        "solved_at_start": tasks.solved_at_start.tolist(),
        "replay_success": tasks.replay_success.tolist(),
    }, paths


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tasks", required=True, type=Path, help="task file of `smwm tasks`")
    parser.add_argument("--method", required=True, choices=PLANNERS, help="how it was trained")
    parser.add_argument("--checkpoint", type=Path, help="model of `smwm train` (not for random)")
    parser.add_argument("--out", required=True, type=Path, help="record to write (.json)")
    parser.add_argument("--paths", type=Path, help="states on the way to write, too (.npz)")
    parser.add_argument("--seed", type=at_least(0), default=0, help="seed of the planner")
    parser.add_argument("--threads", type=at_least(1), default=1, help="CPU threads (default: 1)")
    parser.add_argument("--device", default="auto", choices=DEVICES)
    add_arguments(parser, PlannerSettings)


def run(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    settings = from_arguments(arguments, PlannerSettings)
    tasks = load_tasks(arguments.tasks)
    device = choose_device(arguments.device)
    record, paths = evaluate(
        tasks, arguments.method, arguments.seed, arguments.checkpoint, settings, device
    )
    if arguments.paths is not None:
        save_paths(arguments.paths, paths)
    write_json(arguments.out, record)
