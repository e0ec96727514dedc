"""Snakemake on SIGINT (Ctrl-C) or SIGTERM: it and its jobs end soon; its last line says so.

Left alone, Snakemake waits for running jobs after SIGTERM, and after either signal reports every
job that was ended as an error, with its command and log.
"""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
import time
from types import FrameType, TracebackType

import psutil

from smwm.system.interrupts import GRACE, SIGNALS, Ending, let_go

LINE = "interrupted; the same command goes on where it stopped"


def before_jobs() -> Ending:
    """What ends Snakemake while it reads the workflow and, once held, sees what there is to do."""
    ending = Ending(LINE)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            ending.say()
        else:
            sys.__excepthook__(kind, error, trace)

    sys.excepthook = hook
    return ending


def end_jobs_on_signals(logger: logging.Logger, local: bool) -> threading.Event:
    """From now on, end Snakemake's jobs on a signal, which sets the event; unless on a cluster.

    Called when Snakemake has made its own handler of SIGTERM: no new jobs, wait for the old ones.
    """
    interrupted, stop = threading.Event(), signal.getsignal(signal.SIGTERM)
    assert callable(stop)

    def end(number: int, frame: FrameType | None) -> None:
        stop(number, frame)
        end_jobs()

    def handle(number: int, frame: FrameType | None) -> None:
        for ignored in SIGNALS:
            signal.signal(ignored, signal.SIG_IGN)
        interrupted.set()
        logger.disabled = True
        # In a thread, as Snakemake's handler waits for a lock that its main thread may hold.
        threading.Thread(target=end, args=(number, frame), daemon=True).start()

    let_go()
    for number in SIGNALS if local else ():
        signal.signal(number, handle)
    if not local:
        signal.signal(signal.SIGTERM, stop)
    return interrupted


def end_jobs() -> None:
    """Ask each stage once, also one that starts now; later end by force what is left."""
    asked: set[psutil.Process] = set()
    deadline = time.monotonic() + GRACE + 0.5
    while time.monotonic() < deadline:
        new = {process for process in descendants() if is_stage(process)} - asked
        for process in new:
            process.send_signal(signal.SIGINT)  # of which a shell says nothing
        asked |= new
        time.sleep(0.1)
    for process in descendants():
        process.kill()


def last_words() -> None:
    """Say it, and end soon.

    Snakemake would wait for the timers after which it looks for more work, and Python would look
    through all that was imported for garbage, which takes seconds.
    """
    gc.freeze()
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()
    print(LINE, file=sys.stderr)


def descendants() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def is_stage(process: psutil.Process) -> bool:
    """Whether it runs `python -m smwm`: not its shell, nor a process that it has started."""
    try:
        return process.cmdline()[1:3] == ["-m", "smwm"]
    except psutil.Error:  # it has ended
        return False
