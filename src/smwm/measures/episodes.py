"""Which episodes of planning are shown, and how they went."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from smwm.planning.episodes import SHARED_RULE, TYPES, Episode, read_paths, share


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
    return pd.DataFrame(rows).astype(TYPES)


def planning_rollouts(
    tasks: list[Path], paths: list[Path]
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    grouped = read_paths(tasks, paths)
    episodes = [episode for task_set, several in grouped for episode in share(task_set, several)]
    shown = dict.fromkeys((e.tasks.env, e.paths.method, e.paths.seed) for e in episodes)
    settings = [{"env": env, "method": method, "seed": seed} for env, method, seed in shown]
    return rollout_table(episodes), [{"rule": SHARED_RULE.format("the first method")}, *settings]
