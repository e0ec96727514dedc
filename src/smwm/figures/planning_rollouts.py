"""Episodes of planning, image by image: the same tasks, solved or failed by each method.

Which episodes, and how they went, is measured before. Here their states are rendered, since
pictures are what this figure shows.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

from smwm.analysis.measured import Measured, read_measured
from smwm.envs import ENVIRONMENTS
from smwm.errors import InputError
from smwm.figures.style import add_table, new_figure, save_animation, save_drawn
from smwm.methods import METHODS
from smwm.planning.episodes import SHARED_RULE, TYPES, Episode, read_paths
from smwm.planning.paths import Paths

TABLE = ("env", "method", "outcome", "task", "steps", "solved")
COLUMNS = ("start", "", "on the way", "", "reached", "goal")
GHOST = 0.35  # share of the goal's image that is laid over the others
SIDE, GAP, BREAK, HEAD = 128, 8, 24, 24  # pixels of the animation: image, spaces, words


def draw(episodes: list[Episode]) -> Figure:
    """One block an environment, two in a row; in it the rows of the first task, then the second's.

    The goal is laid over every image, pale, and stands at the right.
    """
    blocks: dict[str, list[Episode]] = {}
    for episode in episodes:
        blocks.setdefault(episode.tasks.env, []).append(episode)
    across = min(2, len(blocks))
    down = -(-len(blocks) // across)
    height = 0.5 + 0.8 * max(map(len, blocks.values()))
    figure = new_figure(5.8 * across, 0.4 + height * down)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for panel, (env, block) in zip(panels, blocks.items(), strict=False):
        panel.set_title(ENVIRONMENTS[env].label, fontweight="bold")
        _draw_block(panel, block)
    for panel in panels[len(blocks) :]:
        panel.set_axis_off()
    rule = SHARED_RULE.format(METHODS[episodes[0].paths.method].label)
    words = f"Every method on the same tasks: {rule}.\nThe goal is laid over each image, pale; "
    figure.supxlabel(f"{words}images on the way are evenly spaced in time.", fontsize=7)
    return figure


def _draw_block(panel: Axes, block: list[Episode]) -> None:
    """All images as one, on white; goals stand apart from the rest, and so do tasks."""
    size, last = block[0].tasks.image_size, len(COLUMNS) - 1
    gap = max(1, size // 16)
    tasks = list(dict.fromkeys(episode.task for episode in block))
    x = np.arange(last + 1) * (size + gap)
    x[last] += 2 * gap
    y = np.arange(len(block)) * (size + gap)
    y = y + 3 * gap * np.array([tasks.index(episode.task) for episode in block])
    canvas = np.full((y[-1] + size, x[-1] + size, 3), 255, np.uint8)
    labels = []
    for top, episode in zip(y, block, strict=True):
        labels.append(METHODS[episode.paths.method].label)
        outcome = "solved" if episode.solved else "failed"
        if episode.steps is None:
            panel.text(
                (x[-2] + size) / 2, top + size / 2, f"none {outcome}",
                ha="center", va="center", fontsize=7, color="#555555",
            )  # fmt: skip
            continue
        labels[-1] += f"\ntask {episode.task} {outcome}\nafter {episode.steps} steps"
        steps = np.unique(np.linspace(0, episode.steps, last).round().astype(int))
        columns = [*range(len(steps) - 1), last - 1, last]  # of few steps, some stay empty
        images = [with_goal(image, episode.goal) for image in episode.images(steps)]
        for left, image in zip(x[columns], [*images, episode.goal], strict=True):
            canvas[top : top + size, left : left + size] = image
    panel.imshow(canvas, interpolation="none")
    panel.grid(False)
    panel.spines[:].set_visible(False)
    panel.tick_params(length=0, labelsize=7, labeltop=True, labelbottom=False)
    panel.set_xticks(x + size / 2 - 0.5, COLUMNS)
    panel.set_yticks(y + size / 2 - 0.5, labels)


def with_goal(image: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """An image with the goal's laid over it, both (H, W, 3) uint8."""
    return ((1 - GHOST) * image + GHOST * goal).round().astype(np.uint8)


def animate(episodes: list[Episode]) -> list[Image.Image]:
    """Successes beside their goals, side by side, a frame a step until the longest has ended."""
    font = ImageFont.truetype(findfont("DejaVu Sans"), 14)
    longest = max(episode.steps or 0 for episode in episodes)
    pitch = 2 * SIDE + GAP + BREAK
    still = Image.new("RGB", (pitch * len(episodes) - BREAK, HEAD + SIDE), "white")
    pen = ImageDraw.Draw(still)
    moving: dict[int, np.ndarray] = {}  # images of every step, by where they go
    for left, episode in zip(range(0, still.width, pitch), episodes, strict=True):
        pen.text((left, 3), ENVIRONMENTS[episode.tasks.env].label, "black", font)
        if episode.steps is None:
            pen.text((left, HEAD), "none solved", "#555555", font)
            continue
        pen.text((left + SIDE + GAP, 3), "goal", "black", font)
        still.paste(_enlarged(episode.goal), (left + SIDE + GAP, HEAD))
        moving[left] = episode.images(np.minimum(np.arange(longest + 1), episode.steps))
    frames = [still.copy() for _ in range(longest + 1)]
    for left, images in moving.items():
        for frame, image in zip(frames, images, strict=True):
            frame.paste(_enlarged(image), (left, HEAD))
    return frames


def _enlarged(image: np.ndarray) -> Image.Image:
    return Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BOX)


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_table(parser)
    parser.add_argument("--tasks", required=True, nargs="+", type=Path, help="of `smwm tasks`")
    parser.add_argument(
        "--paths", required=True, nargs="+", type=Path, help="of `smwm plan` through the tasks"
    )


def read_shown(measured: Measured, tasks: list[Path], paths: list[Path]) -> list[Episode]:
    """The episodes of a table. Raises InputError naming it if the paths hold others."""
    found = {
        (task_set.env, one.method): (task_set, one)
        for task_set, several in read_paths(tasks, paths)
        for one in several
    }
    episodes = []
    for row in measured.table.itertuples():
        task = None if pd.isna(row.task) else int(row.task)
        pair = found.get((row.env, row.method))
        if pair is None or not _took(pair[1], task, row.steps):
            raise InputError(f"{measured.path}: {row.env} with {row.method} is not of these paths")
        episodes.append(Episode(*pair, row.outcome == "success", task))
    return episodes


def _took(paths: Paths, task: int | None, steps: int) -> bool:
    """Whether a task ended after so many steps; without a task there is nothing to compare."""
    return task is None or (task < len(paths.steps) and bool(paths.steps[task] == steps))


def run(arguments: argparse.Namespace) -> None:
    measured = read_measured(arguments.table, TABLE)
    measured = replace(measured, table=measured.table.astype(TYPES))
    episodes = read_shown(measured, arguments.tasks, arguments.paths)
    first = min((e.paths.method for e in episodes), key=list(METHODS).index)  # SMWM, if it ran
    stem = arguments.out / "planning_rollouts"
    successes = [e for e in episodes if e.solved and e.paths.method == first]
    save_animation(animate(successes), stem.with_suffix(".gif"))
    others = [*arguments.tasks, *arguments.paths]
    save_drawn(stem, __name__, draw(episodes), measured, others=others)
