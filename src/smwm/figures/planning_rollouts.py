"""Episodes of planning, image by image: what each method solved and where it failed."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

from smwm.envs import ENVIRONMENTS
from smwm.figures.style import new_figure, save_all, save_animation
from smwm.methods import METHODS
from smwm.planning.episodes import RULE, Episode, read_episodes

COLUMNS = ("start", "", "", "on the way", "", "", "reached", "goal")
SIDE, GAP, BREAK, HEAD = 128, 8, 24, 24  # pixels of the animation: image, spaces, words


def rollout_table(episodes: list[Episode]) -> pd.DataFrame:
    """One row an episode; task, steps and solved are empty if there is none."""
    rows = [
        {
            "env": episode.tasks.env,
            "method": episode.paths.method,
            "outcome": "success" if episode.solved else "failure",
            "task": episode.task,
            "steps": episode.steps,
            "solved": None if episode.task is None else episode.solved,
        }
        for episode in episodes
    ]
    return pd.DataFrame(rows).astype({"task": "Int64", "steps": "Int64", "solved": "boolean"})


def draw(episodes: list[Episode]) -> Figure:
    """One block an environment, two in a row; in it one row an episode."""
    blocks: dict[str, list[Episode]] = {}
    for episode in episodes:
        blocks.setdefault(episode.tasks.env, []).append(episode)
    across = min(2, len(blocks))
    down = -(-len(blocks) // across)
    height = 0.45 + 0.53 * max(map(len, blocks.values()))
    figure = new_figure(5.1 * across, 0.3 + height * down)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for panel, (env, block) in zip(panels, blocks.items(), strict=False):
        panel.set_title(ENVIRONMENTS[env].label, fontweight="bold")
        _draw_block(panel, block)
    for panel in panels[len(blocks) :]:
        panel.set_axis_off()
    words = f"Shown are {RULE};\nimages between the first and the last are evenly spaced in time."
    figure.supxlabel(words, fontsize=6.5)
    return figure


def _draw_block(panel: Axes, block: list[Episode]) -> None:
    """All images as one, on white; goals stand apart from the rest, and so do methods."""
    size, last = block[0].tasks.image_size, len(COLUMNS) - 1
    gap = max(1, size // 16)
    x = np.arange(last + 1) * (size + gap) + 2 * gap * (np.arange(last + 1) == last)
    y = np.arange(len(block)) * (size + gap) + 2 * gap * (np.arange(len(block)) // 2)
    canvas = np.full((y[-1] + size, x[-1] + size, 3), 255, np.uint8)
    labels = []
    for top, episode in zip(y, block, strict=True):
        labels.append(METHODS[episode.paths.method].label)
        outcome = "solved" if episode.solved else "failed"
        if episode.steps is None:
            panel.text(
                (x[-2] + size) / 2, top + size / 2, f"none {outcome}",
                ha="center", va="center", fontsize=6.5, color="#555555",
            )  # fmt: skip
            continue
        labels[-1] += f"\ntask {episode.task} {outcome}\nafter {episode.steps} steps"
        steps = np.unique(np.linspace(0, episode.steps, last).round().astype(int))
        columns = [*range(len(steps) - 1), last - 1, last]  # few steps leave places empty
        for left, image in zip(x[columns], [*episode.images(steps), episode.goal], strict=True):
            canvas[top : top + size, left : left + size] = image
    panel.imshow(canvas, interpolation="none")
    panel.grid(False)
    panel.spines[:].set_visible(False)
    panel.tick_params(length=0, labelsize=6.5, labeltop=True, labelbottom=False)
    panel.set_xticks(x + size / 2 - 0.5, COLUMNS)
    panel.set_yticks(y + size / 2 - 0.5, labels)


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
    parser.add_argument("--tasks", required=True, nargs="+", type=Path, help="of `smwm tasks`")
    parser.add_argument(
        "--paths", required=True, nargs="+", type=Path, help="of `smwm plan` through the tasks"
    )
    parser.add_argument("--out", required=True, type=Path, help="folder for the figure")


def run(arguments: argparse.Namespace) -> None:
    episodes = read_episodes(arguments.tasks, arguments.paths)
    first = min((e.paths.method for e in episodes), key=list(METHODS).index)  # SMWM, if it ran
    stem = arguments.out / "planning_rollouts"
    successes = [e for e in episodes if e.solved and e.paths.method == first]
    save_animation(animate(successes), stem.with_suffix(".gif"))
    shown = dict.fromkeys((e.tasks.env, e.paths.method, e.paths.seed) for e in episodes)
    settings = [{"env": env, "method": method, "seed": seed} for env, method, seed in shown]
    inputs = [*arguments.tasks, *arguments.paths]
    save_all(stem, __name__, rollout_table(episodes), draw(episodes), inputs,
             [{"rule": RULE}, *settings])  # fmt: skip
