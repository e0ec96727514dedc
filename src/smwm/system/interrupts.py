"""SIGINT (Ctrl-C) and SIGTERM: a process ends soon, tidily, and says so in one line."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

GRACE = 3.0  # seconds to let go of what is held; then the process ends as it is
SIGNALS = (signal.SIGINT, signal.SIGTERM)
CLEAR = "\r\x1b[2K"  # the line of a terminal in which the cursor stands
RESUMING = ("collect", "train")  # stages that keep what they have done


def stage_line(words: list[str]) -> str:
    """What the stage of a command line says last when it was interrupted."""
    again = "goes on where it stopped" if words[:1] in ([s] for s in RESUMING) else "starts it anew"
    return f"{' '.join(['smwm', *words[:1]])}: interrupted; the same command {again}"


class Interrupted(KeyboardInterrupt):
    """Not KeyboardInterrupt itself: once that leaves an `exec`, Python later ends by SIGINT."""


class Ending:
    """From when it is made, a signal ends this process with `line` and with status 130 or 143.

    At first it ends at once, as nothing is held, and as an exception in the middle of an import
    may get lost, or come out as another one. After `hold` it raises Interrupted in the main
    thread, so that files and processes are let go of where they are held; a later signal changes
    nothing. A thread ends what has not ended by itself in GRACE seconds: a long call of a library.
    """

    def __init__(self, line: str) -> None:
        self._line, self._number, self._held, self._lost = f"{line}\n", 0, False, False
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, self._handle)
        threading.Thread(target=self._watch, args=(reader,), daemon=True).start()
        sys.unraisablehook = self._note_unraisable
        os.register_at_fork(after_in_child=let_go)

    def hold(self) -> None:
        """From now on, raise Interrupted."""
        self._held = True

    def status(self, action: Callable[[], int]) -> int:
        """What `action` returns; after a signal, print the line and return its status instead."""
        try:
            status = action()
        except BaseException:  # libraries make any other exception of it
            if not self._number:
                raise
        self._held = False
        gc.freeze()  # Python would look through all that was imported for garbage, for seconds
        if not self._number:
            for number in SIGNALS:  # too late: all is done
                signal.signal(number, signal.SIG_IGN)
            return status
        self.say()
        return 128 + self._number

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._number and not self._lost:
            return
        self._number, self._lost = self._number or number, False
        if not self._held:
            self._end()
        raise Interrupted

    def _note_unraisable(self, unraisable: Any) -> None:
        """An exception that a callback of Python's own cannot pass on, and prints, is raised again.

        The first of many such callbacks is that of the lock of an imported module.
        """
        if self._number and issubclass(unraisable.exc_type, Interrupted):
            self._lost = True
        else:
            sys.__unraisablehook__(unraisable)

    def _watch(self, reader: int) -> None:
        number, main = 0, threading.main_thread().ident
        assert main is not None  # it runs
        while number not in SIGNALS:
            number = os.read(reader, 1)[0]  # Python writes it when it comes, whatever computes
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline:
            time.sleep(0.05)
            if self._lost:
                signal.pthread_kill(main, signal.SIGINT)
        self._number = self._number or number
        self._end()

    def _end(self) -> None:
        self.say()
        os._exit(128 + self._number)

    def say(self) -> None:
        """Print the line once, past sys.stderr, in which the signal may have come.

        On a terminal it overwrites a progress bar that was left there.
        """
        line, self._line = self._line, ""
        with suppress(OSError):
            os.write(2, (CLEAR * os.isatty(2) + line if line else "").encode())


@contextmanager
def starting_processes() -> Iterator[None]:
    """A signal that comes in the block is answered after it: processes start wholly or not at all.

    One that started by halves would say that its input has ended. The processes do not hear
    Ctrl-C, which signals all of a group: who started them ends them.
    """
    came: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():  # no other may change handlers
        for number in SIGNALS:
            before[number] = signal.signal(number, lambda number, _: came.append(number))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for first in came[:1]:
            signal.raise_signal(first)


def let_go() -> None:
    """End as Python does without all this: a forked child, or where others take over."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
