"""Whether a training that was killed goes on, and ends as one that was not."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import mkdtemp

from smwm.benchmark.gpu.kit import SEED, Kit
from smwm.benchmark.gpu.rows import Row
from smwm.config.settings import flag

STEPS = {False: 2000, True: 200}  # small: True
POINTS = 20  # restart points of a training
PATIENCE = 120.0  # seconds until the first one is there


def resume(kit: Kit) -> list[Row]:
    """Train twice, once with a kill after a restart point, and compare what comes out.

    On a CPU it must be the same. A GPU adds up in another order each time, so that its losses
    drift apart with and without a kill: there is no goal.
    """
    folder = Path(mkdtemp(dir=kit.folder))
    whole, killed = folder / "whole.pt", folder / "killed.pt"
    train(kit, whole)
    process = subprocess.Popen(
        command(kit, killed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(killed.with_name(f".{killed.name}.restart"), process)
    finally:
        process.kill()
        process.wait()
    first = train(kit, killed)
    if first == 0:
        raise RuntimeError("training began anew after a kill")

    curves = [path.with_suffix(".csv") for path in (whole, killed)]
    largest = max(abs(a - b) for a, b in zip(*map(losses, curves), strict=True))
    pairs = (curves, (whole, killed))
    other = sum(one.read_bytes() != two.read_bytes() for one, two in pairs)
    bound = 0.0 if kit.device.type == "cpu" else None
    note = f"went on from step {first} of {STEPS[kit.small]}"
    return [
        Row("resume", "losses after a kill, largest difference", largest, "", None, bound, note),
        Row("resume", "model and curves, files with other bytes", other, "", None, bound),
    ]


def losses(path: Path) -> list[float]:
    with path.open(encoding="utf-8") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def command(kit: Kit, out: Path) -> list[str]:
    """`smwm train` of scale gpu's model, with many restart points."""
    scale, steps = kit.scales["gpu"], STEPS[kit.small]
    every = steps // POINTS
    settings = replace(scale.train, steps=steps, save_every=every, log_every=every)
    words = ["--data", kit.split("gpu"), "--method", "smwm", "--out", out]
    words += ["--log", out.with_suffix(".csv"), "--seed", SEED, "--device", kit.device.type]
    for name, value in (asdict(scale.model) | asdict(settings)).items():
        words += [flag(name), *(value if isinstance(value, tuple) else [value])]
    return [sys.executable, "-m", "smwm", "train", *map(str, words)]


def train(kit: Kit, out: Path) -> int:
    """Train to the end; return how many steps had been done before.

    Raises RuntimeError with the last line that a failing training says.
    """
    done = subprocess.run(command(kit, out), capture_output=True, encoding="utf-8")
    begun = re.search(r": (\d+)/\d+ steps", done.stderr)
    if done.returncode or begun is None:
        raise RuntimeError(f"smwm train: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return int(begun[1])


def wait_for(path: Path, process: subprocess.Popen) -> None:
    """Wait for a file of a process. Raises RuntimeError if the process ends before or is slow."""
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        if process.poll() is not None:
            raise RuntimeError("training ended before it could be killed")
        if time.monotonic() > deadline:
            raise RuntimeError(f"training made no restart point in {PATIENCE:.0f} s")
        time.sleep(0.002)
