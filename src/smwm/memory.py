"""Memory that was freed stays with the process."""

from __future__ import annotations

import ctypes
import sys

# Parameters of glibc's mallopt(3), and the size from which freed memory goes back after all.
TRIM_THRESHOLD, MMAP_THRESHOLD, LARGEST = -1, -3, 2**30


def keep_memory() -> bool:
    """Let glibc's malloc keep what is freed; return whether this process has such a malloc.

    By default it returns large blocks to the system, which then clears every page anew: a third
    to three quarters of the time of a data path whose batches take megabytes.
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    done = [mallopt(option, LARGEST) for option in (MMAP_THRESHOLD, TRIM_THRESHOLD)]
    return all(done)
