"""What a run of Snakemake shows on a real terminal, in a pipe, and where the user asks for more."""

import logging
import os
import re
import subprocess
import sys
import textwrap
import time

import pytest
from snakemake.settings.enums import Quietness
from snakemake.settings.types import OutputSettings

from smwm.workflow.screen import (
    Job,
    Run,
    calm_screen,
    last_line,
    screen_lines,
    short_reason,
    time_left,
)
from smwm.workflow.stopping import LINE
from terminal import Terminal

# Four jobs; `slow` goes on when the file `go` is there, `bad` fails.
SNAKEFILE = """
from smwm.workflow.screen import calm_screen
from smwm.workflow.stopping import before_jobs, end_jobs_on_signals, last_words

ending = before_jobs()
screen = calm_screen(logger, workflow.output_settings)
ending.hold()


onstart:
    global interrupted
    interrupted = end_jobs_on_signals(logger, workflow.local_exec)


onsuccess:
    screen.close()
    print("done: all")


onerror:
    screen.close()
    if interrupted.is_set():
        last_words()


rule all:
    input: expand("out/{name}", name=config.get("names", "fast slow bad other").split())


rule make:
    input: ancient("source.txt")
    output: "out/{name}"
    log: "logs/{name}.log"
    message: "making {wildcards.name} of two_room, seed 0"
    shell:
        "sh job.sh {wildcards.name} {output} --a-long-option of-a-stage > {log} 2>&1"
"""
JOB = """
[ "$1" = mute ] && exit 1
echo "train $1 seed 0: 45/300 steps, 00:34 left, 00:06 gone, 7.50 steps/s"
case $1 in
slow) until [ -e go ]; do sleep 0.05; done ;;
bad) echo "Traceback"; echo "data.h5: is damaged"; exit 3 ;;
esac
touch $2
"""
GOOD = "names=fast slow other"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "job.sh").write_text(JOB)
    (tmp_path / "source.txt").touch()
    return tmp_path


def command(*words):
    return [sys.executable, "-m", "snakemake", "--cores", "2", "--keep-going", *words]


def in_pipe(folder, *words, **variables):
    (folder / "go").touch()
    done = subprocess.run(
        command(*words), cwd=folder, capture_output=True, text=True, env=os.environ | variables
    )
    return done.returncode, done.stderr, done.stdout


def test_a_terminal_shows_what_is_done_what_runs_and_what_failed(folder):
    terminal = Terminal(command(), 100, 12, cwd=folder)
    terminal.until(lambda screen: "2/5 jobs 40%, 1 failed" in screen.text)
    terminal.until(lambda screen: re.search(r"making slow.* 0:0[1-9]  45/300", screen.text))
    seen = terminal.screen.text.splitlines()
    failed = seen.index("failed: making bad of two_room, seed 0")
    assert seen[failed + 1] == "  logs/bad.log: data.h5: is damaged"
    assert len(seen) == failed + 4
    assert re.match(r"2/5 jobs 40%, 1 failed, about \d+:\d\d left", seen[-2])
    assert seen[-1].startswith("  making slow of two_room, seed 0  0:0")
    (folder / "go").touch()
    status, text = terminal.end()
    assert status == 1
    *seen, last = text.splitlines()
    assert re.fullmatch(r"3 of 5 jobs done in 0:\d\d, 1 failed", last)
    assert seen[-2:] == [
        "failed: making bad of two_room, seed 0", "  logs/bad.log: data.h5: is damaged",
    ]  # fmt: skip
    assert len(seen) <= 4
    for noise in ("Reason", "--a-long-option", "rule make", "CalledProcess", "did not complete"):
        assert noise not in terminal.raw


def test_a_narrow_terminal_does_not_scroll(folder):
    terminal = Terminal(command("--config", GOOD), 44, 4, cwd=folder)
    terminal.until(lambda screen: re.search(r"making slow of two_room, s  0:0\d  45/", screen.text))
    before = len(terminal.screen.lines)
    terminal.until(lambda screen: re.search(r"making slow.*  0:0[1-9]", screen.text))
    assert len(terminal.screen.lines) <= before
    (folder / "go").touch()
    status, text = terminal.end()
    assert status == 0
    ended, done = text.splitlines()[-2:]
    assert re.fullmatch(r"4 jobs done in 0:\d\d", ended)
    assert done == "done: all"


def test_a_pipe_has_a_line_for_each_finished_job_and_two_for_a_failed_one(folder):
    status, lines, _ = in_pipe(folder, "--config", "names=fast slow bad other mute")
    assert status == 1
    first, *lines = lines.splitlines()
    assert first == "Assuming unrestricted shared filesystem usage."  # before the Snakefile is read
    assert re.fullmatch(r"3 of 6 jobs done in 0:\d\d, 2 failed", lines.pop())
    for name, said in (("bad", "data.h5: is damaged"), ("mute", "is empty")):
        failed = lines.index(f"failed: making {name} of two_room, seed 0")
        assert lines[failed + 1] == f"  logs/{name}.log: {said}"
        del lines[failed : failed + 2]
    made = [re.fullmatch(r"\[(\d)/6\] making (\w+) of two_room, seed 0, 0:0\d", x) for x in lines]
    assert [match[1] for match in made] == ["1", "2", "3"]
    assert {match[2] for match in made} == {"fast", "slow", "other"}


def test_a_dry_run_is_a_table_and_why_with_the_files_that_changed(folder):
    text = (folder / "Snakefile").read_text().replace('ancient("source.txt")', '"source.txt"')
    (folder / "Snakefile").write_text(text)
    assert in_pipe(folder, "out/fast")[0] == 0
    (folder / "source.txt").write_text("edited")
    later = time.time() + 10
    os.utime(folder / "source.txt", (later, later))
    status, _, output = in_pipe(folder, "-n", "--config", GOOD)
    assert status == 0
    lines = output.splitlines()
    assert [line.split() for line in lines if re.fullmatch(r"\w+ +\d+", line)] == [
        ["make", "3"], ["all", "1"], ["total", "4"],
    ]  # fmt: skip
    assert lines[lines.index("why:") - 1] == ""
    assert sorted(lines[lines.index("why:") + 1 :]) == [
        "  all: Input files updated by another job",
        "  make: Missing output files",
        "  make: Updated input files: source.txt",
    ]
    assert len(lines) == 12


def test_who_asks_for_commands_gets_all_of_snakemakes_lines(folder):
    _, lines, _ = in_pipe(folder, "-p", "--show-failed-logs")
    for line in ("Shell command: sh job.sh fast", "Reason: ", "Error in rule make", "45/300 steps"):
        assert line in lines
    assert "[1/" not in lines


@pytest.mark.parametrize("asked", [{"verbose": True}, {"debug_dag": True}, {"quiet": "ALL"}])
def test_who_asks_for_more_or_less_keeps_snakemakes_handler(asked):
    logger, plain = logging.Logger("workflow"), logging.StreamHandler()
    plain.set_name("DefaultStreamHandler")
    logger.addHandler(plain)
    usual = {"quiet": {Quietness.HOST}}
    if "quiet" in asked:
        asked = {"quiet": {Quietness[asked["quiet"]]}}
    calm_screen(logger, OutputSettings(**usual | asked)).close()
    assert logger.handlers == [plain]
    screen = calm_screen(logger, OutputSettings(**usual))
    assert logger.handlers == [screen]


def test_a_logger_of_the_users_choice_is_left_alone(folder):
    (folder / "snakemake_logger_plugin_mine").mkdir()
    (folder / "snakemake_logger_plugin_mine" / "__init__.py").write_text(
        textwrap.dedent("""
        import sys
        from snakemake_interface_logger_plugins.base import LogHandlerBase
        class LogHandler(LogHandlerBase):
            writes_to_stream, writes_to_file = True, False
            has_filter = has_formatter = True
            needs_rulegraph = False
            def emit(self, record):
                print("mine:", getattr(record, "event", ""), file=sys.stderr)
        """)
    )
    path = f"{folder}:{os.environ['PYTHONPATH']}"
    status, lines, output = in_pipe(folder, "--logger", "mine", "--config", GOOD, PYTHONPATH=path)
    assert (status, output) == (0, "done: all\n"), lines
    assert "mine: job_finished" in lines
    assert "[1/" not in lines
    assert "jobs done" not in lines


def test_errors_of_the_workflow_are_shown_whole(folder):
    (folder / "source.txt").unlink()
    status, lines, _ = in_pipe(folder)
    assert status == 1
    assert "MissingInputException" in lines
    assert lines.rstrip().endswith("source.txt")


def test_ctrl_c_leaves_its_line_alone_at_the_end(folder):
    terminal = Terminal(command("--config", GOOD), 60, 12, cwd=folder)
    terminal.until(lambda screen: "making slow" in screen.text and "2/4 jobs" in screen.text)
    terminal.press(b"\x03")
    status, text = terminal.end()
    assert status != 0
    *_, ended, last = text.splitlines()
    assert last == LINE
    assert re.fullmatch(r"2 of 4 jobs done in 0:\d\d", ended)
    assert "making slow" not in text
    assert "Error" not in text


def test_more_jobs_than_a_terminal_has_rows():
    run = Run(total=90, running={n: Job("train", f"training {n}", "") for n in range(50)})
    lines = screen_lines(run, 30, 10)
    assert len(lines) == 9  # and the row of the cursor
    assert lines[-1] == "  and 43 more"
    assert all(len(line) < 30 for line in lines)


@pytest.mark.parametrize(
    ("jobs", "seconds", "running", "elapsed", "left"),
    [
        ({"train": 4}, {}, [("train", 5.0)], 5.0, None),
        ({"train": 4}, {"train": [10.0, 30.0]}, [], 40.0, 40.0),  # two of 20 s, one at once
        ({"train": 4}, {"train": [10.0, 30.0]}, [], 20.0, 20.0),  # two at once
        ({"train": 4}, {"train": [20.0, 20.0]}, [("train", 15.0)], 55.0, 25.0),  # 5 s and 20 s
        ({"train": 2, "draw": 2}, {"draw": [1.0, 1.0]}, [("train", 8.0)], 10.0, 8.0),
    ],
)
def test_time_left_goes_by_what_each_rule_took(jobs, seconds, running, elapsed, left):
    assert time_left(jobs, seconds, running, elapsed) == left


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", ""),
        (b"one\ntwo\n\n", "two"),
        (b" 10% bar\r 20% bar\r", "20% bar"),
        (b"\x1b[31mred\x1b[0m \xff\n", "red \ufffd"),
        (b"x" * 10_000 + b"\nlast", "last"),
    ],
)
def test_last_line_of_a_log(content, line, tmp_path):
    path = tmp_path / "job.log"
    path.write_bytes(content)
    assert last_line(str(path)) == line
    path.unlink()
    assert last_line(str(path)) == ""


def test_reasons_are_one_line():
    assert short_reason("Missing output files: a, b") == "Missing output files"
    assert short_reason("Updated input files: a, b, c, d, e, f") == (
        "Updated input files: a, b, c, d and 2 more"
    )
    assert short_reason("Params have changed: before: 1\n  now: 2") == (
        "Params have changed: before: 1 now: 2"
    )
