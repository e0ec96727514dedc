"""Train a world model on windows of trajectories: `smwm train`."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from smwm.config.settings import add_arguments, at_least, from_arguments, setting
from smwm.data.dataset import Trajectories
from smwm.data.windows import WINDOWS, Windows
from smwm.data.worlds import WORLDS, PairSettings
from smwm.errors import InputError
from smwm.models.checkpoint import load_model, save_model
from smwm.models.encoders import load_pretrained
from smwm.models.world_model import ModelSettings, WorldModel
from smwm.system.device import (
    DEVICES,
    PRECISIONS,
    autocast,
    check_compiler,
    choose_device,
    choose_precision,
    data_device,
)
from smwm.system.progress import Progress
from smwm.system.provenance import code_version
from smwm.system.speed import Speedometer
from smwm.training.curves import measure, write_log
from smwm.training.objectives import OBJECTIVES, Batch, TargetEncoder, loss_terms
from smwm.training.restart import resume, save_restart
from smwm.training.sources import load_file, load_world
from smwm.training.tensorboard import scalar_writer

CPU = torch.device("cpu")
COMPILED = ("none", "default", "reduce-overhead", "max-autotune")  # modes of torch.compile
ENCODED = 256  # images that a frozen encoder sees at once


@dataclass(frozen=True)
class TrainSettings:
    """Training."""

    steps: int = setting(4000, "optimiser steps", at_least=1)
    batch_size: int = setting(64, "windows in a batch", at_least=2)
    frames: int = setting(3, "frames in a window", at_least=2)
    block: int = setting(5, "actions between two frames: the action block", at_least=1)
    window: str = setting(
        "frames", "what must lie in an episode: frames, or each frame's block", choices=WINDOWS
    )
    data_share: float = setting(
        1.0, "share of the training episodes that are used, from the first", above=0.0, at_most=1.0
    )
    weight: float = setting(1.0, "weight of the regulariser (SMWM: λ)", at_least=0.0)
    projections: int = setting(1024, "random projections of SIGReg", at_least=1)
    learning_rate: float = setting(1e-3, "highest learning rate", above=0.0)
    weight_decay: float = setting(1e-3, "AdamW's weight decay", at_least=0.0)
    warm_up: float = setting(0.05, "share of steps to warm up", at_least=0.0, at_most=1.0)
    gradient_clip: float = setting(1.0, "largest gradient norm", above=0.0)
    precision: str = setting("auto", "arithmetic of the networks", choices=PRECISIONS)
    compile: str = setting("none", "mode of torch.compile for the losses", choices=COMPILED)
    threads: int = setting(1, "CPU threads; another number gives other rounding", at_least=1)
    log_every: int = setting(50, "steps between two rows of the log", at_least=1)
    save_every: int = setting(250, "steps between two restart points", at_least=1)


def train(
    method: str,
    data: Trajectories,
    out: Path,
    log: Path,
    seed: int,
    settings: TrainSettings,
    model_settings: ModelSettings,
    provenance: dict[str, Any],
    device: torch.device = CPU,
    tensorboard: Path | None = None,
) -> WorldModel:
    """Train, write the model to `out` and the loss curves to `log`, return the model.

    The curves also go to the folder `tensorboard`, if there is one, while the model trains.

    Killed and called again with the same arguments, it goes on from its last restart point
    and ends, on a CPU and uncompiled, with the same bytes. Raises InputError if the loss stops
    being a number, or if it cannot be compiled here as it should.
    """
    check_compiler(settings.compile)
    torch.set_num_threads(settings.threads)
    torch.manual_seed(seed)
    precision = choose_precision(settings.precision, device)
    image_device = data_device(device, data.pixels.nbytes)
    windows = Windows.of(data, settings.frames, settings.block, image_device, settings.window)
    model = WorldModel(model_settings, data.image_size, data.action_dim * settings.block)
    set_action_statistics(model, data, settings.block)
    helper = prepare(method, model)
    parts = nn.ModuleList([model] if helper is None else [model, helper])
    # torch's stubs lack the overload.
    parts.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    learned = [weights for weights in parts.parameters() if weights.requires_grad]
    optimiser = torch.optim.AdamW(
        learned,
        settings.learning_rate,
        weight_decay=settings.weight_decay,
        fused=True,
    )

    restart = out.with_name(f".{out.name}.restart")
    rows = resume(restart, parts, optimiser, provenance)
    first = rows[-1]["step"] if rows else 0
    if OBJECTIVES[method].frozen:
        windows = encoded(windows, model, precision, device)
    batches, meter = windows.batches(settings.batch_size, device, first), Speedometer(device)
    with (
        scalar_writer(tensorboard) as show,
        Progress(f"train {method} seed {seed}", settings.steps, "steps", first) as progress,
    ):
        for row in rows:
            show(row)
        for step in range(first + 1, settings.steps + 1):
            for group in optimiser.param_groups:
                group["lr"] = settings.learning_rate * schedule(step, settings)
            with meter.step():
                terms, latents = training_step(
                    method, model, helper, optimiser, *next(batches), settings, precision
                )

            saves = step % settings.save_every == 0 or step == settings.steps
            logs = saves or step % settings.log_every == 0
            if logs or device.type == "cpu":  # on a GPU, looking every time would stall it
                total = terms["loss"] + terms["gradient_norm"]
                stop_if_not_finite(step, total, method, settings, restart)
            if logs:
                rows.append(measure(step, terms, latents))
                show(rows[-1])
            if saves and step < settings.steps:
                save_restart(restart, parts, optimiser, provenance, rows)
            progress.advance(note=f"loss {rows[-1]['loss']:.4f}" if rows else "")

    print(meter.summary(precision))
    write_log(log, rows)
    save_model(out, model, provenance)
    restart.unlink(missing_ok=True)
    return model


def training_step(
    method: str,
    model: WorldModel,
    helper: nn.Module | None,
    optimiser: torch.optim.Optimizer,
    pixels: Tensor,
    actions: Tensor,
    settings: TrainSettings,
    precision: str,
) -> tuple[dict[str, Tensor], Tensor]:
    """One step of the optimiser on pixels (B, L, S, S, 3) uint8 and raw actions (B, L - 1, K).

    What a frozen encoder made of the pixels may stand for them: latents (B, L, D) float32.
    Returns the terms of the loss and the norm of its gradient before it was clipped, as scalars
    on the model's device, and the latents (B, L, D).
    """
    # Before the losses: graphs of torch.compile write into the gradients of the last step.
    optimiser.zero_grad(set_to_none=True)
    compute = losses_in(settings.compile)
    terms, latents = compute(method, model, helper, pixels, actions, settings, precision)
    terms["loss"].backward()
    learned = [weights for group in optimiser.param_groups for weights in group["params"]]
    norm = torch.nn.utils.clip_grad_norm_(learned, settings.gradient_clip)
    optimiser.step()
    if isinstance(helper, TargetEncoder):
        helper.follow(model)
    return terms | {"gradient_norm": norm}, latents


def losses(
    method: str,
    model: WorldModel,
    helper: nn.Module | None,
    pixels: Tensor,
    actions: Tensor,
    settings: TrainSettings,
    precision: str,
) -> tuple[dict[str, Tensor], Tensor]:
    """The terms of the loss and the latents (B, L, D), as `training_step` takes and gives them."""
    with autocast(precision, pixels.device):
        latents = model.encode(pixels) if pixels.dtype == torch.uint8 else pixels
        actions = model.normalise(actions)
        batch = Batch(latents, actions, settings.projections, pixels, helper)
        return loss_terms(method, model, batch, settings.weight), latents


@cache
def losses_in(mode: str) -> Callable[..., tuple[dict[str, Tensor], Tensor]]:
    """`losses`, compiled in one of the modes COMPILED; `reduce-overhead` makes CUDA graphs."""
    return losses if mode == "none" else torch.compile(losses, mode=mode, dynamic=False)


def prepare(method: str, model: WorldModel) -> nn.Module | None:
    """Freeze what `method` freezes; return what it needs beside the model, if anything.

    A frozen encoder has timm's weights if it is one of timm's, else those of the seed.
    """
    chosen = OBJECTIVES[method]
    if model.settings.encoder == "timm":
        load_pretrained(model.encoder, model.settings.backbone)
    if chosen.frozen:
        model.encoder.requires_grad_(False).eval()
    return chosen.helper(model) if chosen.helper else None


@torch.no_grad()
def encoded(windows: Windows, model: WorldModel, precision: str, device: torch.device) -> Windows:
    """The same windows of latents, on `device`: a frozen encoder sees each image only once."""
    with autocast(precision, device):
        rows = torch.arange(len(windows.actions), device=windows.actions.device).split(ENCODED)
        latents = [model.encode(windows.images(chosen).to(device)) for chosen in rows]
    return replace(
        windows,
        pixels=torch.cat(latents),
        tile_index=None,
        actions=windows.actions.to(device),
        starts=windows.starts.to(device),
    )


def schedule(step: int, settings: TrainSettings) -> float:
    """Share of the highest learning rate at `step` (from 1): linear warm-up, then cosine."""
    warm_up = settings.warm_up * settings.steps
    if step < warm_up:
        return step / warm_up
    done = (step - warm_up) / max(1.0, settings.steps - warm_up)
    return 0.5 * (1 + math.cos(math.pi * done))


def set_action_statistics(model: WorldModel, data: Trajectories, block: int) -> None:
    """Give the model the mean and standard deviation of the training split's actions.

    A dimension that never moves keeps a deviation of 1.
    """
    mean, std = data.action_statistics()
    std = np.where(std > 1e-6, std, 1.0).astype(np.float32)
    model.action_mean.copy_(torch.from_numpy(np.tile(mean, block)))
    model.action_std.copy_(torch.from_numpy(np.tile(std, block)))


def stop_if_not_finite(
    step: int, value: Tensor, method: str, settings: TrainSettings, restart: Path
) -> None:
    """Raise InputError if `value` is not a number; the restart point is then of no use."""
    if math.isfinite(value.item()):
        return
    restart.unlink(missing_ok=True)
    raise InputError(
        f"training of {method} broke down: loss or gradient is not finite by step {step}; "
        f"try a learning_rate below {settings.learning_rate} or precision float32"
    )


def is_trained(out: Path, log: Path, provenance: dict[str, Any]) -> bool:
    """Whether this very run ended before, perhaps in a process that outlived its workflow."""
    try:
        return log.is_file() and load_model(out)[1] == provenance
    except InputError:
        return False


def train_on(
    data: Trajectories,
    origin: dict[str, Any],
    method: str,
    out: Path,
    log: Path,
    seed: int,
    settings: TrainSettings,
    model_settings: ModelSettings,
    device: torch.device,
    tensorboard: Path | None = None,
) -> None:
    """Train unless this very run ended before; the model's provenance begins with `origin`."""
    settings = replace(settings, precision=choose_precision(settings.precision, device))
    provenance = {
        "method": method,
        "seed": seed,
        "device": device.type,
        **origin,
        "settings": asdict(settings),
        "model": {**asdict(model_settings), "channels": list(model_settings.channels)},
        "code": code_version("smwm.training.train"),
    }
    if is_trained(out, log, provenance):
        print(f"{out}: is there, from the same data, settings and code")
        return
    train(method, data, out, log, seed, settings, model_settings, provenance, device, tensorboard)


def add_parser(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="training split, HDF5")
    source.add_argument("--world", help=f"a synthetic world instead: {', '.join(WORLDS)}")
    parser.add_argument("--method", required=True, choices=OBJECTIVES, help="objective")
    parser.add_argument("--out", required=True, type=Path, help="checkpoint to write (.pt)")
    parser.add_argument("--log", required=True, type=Path, help="loss curves to write (.csv)")
    parser.add_argument("--seed", type=at_least(0), default=0, help="seed of weights and batches")
    parser.add_argument("--env", help="environment that the data must be of (default: any)")
    parser.add_argument(
        "--image-size", type=at_least(1), help="size that the images must have (default: any)"
    )
    parser.add_argument("--device", default="auto", choices=DEVICES)
    parser.add_argument("--tensorboard", type=Path, help="folder for TensorBoard's curves (none)")
    add_arguments(parser, ModelSettings)
    add_arguments(parser, TrainSettings)
    add_arguments(parser, PairSettings)


def run(arguments: argparse.Namespace) -> None:
    settings = from_arguments(arguments, TrainSettings)
    model_settings = from_arguments(arguments, ModelSettings)
    device = choose_device(arguments.device)
    if arguments.world is not None:
        source = load_world(arguments.world, from_arguments(arguments, PairSettings), settings)
    else:
        source = load_file(arguments.data, settings, arguments.env, arguments.image_size)
    train_on(
        *source, arguments.method, arguments.out, arguments.log, arguments.seed,
        settings, model_settings, device, arguments.tensorboard,
    )  # fmt: skip
