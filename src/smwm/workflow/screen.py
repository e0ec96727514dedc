"""One calm screen for a run of the workflow, instead of Snakemake's lines.

On a terminal: what is done and left, and a line for each running job with the last line of its
log. Elsewhere: a line for each finished job. In both: two lines for each failed job. A dry run
has its table of jobs, and why they would run.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any, TextIO

from snakemake_interface_logger_plugins.common import LogEvent

REFRESH_SECONDS = 0.5
TAIL_BYTES = 4096  # of a log
NAMED = 4  # rules that would run, and files that make them
CONTROL = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")
PROGRESS_LABEL = re.compile(r"^[^:]*: +(?=\d+/\d+ )")  # of smwm.system.progress
# Reasons of which the files say nothing: they are those that the job makes, or is made from.
PLAIN_REASONS = ("Missing output files", "Input files updated by another job")
# How Snakemake's lines begin that tell nothing beside the screen; all others are shown.
NOISE = re.compile(
    r"""\s*(Building\ DAG|Using\ shell|Conda\ environments:\ ignored
    |Singularity\ containers:\ ignored|Group\ jobs:\ inactive|Select\ jobs\ to\ execute
    |Job\ rate\ limit|Job\ \S+\ has\ been\ submitted|Waiting\ at\ most|Touching\ output
    |(Removing|Would\ remove)\ (temporary\ output|output\ files\ of\ failed)
    |Shutting\ down|Exiting\ because\ a\ job|Complete\ log|Elapsed\ time
    |Reasons:|This\ was\ a\ dry-run|(Some\ jobs\ were|Rules\ with)\ (triggered|provenance))""",
    re.VERBOSE,
)


@dataclass
class Job:
    """A job that has been started."""

    rule: str
    label: str
    log: str  # path, or nothing
    start: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Since its start."""
        return time.monotonic() - self.start


@dataclass
class Run:
    """What has become of the jobs, by the numbers that Snakemake gives them."""

    jobs: dict[str, int] = field(default_factory=dict)  # of each rule, those to run
    total: int = 0
    running: dict[int, Job] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)
    seconds: dict[str, list[float]] = field(default_factory=dict)  # of each rule's finished jobs
    start: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> int:
        """Finished jobs."""
        return sum(len(times) for times in self.seconds.values())

    def finish(self, number: int) -> Job | None:
        """The job that has finished, if its start was told of."""
        job = self.running.pop(number, None)
        if job:
            self.seconds.setdefault(job.rule, []).append(job.seconds)
        return job

    def summary(self) -> str:
        """What is left, what failed, and how long it took and takes."""
        elapsed = time.monotonic() - self.start
        running = [(job.rule, job.seconds) for job in self.running.values()]
        left = time_left(self.jobs, self.seconds, running, elapsed)
        words = [f"{self.done}/{self.total} jobs {self.done / max(self.total, 1):.0%}"]
        words += [f"{len(self.failed)} failed"] if self.failed else []
        words += [] if left is None else [f"about {clock(left)} left"]
        return ", ".join([*words, f"{clock(elapsed)} gone"])

    def result(self) -> str:
        """The same when the run has ended."""
        count = f"{self.done}" if self.done == self.total else f"{self.done} of {self.total}"
        failed = f", {len(self.failed)} failed" if self.failed else ""
        return f"{count} jobs done in {clock(time.monotonic() - self.start)}{failed}"


class Screen(logging.Handler):
    """Shows records of Snakemake's log on the stream of `plain`, its own handler.

    What is neither part of the screen nor noise is left to `plain`.
    """

    lock: threading.RLock  # that logging.Handler makes

    def __init__(self, plain: Any, dry_run: bool) -> None:
        super().__init__()
        self.plain, self.dry_run = plain, dry_run
        self.stream: TextIO = plain.stream
        self.live = self.stream.isatty() and os.environ.get("TERM") != "dumb" and not dry_run
        self.run, self.drawn, self.table = Run(), 0, ""
        self.reasons: dict[str, list[str]] = {}  # rules that would run, by why
        self.ended = threading.Event()
        self.thread: threading.Thread | None = None
        self.shown_by = {
            LogEvent.RUN_INFO: self._count,
            LogEvent.JOB_INFO: self._explain if dry_run else self._start,
            LogEvent.JOB_FINISHED: self._finish,
            LogEvent.JOB_ERROR: self._fail,
            LogEvent.PROGRESS: self._progress,
            LogEvent.ERROR: self._error,
            LogEvent.GROUP_ERROR: self._pass_on,
            None: self._message,
        }

    def emit(self, record: logging.LogRecord) -> None:
        """Show what belongs to the screen; other events are not shown."""
        try:
            show = self.shown_by.get(getattr(record, "event", None))
            if show:
                show(record)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Clear the screen, and say what became of the run."""
        with self.lock:
            showed = self.thread and not self.ended.is_set()
            self.ended.set()
            if showed:
                self._write(f"{self.run.result()}\n")
        super().close()

    def _count(self, record: Any) -> None:
        self.table = record.getMessage().rstrip()
        self.run.jobs = {rule: n for rule, n in record.stats.items() if rule != "total"}
        self.run.total = record.stats["total"]
        if self.reasons:  # Snakemake gives the table before the jobs, and again after them
            why = "\n".join(f"  {some(rules)}: {why}" for why, rules in self.reasons.items())
            self._write(f"{self.table}\n\nwhy:\n{why}\n")

    def _explain(self, record: Any) -> None:
        for reason in re.split(r"; (?=[A-Z])", record.reason):
            rules = self.reasons.setdefault(short_reason(reason), [])
            if record.rule_name not in rules:
                rules.append(record.rule_name)

    def _start(self, record: Any) -> None:
        label = record.rule_msg or " ".join([record.rule_name, *record.wildcards.values()])
        log = next(iter(record.log), "")
        self.run.failed.discard(record.jobid)  # it is tried again
        self.run.running[record.jobid] = Job(record.rule_name, label, log)
        if not self.thread:
            self.run.start = time.monotonic()
            self.thread = threading.Thread(target=self._refresh, daemon=True)
            self.thread.start()
        self._write("")

    def _finish(self, record: Any) -> None:
        job = self.run.finish(record.job_id)
        if job and not self.live:
            done = f"[{self.run.done}/{self.run.total}]"
            self._write(f"{done} {job.label}, {clock(job.seconds)}\n")

    def _progress(self, record: Any) -> None:
        self.run.total = record.total
        self._write("")

    def _fail(self, record: Any) -> None:
        job = self.run.running.pop(record.jobid, None)
        self.run.failed.add(record.jobid)
        logs = [path for path in record.log if Path(path).exists()]
        words = [f"  {path}: {last_line(path) or 'is empty'}\n" for path in logs[:1]]
        words = words or ["  it has no log; with `snakemake -p` its command and errors are shown\n"]
        self._write("".join([f"failed: {job.label if job else record.rule_name}\n", *words]))

    def _error(self, record: Any) -> None:
        text = record.getMessage()
        # A command that failed, with all of its words, and the end of a run with failed jobs.
        noise = "CalledProcessError" in text or (self.run.failed and "At least one job" in text)
        if not noise:
            self._pass_on(record)

    def _message(self, record: logging.LogRecord) -> None:
        if not NOISE.match(record.getMessage()):
            self._pass_on(record)

    def _pass_on(self, record: logging.LogRecord) -> None:
        self._erase()
        self.plain.handle(record)
        self._write("")

    def _refresh(self) -> None:
        while self.live and not self.ended.wait(REFRESH_SECONDS):
            with self.lock, suppress(OSError, ValueError):  # the terminal is gone
                if not self.ended.is_set():
                    self._write("")

    def _erase(self) -> None:
        if self.drawn:
            self.stream.write(f"\x1b[{self.drawn}A\r\x1b[J")
        self.drawn = 0

    def _write(self, text: str) -> None:
        """Lines that stay, above those that change."""
        self._erase()
        lines = []
        if self.live and self.thread and not self.ended.is_set():
            lines = screen_lines(self.run, *terminal_size(self.stream))
        self.stream.write("".join([text, *(f"{line}\n" for line in lines)]))
        self.stream.flush()
        self.drawn = len(lines)


def calm_screen(logger: logging.Logger, settings: Any) -> logging.Handler:
    """The screen, from now on instead of Snakemake's own lines; `close` ends it.

    Nothing is replaced where the user has asked for more or less than the usual lines, or has
    chosen a logger that writes them. `settings` are Snakemake's OutputSettings.
    """
    plain = next((h for h in logger.handlers if h.get_name() == "DefaultStreamHandler"), None)
    quiet = {choice.name for choice in settings.quiet or ()} - {"HOST", "REASON"}
    asked = settings.verbose or settings.printshellcmds or settings.debug_dag or quiet
    if asked or plain is None:
        return logging.NullHandler()
    screen = Screen(plain, settings.dryrun)
    logger.removeHandler(plain)
    logger.addHandler(screen)
    return screen


def screen_lines(run: Run, columns: int, rows: int) -> list[str]:
    """The whole, then the running jobs, in lines that fit a terminal."""
    jobs = list(run.running.values())
    room = max(rows - 2, 1)
    shown = jobs if len(jobs) <= room else jobs[: room - 1]
    width = min(max(len(job.label) for job in jobs), columns * 6 // 10) if jobs else 0
    lines = [run.summary()]
    for job in shown:
        note = PROGRESS_LABEL.sub("", last_line(job.log))
        lines.append(f"  {job.label[:width]:{width}} {clock(job.seconds):>5}  {note}")
    lines += [f"  and {len(jobs) - len(shown)} more"] if len(shown) < len(jobs) else []
    return [line[: columns - 1] for line in lines]


def time_left(
    jobs: dict[str, int],
    seconds: dict[str, list[float]],
    running: list[tuple[str, float]],
    elapsed: float,
) -> float | None:
    """Seconds until all is done, at as many jobs at once as so far; None before any has ended.

    Jobs of a rule take the mean of those that have ended (`seconds`); of a rule of which none
    has, the mean of all, or as long as one is `running` already.
    """
    ended = [time for times in seconds.values() for time in times]
    if not ended or elapsed <= 0:
        return None
    work = 0.0
    for rule, count in jobs.items():
        so_far, times = [time for name, time in running if name == rule], seconds.get(rule, [])
        each = fmean(times) if times else max([fmean(ended), *so_far])
        work += each * max(count - len(times) - len(so_far), 0)
        work += sum(max(each - time, 0.0) for time in so_far)
    at_once = (sum(ended) + sum(time for _, time in running)) / elapsed
    return work / at_once if at_once > 0 else None


def last_line(path: str) -> str:
    """The last line of a log that is not empty; nothing if there is none."""
    try:
        with Path(path).open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - TAIL_BYTES, 0))
            text = CONTROL.sub("", file.read().decode(errors="replace"))
    except OSError:
        return ""
    lines = [line.strip() for line in re.split(r"[\r\n]+", text)]
    return next((line.expandtabs() for line in reversed(lines) if line), "")


def short_reason(reason: str) -> str:
    """One of Snakemake's reasons for a job in one line, with the first of the files it names."""
    head, _, files = " ".join(reason.split()).partition(": ")
    if head in PLAIN_REASONS or not files:
        return head
    return f"{head}: {some(files.split(', '))}"


def some(names: list[str]) -> str:
    """The first of them."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def clock(seconds: float) -> str:
    """Minutes and seconds, after an hour also hours."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def terminal_size(stream: TextIO) -> tuple[int, int]:
    """Columns and rows; the usual ones where a terminal does not know them."""
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except OSError:
        columns = rows = 0
    return columns or 80, rows or 24
