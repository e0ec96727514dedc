"""Progress on a real terminal, in a log, and after an interruption."""

import re
import subprocess
import sys
import textwrap

import pytest

from terminal import Screen, Terminal

WORK = """
import time
from smwm.system.progress import Progress
with Progress("train smwm seed 0", 400, "steps", {done}) as progress:
    for step in range({done}, 400):
        time.sleep(0.005)
        progress.advance(note=f"loss {{1 / (step + 1):.4f}}")
print("after")
"""
INTERRUPTED = """
import hashlib, sys, time
from smwm.system.interrupts import Ending
from smwm.system.progress import Progress
ending = Ending("smwm train: interrupted")
def deaf():
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
def work():
    ending.hold()
    with Progress("train smwm seed 0", 1000, "steps") as progress:
        for _ in range(1000):
            {step}
            progress.advance()
sys.exit(ending.status(work))
"""
# Interruptible work, and a call of a library that hears nothing.
STEPS = (
    "progress.n == 5 and progress.set_description('work'); time.sleep(0.05)",
    "progress.n == 5 and (progress.set_description('work'), deaf())",
)


def command(text, **values):
    return [sys.executable, "-c", textwrap.dedent(text.format(**values))]


@pytest.mark.parametrize("columns", [20, 40, 64, 120])
def test_a_bar_keeps_to_one_line_of_a_terminal(columns):
    terminal = Terminal(command(WORK, done=0), columns)
    terminal.until(lambda screen: "after" in screen.text)
    status, text = terminal.end()
    assert status == 0
    bar, after = text.splitlines()
    assert after == "after"
    assert bar.startswith("100% train smwm seed 0:"[: columns - 1].rstrip())
    assert ("00:00 left, 400/400 steps" in bar) == (columns > 60)
    assert len(bar) <= columns
    assert terminal.screen.wrapped == 0
    assert len(set(re.findall(r"(\d+)% train", terminal.raw))) >= 5  # it moved


def test_a_terminal_without_a_size_has_a_bar():
    _, text = Terminal(command(WORK, done=390), 0, 0).end()
    assert "400/400 steps" in text.replace("\n", "")


def test_a_log_holds_few_plain_lines():
    done = subprocess.run(command(WORK, done=0), capture_output=True, text=True)
    first, last = done.stderr.splitlines()
    assert first.startswith("train smwm seed 0: 0/400 steps, ")
    assert re.fullmatch(
        r"train smwm seed 0: 400/400 steps, 00:00 left, 00:0\d gone, "
        r" *\d+\.\d+ steps/s, loss 0\.0025",
        last,
    )
    assert "\r" not in done.stderr


def test_a_log_tells_from_time_to_time(monkeypatch, capsys):
    from smwm.system import progress as module

    monkeypatch.setattr(module, "LOG_SECONDS", 0.0)
    with module.Progress("collect two_room", 3, "episodes") as progress:
        for _ in range(3):
            progress.advance()
    lines = capsys.readouterr().err.splitlines()
    counts = [int(re.match(r"collect two_room: (\d)/3 episodes, ", line)[1]) for line in lines]
    assert counts == [0, 1, 2, 3, 3]


def test_resumed_work_has_the_rate_of_what_was_done_since():
    done = subprocess.run(command(WORK, done=300), capture_output=True, text=True)
    first, last = done.stderr.splitlines()
    assert first.startswith("train smwm seed 0: 300/400 steps, ? left, 00:00 gone")
    rate = float(re.search(r"([\d.]+) steps/s", last)[1])
    assert 20 < rate <= 200  # a step takes 5 ms or more: not 400 steps in 0.5 s


@pytest.mark.parametrize("step", STEPS, ids=["soon", "by force"])
def test_ctrl_c_leaves_its_line_alone_at_the_end(step):
    terminal = Terminal(command(INTERRUPTED, step=step), 40)
    terminal.until(lambda screen: "% work" in screen.text)
    terminal.press(b"\x03")
    status, text = terminal.end()
    assert status == 130
    assert text.splitlines()[-1] == "smwm train: interrupted"
    assert len(text.splitlines()) <= 3  # `^C`, as a terminal shows it, may take a line


def test_the_terminal_of_these_tests_wraps_and_clears():
    screen = Screen(4, 3)
    screen.feed("abcdef\r\ngh")
    assert (screen.text, screen.wrapped) == ("abcd\nef\ngh", 1)
    screen.feed("\x1b[1A\r\x1b[Jx\r\n")
    assert screen.text == "abcd\nx"
