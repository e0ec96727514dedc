"""Which episodes of planning to show: of each method its own, or the same tasks for all."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from smwm.envs import make_environment
from smwm.errors import InputError
from smwm.planning.paths import Paths, load_paths
from smwm.planning.tasks import TaskSet, load_tasks
from smwm.training.objectives import OBJECTIVES

METHODS = (*OBJECTIVES, "random")

RULE = "the first task that was solved, but not at the start, and the first that failed"
SHARED_RULE = "the first task that {} solved, but not at the start, and the first that it failed"
# Of the columns that say which episodes are shown; they are empty where there is none.
TYPES = {"task": "Int64", "steps": "Int64", "solved": "boolean"}


class Episode(NamedTuple):
    """A task as one method went through it; `task` is None if none had that outcome."""

    tasks: TaskSet
    paths: Paths
    solved: bool
    task: int | None

    @property
    def steps(self) -> int | None:
        """Steps until the task was solved or the budget spent."""
        return None if self.task is None else int(self.paths.steps[self.task])

    @property
    def goal(self) -> np.ndarray:
        """The image (H, W, 3) uint8 that was planned for."""
        return self.tasks.goal_pixels[self.task]

    def images(self, steps: np.ndarray) -> np.ndarray:
        """What the model saw after each of `steps` (k,): (k, H, W, 3) uint8."""
        environment = make_environment(self.tasks.env, len(steps))
        environment.restore(self.paths.states[self.task, steps])
        return environment.render(self.tasks.image_size)


def choose(tasks: TaskSet, paths: Paths) -> list[Episode]:
    """A success and a failure, by RULE."""
    fitting = {True: paths.solved & ~tasks.solved_at_start, False: ~paths.solved}
    return [
        Episode(tasks, paths, solved, int(flags.argmax()) if flags.any() else None)
        for solved, flags in fitting.items()
    ]


def share(tasks: TaskSet, several: list[Paths]) -> list[Episode]:
    """Of all methods the two tasks that RULE finds for the first: task by task."""
    episodes = []
    for chosen in choose(tasks, several[0]):
        episodes.append(chosen)
        if chosen.task is not None:
            episodes += [
                Episode(tasks, paths, bool(paths.solved[chosen.task]), chosen.task)
                for paths in several[1:]
            ]
    return episodes


def read_paths(task_files: list[Path], path_files: list[Path]) -> list[tuple[TaskSet, list[Paths]]]:
    """The paths through each set of tasks, by method as in METHODS; none is without paths.

    Raises InputError naming a file of paths that are not through these tasks, of a method that
    is unknown, or of one that was there before.
    """
    tasks = {task_set.env: task_set for task_set in map(load_tasks, task_files)}
    found: dict[tuple[str, str], Paths] = {}
    for file in path_files:
        paths = load_paths(file)
        if paths.method not in METHODS:
            known = ", ".join(METHODS)
            raise InputError(f"{file}: method {paths.method!r} is unknown, allowed: {known}")
        starts = tasks[paths.env].starts if paths.env in tasks else None
        if starts is None or not np.array_equal(paths.states[:, 0], starts):
            raise InputError(f"{file}: its paths of {paths.env} do not start as the --tasks do")
        if (paths.env, paths.method) in found:
            raise InputError(f"{file}: {paths.env} with {paths.method} is there already")
        found[paths.env, paths.method] = paths
    grouped = [
        (tasks[env], [found[env, method] for method in METHODS if (env, method) in found])
        for env in tasks
    ]
    return [(task_set, several) for task_set, several in grouped if several]


def read_episodes(task_files: list[Path], path_files: list[Path]) -> list[Episode]:
    """A success and a failure of each method in each environment; see `read_paths`."""
    grouped = read_paths(task_files, path_files)
    return [
        episode
        for tasks, several in grouped
        for paths in several
        for episode in choose(tasks, paths)
    ]
