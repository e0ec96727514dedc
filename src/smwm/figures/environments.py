"""What the tasks look like: a start and a goal of each, and an episode of the data.

Rendered here from the simulators, since pictures are all that this figure shows.
"""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from smwm.analysis.measured import save_origin
from smwm.data.dataset import Trajectories, read_dataset
from smwm.envs import ENVIRONMENTS, make_environment
from smwm.errors import InputError
from smwm.figures.style import new_figure, save_figure
from smwm.planning.tasks import TaskSet, load_tasks

FULL_SIZE = 224
FRAMES = 6  # of an episode
ROWS = ("start, full look", "start, as the model sees it", "goal", "an episode")


def draw(tasks: list[TaskSet], data: list[Trajectories]) -> Figure:
    """One column an environment; tasks and held-out trajectories in the same order."""
    figure = new_figure(0.4 + 1.9 * len(tasks), 7.6)
    panels = figure.subplots(
        4, len(tasks), squeeze=False, gridspec_kw={"height_ratios": [3, 3, 3, 2]}
    )
    for panel, words in zip(panels[:, 0], ROWS, strict=True):
        panel.set_ylabel(words)
    for column, task_set, episodes in zip(panels.T, tasks, data, strict=True):
        environment = make_environment(task_set.env, 1)
        environment.restore(task_set.starts[:1])
        images = [
            environment.render(FULL_SIZE, full=True)[0],
            environment.render(task_set.image_size)[0],
            task_set.goal_pixels[0],
            filmstrip(episodes),
        ]
        for panel, image in zip(column, images, strict=True):
            _show(panel, image)
        column[0].set_title(ENVIRONMENTS[task_set.env].label)
        words = f"Left out: {environment.left_out}."
        column[-1].set_xlabel("\n".join(textwrap.wrap(words, 34)), fontsize=6, loc="left")
    return figure


def filmstrip(data: Trajectories) -> np.ndarray:
    """FRAMES images of the first episode, evenly spaced, in two rows with white gaps."""
    rows = data.offsets[0] + np.linspace(0, data.lengths[0] - 1, FRAMES).round().astype(int)
    gap = max(1, data.image_size // 32)
    edges = ((0, 0), (0, gap), (0, gap), (0, 0))
    halves = np.split(np.pad(data.pixels[rows], edges, constant_values=255), 2)
    strip = np.concatenate([np.concatenate(half, axis=1) for half in halves])
    return strip[:-gap, :-gap]


def _show(panel: Axes, image: np.ndarray) -> None:
    panel.imshow(image, interpolation="nearest")
    panel.set_xticks([])
    panel.set_yticks([])
    panel.grid(False)
    for side in panel.spines.values():
        side.set_visible(False)


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tasks", required=True, nargs="+", type=Path, help="of `smwm tasks`")
    parser.add_argument(
        "--data", required=True, nargs="+", type=Path, help="held-out data for each, in order"
    )
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")


def run(arguments: argparse.Namespace) -> None:
    if len(arguments.tasks) != len(arguments.data):
        raise InputError(f"--data: {len(arguments.data)} files for {len(arguments.tasks)} --tasks")
    tasks = [load_tasks(path) for path in arguments.tasks]
    data = [read_dataset(path) for path in arguments.data]
    for path, task_set, episodes in zip(arguments.data, tasks, data, strict=True):
        if episodes.attributes.get("env", task_set.env) != task_set.env:
            raise InputError(f"{path}: not of {task_set.env}, as the tasks in its place are")
    stem = arguments.out / "environments"
    save_figure(draw(tasks, data), stem)
    settings = [{"env": t.env, "image_size": t.image_size, "full_size": FULL_SIZE} for t in tasks]
    save_origin(stem.with_suffix(".json"), __name__, [*arguments.tasks, *arguments.data], settings)
