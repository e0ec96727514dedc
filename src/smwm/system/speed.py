"""How fast the networks compute, against what the machine can do."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode


def synchronise(device: torch.device) -> None:
    """Wait until a GPU has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


# Sides of the matrices whose products tell the machine's rate: on a GPU, the time of small ones is
# that of their launch.
SIDE = {"cpu": 2048, "cuda": 8192}


def peak_flops(precision: str, device: torch.device, size: int = 0, tries: int = 8) -> float:
    """The machine's rate in FLOP/s: the best of a few products of matrices with `size` rows.

    Without a `size` it is one that fills the device.
    """
    size = size or SIDE[device.type]
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float32
    a, b = (torch.randn(size, size, device=device, dtype=kind) for _ in range(2))
    best = np.inf
    for _ in range(tries):
        synchronise(device)
        began = time.perf_counter()
        a @ b
        synchronise(device)
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


@contextmanager
def counted() -> Iterator[FlopCounterMode]:
    """Counts the operations inside, which are not compiled there.

    A counter sees nothing of what is compiled, and what torch.compile meets first inside one it
    would leave as it is for good.
    """
    with torch.compiler.set_stance("force_eager"), FlopCounterMode(display=False) as counter:
        yield counter


class Speedometer:
    """Counts the operations of the first step and times the steps after the second."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.steps, self.began, self.flops = device, 0, 0.0, 0

    @contextmanager
    def step(self) -> Iterator[None]:
        """Around each step; the second one is not timed, as what is compiled is compiled there."""
        self.steps += 1
        if self.steps == 1:
            with counted() as counter:
                yield
            self.flops = counter.get_total_flops()
            return
        yield
        if self.steps == 2:
            synchronise(self.device)
            self.began = time.perf_counter()

    def summary(self, precision: str) -> str:
        """One line: steps/s, FLOP/s, on a GPU also their share of its rate, and peak memory."""
        synchronise(self.device)
        if self.steps < 3:
            return "too few steps to tell their speed"
        rate = (self.steps - 2) / (time.perf_counter() - self.began)
        flops = rate * self.flops
        words = [f"{rate:.1f} steps/s", f"{flops / 1e12:.3g} TFLOP/s in {precision}"]
        if self.device.type == "cuda":
            share = flops / peak_flops(precision, self.device)
            words.append(f"{share:.0%} of what this GPU reaches in matrix products")
            memory = torch.cuda.max_memory_allocated(self.device)
        else:
            memory = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return ", ".join([*words, f"peak memory {memory / 1e6:.0f} MB"])
