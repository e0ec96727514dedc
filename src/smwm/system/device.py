"""Where and in which precision the networks compute."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import AbstractContextManager, nullcontext

import torch

from smwm.errors import InputError

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("auto", "float32", "bfloat16")


def choose_device(name: str) -> torch.device:
    """`auto` is a GPU where there is one.

    The GPU that is chosen becomes torch's current one, and its float32 is float32: by default
    convolutions would compute with the ten digits of TF32. Raises InputError for a name that is
    none of DEVICES, or a GPU that is not there.
    """
    if name not in DEVICES:
        raise InputError(f"--device: {name!r} is not allowed, allowed: {', '.join(DEVICES)}")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("--device: cuda is not available on this machine, allowed: auto, cpu")
    if name != "cuda":
        return torch.device(name)
    device = torch.device(name, emptiest_gpu())
    torch.cuda.set_device(device)
    torch.backends.cudnn.allow_tf32 = False
    return device


def emptiest_gpu() -> int:
    """Number of the GPU with most free memory, so that jobs side by side spread over them.

    The driver's own program is asked: torch would open a context on every GPU. Without that
    program it is the first GPU.
    """
    count = torch.cuda.device_count()
    if count == 1 or shutil.which("nvidia-smi") is None:
        return 0
    query = ["nvidia-smi", "--query-gpu=uuid,memory.free", "--format=csv,noheader,nounits"]
    free = free_memory(subprocess.run(query, capture_output=True, encoding="utf-8").stdout)
    numbers = [str(torch.cuda.get_device_properties(i).uuid) for i in range(count)]
    return max(range(count), key=lambda i: free.get(numbers[i], -1))


def free_memory(table: str) -> dict[str, int]:
    """Free MiB of each GPU by its UUID, from lines such as `GPU-1f3a..., 40536`."""
    rows = (line.split(", ") for line in table.splitlines())
    return {
        row[0].removeprefix("GPU-"): int(row[1])
        for row in rows
        if len(row) == 2 and row[1].isdigit()
    }


def gpu_count(name: str) -> int:
    """GPUs of this machine that `name`, one of DEVICES, may use."""
    return 0 if name == "cpu" else torch.cuda.device_count()


def data_device(device: torch.device, size: int) -> torch.device:
    """Where `size` bytes of images stay: on `device` if they take at most half of what is free."""
    if device.type == "cuda" and size > torch.cuda.mem_get_info(device)[0] / 2:
        return torch.device("cpu")
    return device


def choose_precision(name: str, device: torch.device) -> str:
    """`auto` is bfloat16 where the hardware computes in it, which is faster, else float32."""
    if name != "auto":
        return name
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        abilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
        fast = abilities.get("avx512_bf16", False) or abilities.get("amx_bf16", False)
    return "bfloat16" if fast else "float32"


def check_compiler(mode: str) -> None:
    """Raise InputError if torch.compile, in a `mode` other than none, has no compiler to call."""
    compilers = (os.environ.get("CXX", "g++"), "clang++", "gcc", "clang")
    if mode != "none" and not any(map(shutil.which, compilers)):
        raise InputError(f"compile: {mode!r} needs a C++ compiler such as g++; allowed here: none")


def autocast(precision: str, device: torch.device) -> AbstractContextManager:
    """The context in which the networks compute in `precision`: float32 or bfloat16."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)
