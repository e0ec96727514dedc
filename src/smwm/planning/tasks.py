"""Draw planning tasks from held-out trajectories: `smwm tasks`.

A task starts at a random step of an episode; its goal is the same episode `offset` steps
later. All methods and seeds share one set.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smwm.config.settings import add_arguments, from_arguments, setting
from smwm.data.dataset import Trajectories, read_dataset
from smwm.envs import make_environment
from smwm.envs.base import Environment
from smwm.errors import InputError
from smwm.system import arrays
from smwm.system.files import sha256


@dataclass(frozen=True)
class TaskSettings:
    """Planning tasks."""

    tasks: int = setting(100, "planning tasks", at_least=1)
    offset: int = setting(25, "steps from the start to the goal", at_least=1)
    budget: int = setting(50, "steps allowed to reach the goal", at_least=1)
    task_seed: int = setting(0, "seed that draws the tasks", at_least=0)


@dataclass(frozen=True)
class TaskSet:
    """n tasks: states, the goal's image, and the recorded actions that lead there."""

    env: str
    budget: int
    image_size: int
    starts: np.ndarray  # (n, S) float64
    goals: np.ndarray  # (n, S) float64
    goal_pixels: np.ndarray  # (n, H, W, 3) uint8
    actions: np.ndarray  # (n, offset, A) float32
    solved_at_start: np.ndarray  # (n,) bool
    replay_success: np.ndarray  # (n,) bool
    task_seed: int
    data_sha256: str


def draw_tasks(env: str, data: Trajectories, settings: TaskSettings, data_hash: str) -> TaskSet:
    """Draw tasks without replacement, and replay each from its restored start.

    Replaying the recorded actions must reach the goal, else states are not restored well.
    Raises InputError if the trajectories hold too few tasks or are of another environment.
    """
    recorded = data.attributes.get("env", env)
    if recorded != env:
        raise InputError(f"--env: {env!r} is not what the trajectories are of: {recorded!r}")
    environment = make_environment(env, settings.tasks)
    if data.states is None:
        raise InputError("the held-out trajectories have no column 'state' to restore from")
    if data.states.shape[1] != len(environment.state_names):
        raise InputError(
            f"column 'state' has {data.states.shape[1]} dimensions, those of {env} are "
            f"{len(environment.state_names)}"
        )
    starts = data.window_starts(settings.offset)
    if len(starts) < settings.tasks:
        raise InputError(
            f"--tasks: {settings.tasks} are not available, the held-out episodes have "
            f"{len(starts)} starts with {settings.offset} steps ahead"
        )
    rng = np.random.default_rng([settings.task_seed, 2])
    rows = rng.choice(starts, settings.tasks, replace=False)
    actions = data.actions[rows[:, None] + np.arange(settings.offset)]
    start_states, goals = data.states[rows], data.states[rows + settings.offset]
    environment.restore(start_states)
    return TaskSet(
        env=env,
        budget=settings.budget,
        image_size=data.image_size,
        starts=start_states,
        goals=goals,
        goal_pixels=data.pixels[rows + settings.offset],
        actions=actions,
        solved_at_start=environment.success(start_states, goals),
        replay_success=np.any(execute(environment, actions, goals)[1], axis=1),
        task_seed=settings.task_seed,
        data_sha256=data_hash,
    )


def execute(
    environment: Environment, actions: np.ndarray, goals: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Step actions (n, T, A).

    Returns the states after each step, (n, T, S) float64, and whether they are at the goals
    (n, S), (n, T) bool.
    """
    states, reached = [], []
    for step in range(actions.shape[1]):
        environment.step(actions[:, step])
        states.append(environment.states())
        reached.append(environment.success(states[-1], goals))
    return np.stack(states, axis=1), np.stack(reached, axis=1)


def save_tasks(path: Path, tasks: TaskSet) -> None:
    arrays.save(path, tasks)


def load_tasks(path: Path) -> TaskSet:
    """Read a task set. Raises InputError naming a file that is not one."""
    return arrays.load(path, TaskSet, "task file")


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--env", required=True, help="environment of the trajectories")
    parser.add_argument("--data", required=True, type=Path, help="held-out split, HDF5")
    parser.add_argument("--out", required=True, type=Path, help="task file to write (.npz)")
    add_arguments(parser, TaskSettings)


def run(arguments: argparse.Namespace) -> None:
    settings = from_arguments(arguments, TaskSettings)
    action_dim = len(make_environment(arguments.env, 1).action_low)
    data = read_dataset(arguments.data, action_dim=action_dim)
    try:
        tasks = draw_tasks(arguments.env, data, settings, sha256(arguments.data))
    except InputError as error:
        raise InputError(f"{arguments.data}: {error}") from error
    save_tasks(arguments.out, tasks)
