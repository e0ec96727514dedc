"""Run a stage, apart from this process, and judge how it ended."""

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import NamedTuple

from smwm.__main__ import main

SAME, LINE, OTHER = "same bytes", "one clear line", "another result"
PROGRESS = re.compile(r"(collect |train |plan |take |decoder).*: \d+/\d+ \w+.*")
HIDDEN_WARNINGS = (DeprecationWarning, PendingDeprecationWarning, ResourceWarning, ImportWarning)


ROOT = Path(__file__).parents[2]


class EndingError(Exception):
    """A stage ended in a way that it must not."""


class ImpossibleError(Exception):
    """This machine cannot make the fault happen; says why."""


class Ended(NamedTuple):
    """How a stage ended; no status: it hung and was killed."""

    status: int | None
    err: str


def start(words, **variables):
    """The stage as a process group of its own, with further environment variables."""
    return subprocess.Popen(
        [sys.executable, "-m", "smwm", *words], start_new_session=True, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **variables},
    )  # fmt: skip


def run(words, seconds=120):
    """The stage as a program of its own, as a user starts it."""
    process = start(words)
    try:
        return Ended(err=process.communicate(timeout=seconds)[1], status=process.returncode)
    except subprocess.TimeoutExpired:
        kill(process)
        return Ended(None, "")


def kill(process):
    """kill -9 of all that the stage started; whether it was still running."""
    alive = process.poll() is None
    if alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return alive


def wait_for_handlers(process):
    """Until the first lines of the program have run: what comes before is Python's own."""
    status, bit = Path(f"/proc/{process.pid}/status"), 1 << (signal.SIGTERM - 1)
    while process.poll() is None and not _mask(status, "SigCgt") & bit:
        time.sleep(0.001)


def _mask(status, name):
    return int(re.search(rf"{name}:\s*(\w+)", status.read_text())[1], 16)


def interrupt(process, number, seconds=5):
    """Ctrl-C signals the whole process group, `kill` one process; how the stage then ended.

    EndingError if anything of it goes on after `seconds`.
    """
    deadline = time.monotonic() + seconds
    if process.poll() is None:
        to = os.killpg if number == signal.SIGINT else os.kill
        to(process.pid, number)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        kill(process)
        raise EndingError(f"goes on {seconds} s after {number.name}") from None
    while left := _group(process.pid):
        if time.monotonic() > deadline:
            os.killpg(process.pid, signal.SIGKILL)
            raise EndingError(f"leaves processes behind: {left}")
        time.sleep(0.01)
    return Ended(process.returncode, err or out or "")


def _group(number):
    """Processes of a group that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended since
            state, _, group = path.read_text().rpartition(")")[2].split()[:3]
            found += [path.parent.name] if int(group) == number and state != "Z" else []
    return found


def interrupted_line(ended, number, line):
    """LINE if it ended by signal `number` in a line that begins with `line`, else EndingError."""
    if ended.status != 128 + number:
        raise EndingError(f"status {ended.status} after {number.name}: {ended.err[-160:]}")
    lines = [text for text in ended.err.splitlines() if not PROGRESS.fullmatch(text)]
    if len(lines) != 1 or not lines[0].startswith(line):
        raise EndingError(f"said after {number.name}: {' / '.join(lines)[-300:]}")
    return LINE


def fork(action, seconds=120):
    """`action()` in a copy of this process, which is there at once and may crash or hang.

    The copy has everything imported, which takes most of the time of a small stage. What it says
    comes through a pipe, which no limit on files cuts short.
    """
    reader, writer = os.pipe()
    with warnings.catch_warnings(action="ignore"):  # of forks beside threads: none computes now
        child = os.fork()
    if not child:
        os.close(reader)
        _in_child(action, writer)
    os.close(writer)
    said, deadline = b"", time.monotonic() + seconds
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0, deadline - time.monotonic()))[0]:
            if not (more := pipe.read(2**16)):
                status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                return Ended(status, said.decode(errors="replace"))
            said += more
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return Ended(None, "")


def _in_child(action, writer):
    """Never returns, whatever happens. Warnings go to standard error, as outside of a test."""
    status = 1
    try:
        with os.fdopen(writer, "w") as sys.stderr, Path(os.devnull).open("w") as sys.stdout:
            os.setsid()
            os.dup2(sys.stderr.fileno(), 2)
            os.dup2(sys.stdout.fileno(), 1)
            warnings.resetwarnings()
            for category in HIDDEN_WARNINGS:
                warnings.simplefilter("ignore", category)
            warnings.showwarning = lambda message, *rest: print(message, file=sys.stderr)
            try:
                status = action()
            except BaseException:
                traceback.print_exc()
    finally:
        os._exit(status)


def fork_stage(words, before=lambda: None):
    """The stage in a copy of this process, in which `before` is called first."""

    def action():
        before()
        return main(words)

    return fork(action)


def one_line(ended, *names):
    """LINE if it ended in one clear line with one of `names`, else EndingError saying why not."""
    lines = [line for line in ended.err.splitlines() if not PROGRESS.fullmatch(line)]
    last = lines[-1][:160] if lines else ""
    if ended.status is None:
        raise EndingError("hangs")
    if ended.status < 0:
        raise EndingError(f"died of signal {-ended.status}")
    if "Traceback" in ended.err:
        raise EndingError(f"traceback: {last}")
    if ended.status == 0:
        raise EndingError("took it for good")
    if len(lines) != 1:
        raise EndingError(f"{len(lines)} lines on standard error: {last}")
    if not any(name in last or name in lines[0] for name in names):
        raise EndingError(f"names none of {', '.join(names)}: {last}")
    return LINE


def snapshot(folder):
    """Content of every file below `folder`, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def require_same(found, wanted, what):
    """EndingError, naming the first files that differ, unless two snapshots are equal."""
    different = sorted(name for name in found | wanted if found.get(name) != wanted.get(name))
    if different:
        raise EndingError(f"{what}: {', '.join(different[:3])}")
