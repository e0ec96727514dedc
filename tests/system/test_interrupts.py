"""Stages that are signalled while they import, or at work, and what may hold up their end.

Stages that write are interrupted at random moments in tests/faults.
"""

import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from runs import interrupt, interrupted_line, start

from smwm.__main__ import STAGES
from smwm.system.interrupts import starting_processes

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Put before the package: the import of a module says that it has begun, and does not end.
ENDLESS_IMPORT = """
import pathlib, sys, time
class Endless:
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            pathlib.Path({begun!r}).touch()
            time.sleep(600)
sys.meta_path.insert(0, Endless())
"""
SLEEPER = "#!/bin/sh\ntouch {begun}\nexec sleep 600\n"


def wait_for(folder, pattern, process):
    while not list(folder.glob(pattern)):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.005)


@pytest.fixture
def hook(tmp_path):
    """Variables with which Python runs a module before the program."""

    def write(text):
        (tmp_path / "hook").mkdir()
        (tmp_path / "hook" / "sitecustomize.py").write_text(text)
        return {"PYTHONPATH": f"{tmp_path / 'hook'}:{os.environ['PYTHONPATH']}"}

    return write


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_still_imports_ends_in_one_line(stage, number, tmp_path, hook):
    endless = hook(ENDLESS_IMPORT.format(module=STAGES[stage][0], begun=str(tmp_path / "begun")))
    process = start([stage, "--help"], **endless)
    wait_for(tmp_path, "begun", process)
    ended = interrupt(process, number)
    goes_on = "goes on where it stopped" if stage in ("collect", "train") else "starts it anew"
    interrupted_line(ended, number, f"smwm {stage}: interrupted; the same command {goes_on}")


@pytest.mark.parametrize("number", SIGNALS)
def test_so_does_a_program_that_has_hardly_begun(number, tmp_path, hook):
    endless = hook(ENDLESS_IMPORT.format(module="smwm.system.files", begun=str(tmp_path / "begun")))
    process = start(["settings"], **endless)
    wait_for(tmp_path, "begun", process)
    interrupted_line(interrupt(process, number), number, "smwm settings: interrupted; ")


@pytest.mark.parametrize("number", SIGNALS)
def test_publish_takes_the_program_that_it_waits_for_with_it(number, tmp_path):
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text(SLEEPER.format(begun=tmp_path / "begun"))
    git.chmod(0o755)
    process = start(["publish"], PATH=f"{git.parent}:{os.environ['PATH']}")
    wait_for(tmp_path, "begun", process)
    interrupted_line(interrupt(process, number), number, "smwm publish: interrupted; ")


@pytest.mark.parametrize("number", SIGNALS)
def test_doctor_takes_the_renderer_that_it_tries_with_it(number, tmp_path, hook):
    endless = hook(ENDLESS_IMPORT.format(module="cv2", begun=str(tmp_path / "begun")))
    process = start(["doctor"], **endless)
    wait_for(tmp_path, "begun", process)
    interrupted_line(interrupt(process, number), number, "smwm doctor: interrupted; ")


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("module", ["smwm.data.collect", "smwm.envs.two_room"])
def test_collect_does_not_wait_for_its_processes(module, number, tmp_path, hook):
    text = ENDLESS_IMPORT.format(module=module, begun=f"{tmp_path}/begun")
    in_process = "import sys\nif '--multiprocessing-fork' in sys.orig_argv:\n"
    endless = hook(in_process + textwrap.indent(text, "    "))
    words = ["collect", "--env", "two_room", "--workers", "2", "--out", str(tmp_path / "data")]
    process = start(words, **endless)
    wait_for(tmp_path, "begun", process)
    interrupted_line(interrupt(process, number), number, "smwm collect: interrupted; ")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("number", SIGNALS)
def test_benchmark_leaves_neither_processes_nor_temporary_files(number, tmp_path):
    words = ["benchmark", "--out", str(tmp_path / "out"), "--scales", "smoke", "--threads", "1"]
    process = start([*words, "--parts", "data path", "--batches", "100000"], TMPDIR=str(tmp_path))
    wait_for(tmp_path, "tmp*/1/smoke-raw/README.md", process)
    time.sleep(1)  # it has collected, now it reads
    ended = interrupt(process, number)
    assert ended.status == 128 + number
    assert ended.err.splitlines()[-1].startswith("smwm benchmark: interrupted; ")
    assert "Traceback" not in ended.err
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


# What may become of the exception: it is lost, comes out as another one, or is never raised.
# Where it can be, what is held is let go of.
OBSTACLES = {
    "a callback loses it": """
class Loses:
    def __del__(self):
        kill()
        sum(range(1000))
Loses()
try:
    time.sleep(60)
finally:
    print("let go")
""",
    "it becomes another": """
try:
    kill()
    time.sleep(60)
except KeyboardInterrupt:
    raise ImportError("initialization failed") from None
""",
    "it leaves an exec": """
exec("kill(); time.sleep(60)", globals())
""",
    "it is swallowed": """
while True:
    try:
        kill()
        time.sleep(60)
    except BaseException:
        pass
""",
    "a library computes": """
threading.Timer(0.5, kill).start()
hashlib.pbkdf2_hmac("sha256", b"", b"", 2 * 10**9)
""",
    "its end is signalled, too": """
try:
    kill()
    time.sleep(60)
finally:
    kill()
    time.sleep(0.1)
    print("let go")
""",
}
PROGRAM = """
import hashlib, os, signal, sys, threading, time
from smwm.system import interrupts
interrupts.GRACE = 1.0
ending = interrupts.Ending("interrupted")
kill = lambda: os.kill(os.getpid(), {number})
def action():
    ending.hold()
{action}
sys.exit(ending.status(action))
"""


@pytest.fixture
def run(tmp_path):
    """Run a text as `python -m`, as the stages are."""

    def program(text):
        (tmp_path / "program.py").write_text(text)
        command = [sys.executable, "-m", "program"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    return program


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_nothing_holds_up_the_end(obstacle, number, run):
    action = textwrap.indent(OBSTACLES[obstacle], "    ")
    done = run(PROGRAM.format(number=int(number), action=action))
    assert (done.returncode, done.stderr) == (128 + number, "interrupted\n")
    assert done.stdout == ("let go\n" if "let go" in action else "")


def test_a_signal_after_the_end_changes_nothing(run):
    done = run(PROGRAM.format(number=15, action="    return 3").replace("sys.exit(", "x = (")
               + "kill(); sys.exit(x)")  # fmt: skip
    assert (done.returncode, done.stderr) == (3, "")


def test_a_forked_child_ends_by_itself(run):
    action = """
    child = os.fork()
    if not child:
        kill()
        time.sleep(60)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])"""
    done = run(PROGRAM.format(number=15, action=action).replace("sys.exit(", "print("))
    assert (done.stdout, done.stderr) == ("-15\n", "")


def test_another_error_is_raised_as_it_is(run):
    done = run(PROGRAM.format(number=2, action="    raise ValueError('mine')"))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ValueError: mine"


class AnsweredError(Exception):
    """What a handler of this test raises."""


def answer(number, frame):
    raise AnsweredError(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_answered_when_processes_have_started(number):
    before, done = signal.signal(number, answer), []

    def start_slowly():
        with starting_processes():
            os.kill(os.getpid(), number)
            time.sleep(0.1)  # the handler runs between two instructions of Python
            done.append("whole")

    try:
        with pytest.raises(AnsweredError):
            start_slowly()
        assert done == ["whole"]
        assert signal.getsignal(number) is answer
        assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()) & {number}
    finally:
        signal.signal(number, before)


def test_started_processes_do_not_hear_ctrl_c():
    asks = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))"
    with starting_processes():
        said = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True).stdout
    assert said == "True\n"


def test_processes_are_started_from_any_thread():
    with ThreadPoolExecutor(1) as threads:

        def start_none():
            with starting_processes():
                return "started"

        assert threads.submit(start_none).result() == "started"
