"""The checks of the kit, one after another: `smwm benchmark --gpu`.

A check that fails is a row with its reason, and the others go on. The tables are written after
each, so that what was measured is there whenever the kit is ended.
"""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch

from smwm.benchmark.gpu.agreement import TOLERANCES, agreement
from smwm.benchmark.gpu.hour import hour
from smwm.benchmark.gpu.kit import Kit
from smwm.benchmark.gpu.processes import PROCESSES, small_model
from smwm.benchmark.gpu.resume import resume
from smwm.benchmark.gpu.rows import Row, write_tables
from smwm.benchmark.gpu.scales import load
from smwm.benchmark.gpu.speed import FORMS, feed, paper_step, planning
from smwm.benchmark.machine import machine_name
from smwm.errors import InputError
from smwm.system.device import choose_device
from smwm.system.progress import Progress
from smwm.system.provenance import code_version
from smwm.training.objectives import OBJECTIVES

Check = Callable[[Kit], list[Row]]
CPU = torch.device("cpu")


def checks_of(kit: Kit) -> dict[str, dict[str, Check]]:
    """Each check's measurements by name, in the order in which they are made."""
    most = PROCESSES[kit.small]
    sources = dict.fromkeys([kit.device, CPU])  # on a CPU they are the same
    return {
        "agreement": {
            f"{method}, scale {name}": partial(agreement, name=name, method=method)
            for name in kit.scales
            for method in OBJECTIVES
        },
        "paper-step": {form: partial(paper_step, form=form) for form in FORMS if form != "fused"},
        "feed": {f"from {source}": partial(feed, source=source) for source in sources},
        "planning": {"tasks": planning},
        "small-model": {
            f"{work}, {count} processes": partial(small_model, work=work, count=count)
            for work, count in (("train", 1), ("train", most), ("graph", 1))
        },
        "resume": {"training": resume},
        "hour": {"all": hour},
        "fused-step": {"fused": partial(paper_step, form="fused")},
    }


CHECKS = ("agreement", "paper-step", "feed", "planning", "small-model", "resume", "hour")
MORE = ("fused-step",)  # takes minutes of trying out kernels: only if it is asked for


def run(out: Path, device_name: str, small: bool, checks: list[str]) -> None:
    """Write gpu.md, gpu.csv and gpu.json to `out`. Raises InputError if a row fails."""
    device = choose_device(device_name)
    small = small or device.type == "cpu"
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        scales, jobs = load(small)
        kit = Kit(device, small, Path(folder), scales, jobs)
        about = described(kit, checks)
        work = [
            (check, name, measure)
            for check, measures in checks_of(kit).items()
            for name, measure in measures.items()
            if check in checks
        ]
        with Progress("benchmark --gpu", len(work), "checks") as progress:
            for check, name, measure in work:
                rows += attempted(kit, check, name, measure)
                write_tables(out, rows, about)
                progress.advance(note=f"{check}: {name}")
    failed = [f"{row.check}: {row.what}" for row in rows if row.verdict == "fail"]
    print(f"{out / 'gpu.md'}: {len(rows)} rows")
    if failed:
        raise InputError(f"{out / 'gpu.md'}: {len(failed)} of {len(rows)} rows fail: {failed[0]}")


def attempted(kit: Kit, check: str, name: str, measure: Check) -> list[Row]:
    """The rows of a measurement; if it raises anything, one that fails, with the reason."""
    try:
        return measure(kit)
    except Exception as error:  # whatever a GPU and its libraries do wrong
        reason = " ".join(str(error).split())[:300]
        return [Row(check, name, None, note=f"{type(error).__name__}: {reason}")]
    finally:
        gc.collect()
        if kit.device.type == "cuda":
            with suppress(RuntimeError):  # of a GPU that broke down before
                torch.cuda.empty_cache()


def described(kit: Kit, checks: list[str]) -> dict[str, Any]:
    """What the rows are of: device, code, settings."""
    return {
        "device": machine_name(kit.device),
        "cuda": torch.version.cuda,
        "code": code_version(__name__),
        "small": kit.small,
        "checks": checks,
        "tolerances": TOLERANCES,
        "scales": {name: asdict(scale) for name, scale in kit.scales.items()},
    }
