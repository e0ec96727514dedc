"""How long scale gpu takes on this device: its jobs, counted, times what was measured here.

Counted is what runs on the GPU beside each other: training, planning, embedding, and the start
of a process for each job. Collection, simulators while planning, decoding, probes and figures run
on CPU cores, and are not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from smwm.benchmark.gpu.kit import SEED, Kit
from smwm.benchmark.gpu.processes import PROCESSES, side_by_side
from smwm.benchmark.gpu.rows import Row
from smwm.benchmark.gpu.scales import Scale, model_settings, shrunk
from smwm.data.windows import Windows
from smwm.models.world_model import WorldModel
from smwm.planning.cem import PlannerSettings
from smwm.system.device import choose_precision
from smwm.training.train import prepare, training_step

MINUTES = 40.0
BATCH = 256  # images that `smwm embed` encodes at once


def hour(kit: Kit) -> list[Row]:
    """Minutes of each kind of work, and of all."""
    count = PROCESSES[kit.small]
    trained, planned = (side_by_side(kit, work, count) for work in ("train", "plan"))
    alone = side_by_side(kit, "train", 1)
    jobs, gain = kit.jobs, trained.together / alone.together
    training = sum(kind["steps"] * seconds_per_step(kit, kind) for kind in jobs["train"]) / gain
    planner = kit.scales["gpu"].planner
    per_plan = planner.iterations * planner.horizon  # predictions for all tasks
    predictions = sum(kind["jobs"] * predictions_of(kind) for kind in jobs["plan"])
    planning = predictions / per_plan / planned.together
    embedding = jobs["embed"]["images"] * seconds_per_image(kit)
    kinds = [*jobs["train"], *jobs["plan"], jobs["embed"]]
    started = sum(kind["jobs"] for kind in kinds)
    starting = started * trained.start / count
    steps = sum(kind["steps"] for kind in jobs["train"])
    minutes = {
        f"training, {steps} steps": (training, f"{count} processes do {gain:.2f} times one's"),
        f"planning, {predictions} predictions": (planning, f"{planned.together:.3g} plans/s"),
        f"embedding, {jobs['embed']['images']} images": (embedding, "by one process"),
        f"starting {started} processes": (starting, f"{trained.start:.1f} s for {count} at once"),
    }
    rows = [
        Row("hour", what, seconds / 60, "min", note=note)
        for what, (seconds, note) in minutes.items()
    ]
    total = sum(seconds for seconds, _ in minutes.values()) / 60
    note = "without collection, simulators, decoding, probes and figures, which are CPU work"
    if kit.small:
        note += "; with small networks, so no estimate of the scale"
    return [*rows, Row("hour", "all", total, "min", at_most=kit.goal(MINUTES), note=note)]


def predictions_of(kind: dict[str, Any]) -> int:
    """Predictions, of all tasks' candidates at once, of a job in which no task is solved."""
    planner = PlannerSettings(**kind["planner"])
    execute = planner.execute or planner.horizon
    blocks = -(-kind["tasks"]["budget"] // kind["block"])
    # What is left of a plan is planned anew, up to its horizon (smwm.planning.evaluate).
    horizons = [planner.horizon - done % planner.horizon for done in range(0, blocks, execute)]
    return planner.iterations * sum(horizons)


def scale_of(kit: Kit, kind: dict[str, Any]) -> Scale:
    """The settings of scale gpu with those of a kind of training."""
    scale = kit.scales["gpu"]
    scale = replace(
        scale,
        model=model_settings(kind["model"]),
        train=replace(scale.train, **kind["train"]),
    )
    return shrunk("gpu", scale) if kit.small else scale


def seconds_per_step(kit: Kit, kind: dict[str, Any]) -> float:
    """Seconds of a training step of one kind, in this process alone."""
    scale, method, device = scale_of(kit, kind), kind["method"], kit.device
    train, data = scale.train, kit.data("gpu")
    torch.manual_seed(SEED)
    model = WorldModel(scale.model, data.image_size, data.action_dim * train.block)
    helper = prepare(method, model)
    parts = torch.nn.ModuleList([model] if helper is None else [model, helper])
    parts.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
    learned = [weights for weights in parts.parameters() if weights.requires_grad]
    optimiser = torch.optim.AdamW(learned, train.learning_rate, fused=True)
    batches = Windows.of(data, train.frames, train.block, device).batches(train.batch_size, device)
    precision = choose_precision(train.precision, device)
    return kit.seconds(
        lambda: training_step(
            method, model, helper, optimiser, *next(batches), train, precision
        )
    )  # fmt: skip


@torch.inference_mode()
def seconds_per_image(kit: Kit) -> float:
    """Seconds of encoding one image, which comes from the host and whose latent goes back."""
    model, pixels = kit.model("gpu").to(kit.device).eval(), kit.data("gpu").pixels[:BATCH]
    images = torch.from_numpy(pixels)
    return kit.seconds(lambda: model.encode(images.to(kit.device)).cpu()) / len(images)
