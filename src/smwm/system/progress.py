"""Progress of long work on standard error: a live bar on a terminal, a few lines in a log."""

from __future__ import annotations

import sys
import threading

from tqdm import tqdm

COUNT, RATE = "{n_fmt}/{total_fmt}{unit}", "{rate_noinv_fmt}{postfix}"
# What matters most comes first, as a terminal may be narrow.
LIVE = f"{{percentage:3.0f}}% {{desc}}: {{remaining}} left, {COUNT}, {RATE} |{{bar}}|"
LOG = f"{{desc}}: {COUNT}, {{remaining}} left, {{elapsed}} gone, {RATE}"
LIVE_SECONDS, LOG_SECONDS = 0.2, 10.0  # between two looks


class Progress(tqdm):
    """Counts finished units of work; rate and time left are those since `done`.

    A bar takes one line of a terminal, cut to its width. A log gets a line at the start, at
    the end, and at most one in LOG_SECONDS between.
    """

    monitor_interval = 0  # no thread of tqdm's own: collection forks

    def __init__(self, label: str, total: int, unit: str, done: int = 0) -> None:
        self.live = sys.stderr.isatty()
        super().__init__(
            desc=label,
            total=total,
            unit=f" {unit}",
            initial=done,
            file=sys.stderr,
            leave=self.live,
            mininterval=LIVE_SECONDS if self.live else LOG_SECONDS,
            miniters=1,
            smoothing=0,  # the mean rate: work may come in bursts
            dynamic_ncols=self.live,
            bar_format=LIVE if self.live else LOG,
        )

    def advance(self, count: int = 1, note: str = "") -> None:
        """Count `count` units as done; `note` is shown beside them."""
        self.set_postfix_str(note, refresh=False)
        self.update(count)

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        """Called by tqdm when it is time; in a log, also to clear a bar that does not stay."""
        if self.live:
            self.nrows = None  # tqdm shows nothing where a terminal does not know its height
            return super().display(msg, pos)
        print(self, file=sys.stderr, flush=True)
        return False


Progress.set_lock(threading.RLock())  # tqdm's own is also one between processes
