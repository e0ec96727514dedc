"""The three timings of `smwm benchmark`, each beside the reference in `smwm.benchmark.plain`.

Both sides have the same weights and the same random numbers; before anything is timed, their
results are compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from smwm.benchmark.plain import PlainWindows, every_score, plain_plan
from smwm.config.configuration import Configuration
from smwm.config.settings import setting
from smwm.data.collect import CollectSettings, collect
from smwm.data.dataset import Trajectories, read_dataset
from smwm.data.windows import Windows
from smwm.errors import InputError
from smwm.models.world_model import ModelSettings, WorldModel
from smwm.planning.cem import PlannerSettings
from smwm.planning.latent import plan_to_goal
from smwm.system.device import autocast, choose_precision
from smwm.system.provenance import code_version
from smwm.system.speed import counted, peak_flops, synchronise
from smwm.training.objectives import Batch, loss_terms
from smwm.training.train import TrainSettings, set_action_statistics, training_step

COLUMNS = (
    "scale", "part", "threads", "ours", "ours_low", "ours_high", "plain", "plain_low", "plain_high",
    "ratio", "ratio_low", "ratio_high", "ratio_at_peak", "agreement", "share_of_peak",
    "peak_tflops", "sizes", "code",
)  # fmt: skip
ENV = "two_room"


@dataclass(frozen=True)
class BenchmarkSettings:
    """Benchmark."""

    repeats: int = setting(7, "timings of each side, in turns", at_least=3)
    episodes: int = setting(8, "episodes that the planner plans for", at_least=2)
    iterations: int = setting(0, "iterations of the planner; 0: those of the scale", at_least=0)
    batches: int = setting(4, "batches of the data path in one timing", at_least=1)
    batch: int = setting(0, "windows in a batch; 0: those of the scale", at_least=0)


def in_turns(
    ours: Callable[[], Any],
    plain: Callable[[], Any],
    repeats: int,
    device: torch.device,
    before: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Seconds (repeats, 2) of both, after one untimed call each; `before` each is not timed."""
    ours(), plain()
    times = []
    for _ in range(repeats):
        row = []
        for work in (ours, plain):
            before()
            synchronise(device)
            began = time.perf_counter()
            work()
            synchronise(device)
            row.append(time.perf_counter() - began)
        times.append(row)
    return np.array(times)


@dataclass
class Bench:
    """What the three parts share at one scale."""

    scale: str
    model: WorldModel
    train: TrainSettings
    planner: PlannerSettings
    data: Trajectories
    path: Path
    settings: BenchmarkSettings
    device: torch.device
    precision: str
    threads: int

    def row(
        self, part: str, times: np.ndarray, agreement: float, flops: float, precision: str,
        sizes: str,
    ) -> tuple:  # fmt: skip
        """A row of COLUMNS; ranges hold the middle half of the timings.

        `flops` are the operations of ours: at the machine's rate they would take `shortest`.
        """
        peak = peak_flops(precision, self.device)
        columns = (*times.T, times[:, 1] / times[:, 0])
        numbers = [x for values in columns for x in np.quantile(values, (0.5, 0.25, 0.75))]
        ours, plain = np.median(times, 0)
        shortest = flops / peak or np.nan
        return (
            self.scale, part, self.threads, *numbers, plain / shortest, agreement,
            shortest / ours, peak / 1e12, sizes, code_version(__name__),
        )  # fmt: skip


def bench_data(bench: Bench) -> tuple:
    """Uint8 windows in memory, gathered at once, against a DataLoader with a worker a thread."""
    train, data = bench.train, bench.data
    windows = Windows.of(data, train.frames, train.block, bench.device, train.window)
    chosen = np.resize(windows.starts.cpu().numpy(), bench.settings.batches * train.batch_size)
    source = PlainWindows(bench.path, chosen, train.frames, train.block)
    workers = bench.threads
    loader = DataLoader(
        source, train.batch_size, num_workers=workers, persistent_workers=workers > 0
    )

    def ours() -> list[Tensor]:
        batches = []
        for rows in torch.from_numpy(chosen).to(bench.device).split(train.batch_size):
            pixels, actions = windows.gather(rows)
            batches.append(pixels.float().div_(127.5).sub_(1)[0, 0, 0, 0, 0] + actions[0, 0, 0])
        return batches

    def plain() -> list[Tensor]:
        return [
            pixels.to(bench.device)[0, 0, 0, 0, 0] + actions.to(bench.device)[0, 0, 0]
            for pixels, actions in loader
        ]

    agreement = max(abs(a - b).item() for a, b in zip(ours(), plain(), strict=True))
    times = in_turns(ours, plain, bench.settings.repeats, bench.device)
    sizes = f"{len(chosen)} windows of {train.frames} frames, {data.image_size} px"
    return bench.row("data path", times, agreement, 0, "float32", sizes)


def bench_step(bench: Bench) -> tuple:
    """A training step with its data path, against the plain one on a batch that is there."""
    train, device = bench.train, bench.device
    windows = Windows.of(bench.data, train.frames, train.block, device, train.window)
    batch = windows.sample(train.batch_size)

    def make(fused: bool, precision: str, form: torch.memory_format) -> Callable[[], float]:
        model = WorldModel(bench.model.settings, bench.model.image_size, bench.model.action_dim)
        model.load_state_dict(bench.model.state_dict())
        model.to(device, memory_format=form)  # type: ignore[call-overload]  # torch's stubs lack it
        optimiser = torch.optim.AdamW(
            model.parameters(), train.learning_rate, foreach=False if not fused else None,
            fused=fused or None,
        )  # fmt: skip

        def step() -> float:
            pixels, actions = windows.sample(train.batch_size) if fused else batch
            terms, _ = training_step(
                "smwm", model, None, optimiser, pixels, actions, train, precision
            )
            return terms["loss"].item()

        return step

    ours = make(True, bench.precision, torch.channels_last)
    plain = make(False, "float32", torch.contiguous_format)
    with counted() as counter:
        ours()
    times = in_turns(ours, plain, bench.settings.repeats, device)
    sizes = f"batch {train.batch_size} x {train.frames} frames, {bench.precision} against float32"
    flops = counter.get_total_flops()
    return bench.row(
        "training step", times, step_agreement(bench, batch), flops, bench.precision, sizes
    )


def step_agreement(bench: Bench, batch: tuple[Tensor, Tensor]) -> float:
    """Relative difference of the losses that both sides see, on the same batch and weights."""
    losses = []
    model = bench.model.eval()
    for precision in (bench.precision, "float32"):
        with torch.no_grad(), autocast(precision, bench.device):
            seen = Batch(model.encode(batch[0]), model.normalise(batch[1]), 1)
            losses.append(loss_terms("smwm", model, seen, bench.train.weight)["loss"].item())
    return abs(losses[0] - losses[1]) / losses[1]


@torch.inference_mode()
def bench_plan(bench: Bench, encode_once: bool = False) -> tuple:
    """All episodes at once against one by one, encoded in each iteration or once."""
    precision = choose_precision(bench.planner.precision, bench.device)
    iterations = bench.settings.iterations or bench.planner.iterations
    settings = replace(bench.planner, iterations=iterations, precision=precision)
    model, device, count = bench.model.eval(), bench.device, bench.settings.episodes
    rows = np.linspace(0, len(bench.data.pixels) - 1, 2 * count).astype(int)
    images = torch.from_numpy(bench.data.pixels[rows]).to(device)
    start, goal = images[:count], images[count:]
    low, high = (model.normalise(torch.full_like(model.action_mean, x)) for x in (-1.0, 1.0))
    shape = (count, settings.samples, settings.horizon, model.action_dim)

    def ours() -> Tensor:
        generator = torch.Generator(device).manual_seed(0)
        return plan_to_goal(model, start, goal, low, high, settings, generator)

    def plain() -> Tensor:
        generator = torch.Generator(device).manual_seed(0)
        noise = [
            torch.randn(shape, generator=generator, device=device)
            for _ in range(settings.iterations)
        ]
        with every_score():
            return plain_plan(model, start, goal, low, high, settings, noise, encode_once)

    def costs(plans: Tensor) -> Tensor:
        return (model.rollout(model.encode(start), plans) - model.encode(goal)).square().sum(-1)

    mine, reference = costs(ours()), costs(plain())
    agreement = ((mine - reference).abs() / reference).max().item()
    with counted() as counter:
        ours()
    times = in_turns(ours, plain, bench.settings.repeats, device)
    sizes = (
        f"{count} episodes, {settings.samples} samples x {iterations} iterations x "
        f"{settings.horizon} blocks, {precision} against float32"
    )
    part = "planner, encoded once" if encode_once else "planner"
    return bench.row(part, times, agreement, counter.get_total_flops(), precision, sizes)


def prepare(
    scale: str, folder: Path, config: Path, settings: BenchmarkSettings, device: torch.device,
    threads: int,
) -> Bench:  # fmt: skip
    """A small data set of the scale's image size, and an untrained model of its settings."""
    chosen = Configuration({"scale": scale}, config)
    if ENV not in chosen.envs:
        raise InputError(f"--scales: {scale} has no {ENV}")
    size = chosen.settings("collect", ENV)["image_size"]
    collecting = CollectSettings(episodes=10, steps=60, image_size=size)
    collect(ENV, folder / scale, collecting, workers=1)
    data = read_dataset(folder / scale / "train.h5")
    # The plain loader reads single frames: uncompressed, as suits it best.
    collect(ENV, folder / f"{scale}-raw", replace(collecting, storage="raw"), workers=1)
    train = TrainSettings(**chosen.settings("train", ENV, "smwm"))
    train = replace(train, batch_size=settings.batch or train.batch_size, compile="none")
    torch.manual_seed(0)
    shape = ModelSettings(**chosen.settings("model", ENV, "smwm"))
    model = WorldModel(shape, size, data.action_dim * train.block)
    open_gates(model)
    set_action_statistics(model, data, train.block)
    return Bench(
        scale, model.to(device), train, PlannerSettings(**chosen.settings("planner", ENV)),
        data, folder / f"{scale}-raw" / "train.h5", settings, device,
        choose_precision(train.precision, device), threads,
    )  # fmt: skip


def open_gates(model: nn.Module) -> None:
    """Give weights that begin at zero small random ones.

    An untrained AdaLN-zero transformer ignores the actions: all plans would be equally good, and
    nothing could differ between the two sides.
    """
    for weights in model.parameters():
        if not weights.any():
            nn.init.normal_(weights, std=0.05)


PARTS: dict[str, Callable[[Bench], tuple]] = {
    "data path": bench_data,
    "training step": bench_step,
    "planner": bench_plan,
    "planner, encoded once": partial(bench_plan, encode_once=True),
}
