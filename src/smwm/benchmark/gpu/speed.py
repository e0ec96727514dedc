"""How fast the paper's training step is, how fast it is fed, and how fast tasks are planned."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from smwm.benchmark.gpu.kit import SEED, Kit
from smwm.benchmark.gpu.rows import Row
from smwm.benchmark.gpu.scales import ENV
from smwm.data.dataset import read_dataset
from smwm.data.windows import Windows
from smwm.models.checkpoint import save_model
from smwm.models.world_model import WorldModel
from smwm.planning.evaluate import evaluate
from smwm.planning.tasks import draw_tasks
from smwm.system.device import choose_precision
from smwm.system.files import sha256
from smwm.system.speed import counted, peak_flops
from smwm.training.train import TrainSettings, training_step

# How the losses are computed: torch.compile's mode, and the least share of the measured peak.
# Without compilation, memory traffic keeps the step at 14 to 19 %.
FORMS: dict[str, tuple[str, float | None]] = {
    "eager": ("none", None),
    "compiled": ("default", 0.3),
    "graph": ("reduce-overhead", 0.3),
    "fused": ("max-autotune", 0.4),
}
TASK_SECONDS = 5.0


def stepper(
    model: WorldModel, windows: Windows, train: TrainSettings, device: torch.device
) -> Callable[[], dict[str, torch.Tensor]]:
    """A training step of SMWM on the next batch: its terms.

    On a CPU nothing is compiled, whatever the settings say: its compiler takes minutes.
    """
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
    optimiser = torch.optim.AdamW(model.parameters(), train.learning_rate, fused=True)
    batches = windows.batches(train.batch_size, device)
    precision = choose_precision(train.precision, device)
    torch.compiler.reset()  # what was compiled for other models would be tried first

    def step() -> dict[str, torch.Tensor]:
        batch = next(batches)
        with torch.compiler.set_stance("force_eager" if device.type == "cpu" else "default"):
            return training_step("smwm", model, None, optimiser, *batch, train, precision)[0]

    return step


def windows_of(kit: Kit, scale: str, device: torch.device) -> Windows:
    train = kit.scales[scale].train
    return Windows.of(kit.data(scale), train.frames, train.block, device, train.window)


def paper_step(kit: Kit, form: str) -> list[Row]:
    """Milliseconds of a training step at the paper's settings, and its share of the peak rate."""
    device, train, model = kit.device, kit.scales["paper"].train, kit.model("paper")
    mode, goal = FORMS[form]
    train = replace(train, compile=mode)
    precision = choose_precision(train.precision, device)
    step = stepper(model, windows_of(kit, "paper", device), train, device)
    with counted() as counter:
        step()
    began = time.perf_counter()
    loss = step()["loss"].item()
    first = time.perf_counter() - began
    if not math.isfinite(loss):
        raise ArithmeticError(f"the loss is {loss}")
    seconds, peak = kit.seconds(step), peak_flops(precision, device)
    share = counter.get_total_flops() / seconds / peak
    skipped = ", not compiled on a CPU" if mode != "none" and device.type == "cpu" else ""
    note = f"batch {train.batch_size}, {precision}, first step {first:.1f} s{skipped}"
    return [
        Row("paper-step", f"{form}, time", 1000 * seconds, "ms", note=note),
        Row(
            "paper-step", f"{form}, share of the peak", share,
            at_least=None if goal is None else kit.goal(goal),
            note=f"of {peak / 1e12:.3g} TFLOP/s in products of large matrices",
        ),
    ]  # fmt: skip


def feed(kit: Kit, source: torch.device) -> list[Row]:
    """Batches a second at the paper's size, from images that lie on `source`."""
    train = kit.scales["paper"].train
    batches = windows_of(kit, "paper", source).batches(train.batch_size, kit.device)
    size = next(batches)[0].nbytes
    rate = 1 / kit.seconds(lambda: next(batches))
    place = "in memory on the device" if source == kit.device else "sent ahead from the host"
    note = f"{train.batch_size} windows of {train.frames} frames, {rate * size / 1e9:.3g} GB/s"
    return [Row("feed", place, rate, "batches/s", note=note)]


def planning(kit: Kit) -> list[Row]:
    """Seconds in which the tasks of two rooms are planned with a model that never trained.

    It solves few, and tasks that stay open are what takes time.
    """
    scale, path = kit.scales["gpu"], kit.folder / "untrained.pt"
    save_model(path, kit.model("gpu"), {"env": ENV, "method": "smwm"})
    held_out = kit.split("gpu", "eval")
    tasks = draw_tasks(ENV, read_dataset(held_out), scale.tasks, sha256(held_out))
    times, solved = [], 0
    for _ in range(2):
        began = time.perf_counter()
        record, _ = evaluate(tasks, "smwm", SEED, path, scale.planner, kit.device)
        times.append(time.perf_counter() - began)
        solved = sum(record["solved"])
    note = (
        f"{scale.planner.samples} samples x {scale.planner.iterations} iterations, "
        f"budget {scale.tasks.budget}; {solved} solved; the first time {times[0]:.2f} s"
    )
    what = f"{len(tasks.starts)} tasks of {ENV}"
    return [Row("planning", what, times[1], "s", at_most=kit.goal(TASK_SECONDS), note=note)]
