import shutil

import h5py
import numpy as np

from smwm.__main__ import main
from smwm.figures.environments import draw, filmstrip
from smwm.planning.tasks import TaskSettings, draw_tasks, save_tasks


def test_filmstrip_runs_through_the_first_episode(eval_data):
    strip = filmstrip(eval_data)
    assert strip.shape == (2 * 16 + 1, 3 * 16 + 2, 3)
    np.testing.assert_array_equal(strip[:16, :16], eval_data.pixels[0])
    np.testing.assert_array_equal(strip[17:, 34:], eval_data.pixels[30])
    assert (strip[16] == 255).all()


def test_one_column_an_environment_with_what_was_left_out(eval_data):
    tasks = draw_tasks("two_room", eval_data, TaskSettings(tasks=2, offset=5), "hash")
    panels = draw([tasks, tasks], [eval_data, eval_data]).axes
    assert len(panels) == 8
    assert [panel.get_title() for panel in panels[:2]] == ["Two rooms"] * 2
    assert panels[-1].get_xlabel() == "Left out: nothing."


def test_command_writes_the_figure(dataset_folder, eval_data, tmp_path):
    tasks = draw_tasks("two_room", eval_data, TaskSettings(tasks=2, offset=5), "hash")
    save_tasks(tmp_path / "tasks.npz", tasks)
    words = f"figure environments --tasks {tmp_path}/tasks.npz --data {dataset_folder}/eval.h5"
    assert main([*words.split(), "--out", str(tmp_path)]) == 0
    for ending in ("pdf", "png", "json"):
        assert (tmp_path / f"environments.{ending}").stat().st_size > 0


def test_data_of_another_environment_than_the_tasks_are_refused(
    dataset_folder, eval_data, tmp_path, capsys
):
    tasks = draw_tasks("two_room", eval_data, TaskSettings(tasks=2, offset=5), "hash")
    save_tasks(tmp_path / "tasks.npz", tasks)
    path = shutil.copy(dataset_folder / "eval.h5", tmp_path / "data.h5")
    with h5py.File(path, "a") as file:
        file.attrs["env"] = "cube"
    words = f"figure environments --tasks {tmp_path}/tasks.npz --data {path} --out {tmp_path}"
    assert main(words.split()) == 2
    message = f"smwm figure: {path}: not of two_room, as the tasks in its place are\n"
    assert capsys.readouterr().err == message
