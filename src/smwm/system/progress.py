"""Progress of long work on standard error: a live bar on a terminal, a few lines in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self


class Progress:
    """Counts finished units of work.

    Needs nothing but Python, so that training and planning run where only torch, numpy and
    h5py are installed.
    """

    def __init__(self, label: str, total: int, unit: str, done: int = 0) -> None:
        self.label, self.total, self.unit = label, total, unit
        self.done = self.first = done
        self.start = self.last_shown = time.monotonic()
        self.live = sys.stderr.isatty()
        self.interval = 0.2 if self.live else 15.0

    def __enter__(self) -> Self:
        self._show("")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._show("")
        if self.live:
            print(file=sys.stderr)

    def advance(self, count: int = 1, note: str = "") -> None:
        """Count `count` units as done; `note` is shown beside them."""
        self.done += count
        if time.monotonic() - self.last_shown >= self.interval:
            self._show(note)

    def _show(self, note: str) -> None:
        self.last_shown = time.monotonic()
        elapsed = self.last_shown - self.start
        rate = (self.done - self.first) / elapsed if elapsed > 0 else 0.0
        text = f"{self.label}: {self.done}/{self.total} {self.unit}"
        if rate > 0:
            left = (self.total - self.done) / rate
            text += f", {rate:.1f}/s, {elapsed:.0f} s gone, {left:.0f} s left"
        text += f"  {note}" if note else ""
        end = "" if self.live else "\n"
        print(f"\r\x1b[2K{text}" if self.live else text, end=end, file=sys.stderr, flush=True)
