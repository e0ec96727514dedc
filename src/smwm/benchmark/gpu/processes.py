"""How much several processes get out of one device, as jobs of the workflow share it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from threading import BrokenBarrierError
from typing import Any

import torch

from smwm.benchmark.gpu.agreement import bounds
from smwm.benchmark.gpu.kit import SECONDS, SEED, Kit, seconds_of
from smwm.benchmark.gpu.rows import Row
from smwm.benchmark.gpu.speed import stepper, windows_of
from smwm.planning.latent import plan_to_goal
from smwm.system.device import choose_device
from smwm.system.speed import synchronise

PROCESSES = {False: 8, True: 2}  # small: True
PATIENCE = 240.0  # seconds until all of them are ready
GRACE = 10.0  # seconds for the end of one that has answered


def train_step(kit: Kit, compile: str = "none") -> Callable[[], Any]:
    """A training step of scale gpu's SMWM."""
    train = replace(kit.scales["gpu"].train, compile=compile)
    return stepper(kit.model("gpu"), windows_of(kit, "gpu", kit.device), train, kit.device)


def one_plan(kit: Kit) -> Callable[[], Any]:
    """Plans of scale gpu from images to images, for all tasks at once."""
    data, scale = kit.data("gpu"), kit.scales["gpu"]
    model = kit.model("gpu").to(kit.device).eval()
    images = torch.from_numpy(data.pixels[: 2 * scale.tasks.tasks]).to(kit.device)
    start, goal = images.chunk(2)
    low, high = bounds(model)
    generator = torch.Generator(kit.device).manual_seed(SEED)

    def work() -> None:
        plan_to_goal(model, start, goal, low, high, scale.planner, generator)

    return work


WORK: dict[str, Callable[[Kit], Callable[[], Any]]] = {
    "train": train_step,
    "graph": partial(train_step, compile="reduce-overhead"),
    "plan": one_plan,
}


@dataclass(frozen=True)
class Rates:
    """Calls a second of all processes together, and seconds until they could begin."""

    together: float
    start: float


@cache
def side_by_side(kit: Kit, work: str, count: int) -> Rates:
    """What `count` processes do of WORK[`work`] at the same time; measured once in a run.

    Raises RuntimeError with the reason of the first process that fails.
    """
    kit.split("gpu")  # collected here, not in each
    context = get_context("spawn")
    barrier, began = context.Barrier(count), time.perf_counter()
    pipes, processes = [context.Pipe(duplex=False) for _ in range(count)], []
    try:
        for _, sender in pipes:
            arguments = (kit, work, barrier, sender)
            processes.append(context.Process(target=_repeat, args=arguments, daemon=True))
            processes[-1].start()
            sender.close()
        answers = [_received(receiver) for receiver, _ in pipes]
        for process in processes:
            process.join(GRACE)
    finally:
        for process in processes:
            process.kill()
    if reasons := [answer for answer in answers if isinstance(answer, str)]:
        raise RuntimeError(next((text for text in reasons if text), "a process ended"))
    total = sum(rate for rate, _ in answers)
    return Rates(total, max(ready for _, ready in answers) - began)


def _received(pipe: Connection) -> Any:
    """(calls a second, when it was ready), or the reason why there are none."""
    try:
        return pipe.recv() if pipe.poll(2 * PATIENCE) else "a process does not answer"
    except EOFError:
        return "a process ended without a word"


def _repeat(kit: Kit, work: str, barrier: Barrier, pipe: Connection) -> None:
    """In a process of its own: wait for the others, work for a while, report."""
    torch.set_num_threads(1)
    try:
        choose_device(kit.device.type)
        call = WORK[work](kit)
        for _ in range(3):
            call()
        synchronise(kit.device)
        ready = time.perf_counter()  # a clock that all processes share
        barrier.wait(PATIENCE)
        pipe.send((1 / seconds_of(call, kit.device, 2 * SECONDS[kit.small], warm_up=0), ready))
    except BrokenBarrierError:  # another one failed, and says why
        pipe.send("")
    except Exception as error:
        barrier.abort()
        pipe.send(f"{type(error).__name__}: {' '.join(str(error).split())}")


def small_model(kit: Kit, work: str, count: int) -> list[Row]:
    """Training steps a second of scale gpu's model in `count` processes."""
    train, rates = kit.scales["gpu"].train, side_by_side(kit, work, count)
    form = "as graphs" if work == "graph" else "eager"
    what = f"{count} process{'es' * (count > 1)}, {form}"
    note = f"batch {train.batch_size} x {train.frames} frames, ready after {rates.start:.1f} s"
    if work == "graph" and kit.device.type == "cpu":
        note += ", not compiled on a CPU"
    return [Row("small-model", what, rates.together, "steps/s", note=note)]
