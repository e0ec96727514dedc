import errno
import multiprocessing
import time

import pytest

from smwm.errors import InputError
from smwm.system.files import exclusive, replacing, write_json


def names_in(folder):
    return [path.name for path in folder.iterdir()]


def test_replacing_renames_on_success(tmp_path):
    with replacing(tmp_path / "new" / "a.txt") as temporary:
        temporary.write_text("whole")
        assert not (tmp_path / "new" / "a.txt").exists()
    assert (tmp_path / "new" / "a.txt").read_text() == "whole"
    assert names_in(tmp_path / "new") == ["a.txt"]


def test_replacing_keeps_the_old_file_on_error(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:  # noqa: PT012
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a.txt"]


def _add_one(path, count):
    for _ in range(count):
        with exclusive(path):
            value = int(path.read_text())
            time.sleep(0.0005)
            path.write_text(str(value + 1))


def test_exclusive_lets_one_process_in(tmp_path):
    path = tmp_path / "count"
    path.write_text("0")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_add_one, args=(path, 50)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert path.read_text() == "150"
    assert names_in(tmp_path) == ["count"]


def test_json_is_written_whole(tmp_path):
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"bad": object()})
    assert names_in(tmp_path) == []


def test_a_write_that_fails_names_the_file_and_keeps_it(tmp_path):
    (tmp_path / "x").write_text("old")
    with (
        pytest.raises(InputError, match=r"x: cannot be written \(No space"),
        replacing(tmp_path / "x"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names_in(tmp_path) == ["x"]
    assert (tmp_path / "x").read_text() == "old"
