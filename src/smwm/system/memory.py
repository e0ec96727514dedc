"""Memory that was freed stays with the process."""

from __future__ import annotations

import ctypes
import sys

# Parameters of glibc's mallopt(3), and sizes from which freed memory goes back after all: older
# versions refuse the first.
TRIM_THRESHOLD, MMAP_THRESHOLD, LARGEST = -1, -3, (2**30, 2**25)


def keep_memory() -> bool:
    """Let glibc's malloc keep what is freed; return whether this process has such a malloc.

    By default it returns large blocks to the system, which then clears every page anew: most of
    the time of a data path whose batches take megabytes.
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    # Without the first the second would do harm: it ends malloc's own adaptation.
    kept = any(mallopt(MMAP_THRESHOLD, size) for size in LARGEST)
    return kept and bool(mallopt(TRIM_THRESHOLD, LARGEST[0]))
