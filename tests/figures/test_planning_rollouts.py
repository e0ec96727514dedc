from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageSequence

from smwm.__main__ import main
from smwm.figures.planning_rollouts import HEAD, SIDE, animate, draw, with_goal
from smwm.measures.episodes import rollout_table
from smwm.planning.episodes import choose, share
from smwm.planning.paths import Paths, save_paths
from smwm.planning.tasks import TaskSettings, draw_tasks, save_tasks
from synthetic import assert_readable

BUDGET = 12


@pytest.fixture
def tasks(eval_data):
    """Four tasks, the first of which begins at its goal."""
    settings = TaskSettings(tasks=4, offset=10, budget=BUDGET)
    tasks = draw_tasks("two_room", eval_data, settings, "hash")
    return replace(tasks, solved_at_start=np.array([True, False, False, False]))


def paths(tasks, solved, method="smwm"):
    """Straight lines to the goals: four steps if solved, else the budget."""
    steps = np.where(solved, 4, BUDGET)
    share = np.arange(BUDGET + 1) / steps[:, None]
    share[share > 1] = np.nan
    states = tasks.starts[:, None] + share[..., None] * (tasks.goals - tasks.starts)[:, None]
    return Paths("two_room", method, 0, states, steps, np.array(solved))


@pytest.fixture
def command(tasks, tmp_path):
    """Draw two methods, of which the second solves nothing and the first all but one."""
    save_tasks(tmp_path / "tasks.npz", tasks)
    save_paths(tmp_path / "random.npz", paths(tasks, [False] * 4, "random"))
    save_paths(tmp_path / "smwm.npz", paths(tasks, [True, True, False, True]))
    files = f"--tasks {tmp_path}/tasks.npz --paths {tmp_path}/random.npz {tmp_path}/smwm.npz"
    table = f"{tmp_path}/measured.csv"
    assert main(f"measure planning_rollouts {files} --out {table}".split()) == 0
    return f"figure planning_rollouts --table {table} {files} --out {tmp_path}/"


@pytest.mark.parametrize(
    ("solved", "success", "failure"),
    [
        ([True, False, True, False], 2, 1),  # the first was solved at the start
        ([False, False, True, True], 2, 0),
        ([True, True, True, True], 1, None),
        ([True, False, False, False], None, 1),
    ],
)
def test_first_success_after_the_start_and_first_failure(tasks, solved, success, failure):
    chosen = choose(tasks, paths(tasks, solved))
    assert [(episode.solved, episode.task) for episode in chosen] == [
        (True, success), (False, failure),
    ]  # fmt: skip


def test_all_methods_are_shown_on_the_tasks_of_the_first(tasks):
    first, other = paths(tasks, [True, False, True, True]), paths(tasks, [True, True, False, False])
    episodes = share(tasks, [first, replace(other, method="sigreg")])
    assert [(one.paths.method, one.task, one.solved) for one in episodes] == [
        ("smwm", 2, True), ("sigreg", 2, False), ("smwm", 1, False), ("sigreg", 1, True),
    ]  # fmt: skip
    figure = draw(episodes)
    assert "the first task that SMWM solved" in figure._supxlabel.get_text()
    tops = figure.axes[0].get_yticks()
    assert np.diff(tops).tolist() == [17, 17 + 3, 17]  # tasks stand apart
    assert_readable(figure)


def test_a_task_that_the_first_method_does_not_have_is_no_row_of_the_others(tasks):
    first, other = paths(tasks, [True] * 4), paths(tasks, [False] * 4, "random")
    episodes = share(tasks, [first, other])
    assert [(one.paths.method, one.task) for one in episodes] == [
        ("smwm", 1), ("random", 1), ("smwm", None),
    ]  # fmt: skip


def test_few_steps_leave_places_empty(tasks):
    short = replace(paths(tasks, [True] * 4), steps=np.full(4, 2))
    canvas = np.asarray(draw(choose(tasks, short)[:1]).axes[0].images[0].get_array())
    empty = [(canvas[:, left : left + 16] == 255).all() for left in range(0, 5 * 17, 17)]
    assert empty == [False, False, True, True, False]


def test_the_goal_is_laid_over_pale():
    black, white = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)
    assert (with_goal(black, white) == 89).all()
    assert (with_goal(white, white) == 255).all()


def test_images_are_of_the_states_on_the_way(tasks):
    episode = choose(tasks, paths(tasks, [False, True, True, True]))[0]
    assert (episode.task, episode.steps) == (1, 4)
    np.testing.assert_array_equal(episode.images(np.array([4]))[0], tasks.goal_pixels[1])


def test_rows_hold_the_images_of_an_episode_and_its_goal(tasks):
    episodes = choose(tasks, paths(tasks, [True, True, False, True]))
    figure = draw(episodes)
    (panel,) = figure.axes
    canvas = np.asarray(panel.images[0].get_array())
    assert canvas.shape == (16 + 17 + 3, 5 * 17 + 2 + 16, 3)
    goals = tasks.goal_pixels
    np.testing.assert_array_equal(canvas[:16, -16:], goals[1])
    np.testing.assert_array_equal(canvas[:16, 4 * 17 : 4 * 17 + 16], goals[1])  # reached
    start = episodes[0].images(np.array([0]))[0]
    np.testing.assert_array_equal(canvas[:16, :16], with_goal(start, goals[1]))
    np.testing.assert_array_equal(canvas[20:, -16:], goals[2])
    assert [label.get_text() for label in panel.get_yticklabels()] == [
        "SMWM\ntask 1 solved\nafter 4 steps", "SMWM\ntask 2 failed\nafter 12 steps",
    ]  # fmt: skip


@pytest.mark.parametrize(("solved", "words"), [(True, "none failed"), (False, "none solved")])
def test_an_outcome_that_no_task_had_is_said_in_its_place(tasks, solved, words):
    episodes = choose(tasks, paths(tasks, [solved] * 4))
    panel = draw(episodes).axes[0]
    assert [text.get_text() for text in panel.texts] == [words]
    row = rollout_table(episodes).iloc[int(solved)]
    assert row["outcome"] == ("failure" if solved else "success")
    assert row[["task", "steps", "solved"]].isna().all()
    assert len(animate(episodes[:1])) == (5 if solved else 1)


def test_table_has_a_row_for_each_outcome(command, tmp_path):
    assert main(f"{command}a".split()) == 0
    text = (tmp_path / "a" / "planning_rollouts.csv").read_text()
    assert text.splitlines() == [
        "env,method,outcome,task,steps,solved",
        "two_room,smwm,success,1,4,True",
        "two_room,random,failure,1,12,False",
        "two_room,smwm,failure,2,12,False",
        "two_room,random,failure,2,12,False",
    ]
    table = pd.read_csv(tmp_path / "a" / "planning_rollouts.csv")
    assert list(table["method"]) == ["smwm", "random"] * 2


def test_animation_goes_from_the_start_to_the_goal(tasks, command, tmp_path):
    assert main(f"{command}a".split()) == 0
    with Image.open(tmp_path / "a" / "planning_rollouts.gif") as image:
        frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
        assert (image.info["loop"], image.info["duration"]) == (0, 2000)
    assert len(frames) == 5
    assert not np.array_equal(frames[0], frames[-1])
    last = frames[-1][HEAD:].astype(int)
    now, goal = last[:, :SIDE], last[:, -SIDE:]
    np.testing.assert_array_equal(now, goal)
    wanted = tasks.goal_pixels[1].repeat(SIDE // 16, 0).repeat(SIDE // 16, 1)
    assert np.abs(goal - wanted).max() <= 8  # of a palette of 256 colours


def test_same_input_same_bytes(command, tmp_path):
    assert main(f"{command}a".split()) == 0
    assert main(f"{command}b".split()) == 0
    for ending in ("pdf", "png", "gif", "csv", "json"):
        first, second = (tmp_path / x / f"planning_rollouts.{ending}" for x in "ab")
        assert first.read_bytes() == second.read_bytes()
        assert first.stat().st_size > 0


def test_a_table_of_other_paths_is_one_line(tasks, command, tmp_path, capsys):
    failed = paths(tasks, [True, False, False, True])  # the task that is shown took longer
    save_paths(tmp_path / "smwm.npz", failed)
    assert main(f"{command}a".split()) == 2
    error = capsys.readouterr().err
    assert f"{tmp_path}/measured.csv: two_room with smwm is not of these paths" in error
    assert len(error.splitlines()) == 1


def test_paths_that_do_not_belong_are_one_line(tasks, command, tmp_path, capsys):
    good = paths(tasks, [True] * 4)
    for wrong, words in (
        (replace(good, states=good.states + 1), "do not start as the --tasks do"),
        (replace(good, env="cube"), "its paths of cube do not start as the --tasks do"),
        (replace(good, method="magic"), "method 'magic' is unknown, allowed: smwm, sigreg"),
        (replace(good, method="random"), "two_room with random is there already"),
    ):
        save_paths(tmp_path / "smwm.npz", wrong)
        assert main(f"{command}a".split()) == 2
        error = capsys.readouterr().err
        assert f"{tmp_path}/smwm.npz: " in error
        assert words in error
        assert len(error.splitlines()) == 1
