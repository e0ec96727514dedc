"""A GPU that is simulated on the CPU: real numbers that know where they would be.

Inside `simulated_gpu`, `cuda` is a device whose tensors each hold one of the CPU and compute the
same numbers. What a real GPU would refuse raises MisplacedError: an operation between tensors of
both devices, or with a generator of the other one. What would make a real GPU wait for its host
raises StallError inside `no_stalls`: a value that is read, a copy from or to the host, a size that
depends on values.

Not simulated are streams, pinned memory, speed and the digits of a GPU's own kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_flatten, tree_map

from smwm.system.device import choose_precision

GPU = torch.device("cuda", 0)
SIZES_BY_VALUE = {torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape}
INDEXING = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"}


class MisplacedError(AssertionError):
    """A tensor or a generator is on the wrong device."""


class StallError(AssertionError):
    """The GPU would wait for its host."""


class Generator(torch.Generator):
    """A generator that may count as one of the GPU."""

    def __new__(cls, device: torch.device | str = "cpu") -> Generator:
        self = super().__new__(cls)
        self.place = torch.device(device)
        return self

    @property
    def device(self) -> torch.device:
        return self.place


class OnGpu(Tensor):
    """A tensor that counts as one on the GPU; its numbers are `held` on the CPU."""

    held: Tensor
    device = GPU
    is_cuda = True
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, held: Tensor) -> OnGpu:
        with torch.inference_mode(False):  # else it would be no view of another one
            return Tensor._make_wrapper_subclass(
                cls, held.size(), held.stride(), held.storage_offset(), dtype=held.dtype
            )

    def __init__(self, held: Tensor) -> None:
        self.held = held

    def __repr__(self) -> str:
        return f"OnGpu({self.held})"

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        given = [x for x in tree_flatten((args, kwargs))[0] if isinstance(x, Tensor)]
        check_operation(func, given)
        own = {id(held(x)): x for x in given}  # what operations in place return
        args, kwargs = tree_map(held, (args, kwargs or {}))
        return tree_map(
            lambda x: own.get(id(x)) if id(x) in own else on_gpu(x), func(*args, **kwargs)
        )


def held(value: Any) -> Any:
    return value.held if isinstance(value, OnGpu) else value


def on_gpu(value: Any) -> Any:
    return OnGpu(value) if isinstance(value, Tensor) and not isinstance(value, OnGpu) else value


def check_operation(func: torch._ops.OpOverload, tensors: list[Tensor]) -> None:
    """Raise if a GPU would refuse `func` of these tensors, or would stall over it.

    As on a GPU, a single number of the CPU may take part, positions may come from the CPU, and a
    copy goes between devices.
    """
    name = func._schema.name
    placed = [isinstance(x, OnGpu) or x.dim() == 0 for x in tensors]
    if name == "aten::copy_":
        if isinstance(tensors[0], OnGpu) != isinstance(tensors[1], OnGpu):
            stall("a copy from or to the host")
    elif name in INDEXING and isinstance(tensors[0], OnGpu):
        if not all(placed):
            stall(f"{func}: positions from the host")
        if any(x.dtype in (torch.bool, torch.uint8) for x in tensors[1:]):
            stall(f"{func}: positions by a mask")
    elif not all(placed):
        shape = tuple(tensors[placed.index(False)].shape)
        raise MisplacedError(f"{func}: a tensor {shape} is on the CPU")
    elif SIZES_BY_VALUE & set(func.tags):
        stall(str(func))


class Placement(TorchFunctionMode):
    """Calls that name a device: they make or move tensors of the CPU, which then count as its."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func in HOST_ONLY and isinstance(args[0], OnGpu):
            return HOST_ONLY[func](*args, **kwargs)
        if func is Tensor.to:
            return moved(*args, **kwargs)
        if func is torch._has_compatible_shallow_copy_type:  # of a module that moves its weights
            return isinstance(args[0], OnGpu) == isinstance(args[1], OnGpu)
        named = kwargs.get("device")
        tensors = (x for x in (*args, *kwargs.values()) if isinstance(x, Tensor))
        device = torch.device(named or "cpu") if named else next(tensors, torch.empty(0)).device
        generator = kwargs.get("generator")
        if generator is not None and generator.device.type != device.type:
            raise MisplacedError(f"{func.__name__}: its generator is on {generator.device}")
        if named is None:
            return func(*args, **kwargs)
        if func in (torch.tensor, torch.as_tensor) and device.type == "cuda":
            stall("a tensor of numbers of the host")
        result = func(*args, **kwargs | {"device": "cpu"})
        return on_gpu(result) if device.type == "cuda" else held(result)


def moved(tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.to: the type and layout it is told, and the device it is told."""
    if args and isinstance(args[0], Tensor):
        args = (args[0].device, args[0].dtype, *args[1:])
    device, kind, _, layout = torch._C._nn._parse_to(*args, **kwargs)
    tensor = tensor.to(kind or tensor.dtype, memory_format=layout or torch.preserve_format)
    if device is None or device.type == tensor.device.type:
        return tensor
    if tensor.requires_grad and torch.is_grad_enabled():
        raise MisplacedError("a gradient through a copy between devices is not simulated")
    stall("a copy from or to the host")
    inside = held(tensor.detach())
    copy = inside.clone(memory_format=torch.preserve_format)
    return on_gpu(copy) if device.type == "cuda" else copy


def not_on_host(*_: Any, **__: Any) -> None:
    raise MisplacedError("numpy cannot see a tensor on the GPU")


HOST_ONLY: dict[Callable, Callable] = {
    Tensor.cpu: lambda x, *_, **__: moved(x, "cpu"),
    Tensor.tolist: lambda x: moved(x, "cpu").tolist(),
    Tensor.numpy: not_on_host,
    Tensor.__array__: not_on_host,
    Tensor.__reduce_ex__: lambda x, protocol: moved(x.detach(), "cpu").__reduce_ex__(protocol),
}

stalls: list[str] = []  # of the simulation so far
watched = False  # whether a stall is a mistake


def stall(reason: str) -> None:
    if watched:
        raise StallError(reason)
    stalls.append(reason)


@contextmanager
def no_stalls() -> Iterator[None]:
    """Here the GPU must never wait for its host."""
    global watched
    before, watched = watched, True
    try:
        yield
    finally:
        watched = before


@contextmanager
def simulated_gpu() -> Iterator[torch.device]:
    """`cuda` is simulated on the CPU; yields that device."""
    original = torch.autocast

    def autocast(device: str, *args: Any, **kwargs: Any) -> torch.autocast:
        """Autocast of the CPU for that of the GPU; on a GPU the CPU's would do nothing."""
        if device != "cuda":
            raise MisplacedError(f"autocast of {device} does not reach a GPU's operations")
        return original("cpu", *args, **kwargs)

    grouped = torch._C._group_tensors_by_device_and_dtype

    def by_device(lists: list[list[Tensor]], *args: Any) -> dict:
        """Groups that optimisers make, under the devices that their tensors count as on."""
        groups = grouped(lists, *args)
        return {(group[0][0][0].device, kind): group for (_, kind), group in groups.items()}

    cpus_choice = choose_precision("auto", torch.device("cpu"))
    stand_ins = {
        "is_bf16_supported": lambda including_emulation: cpus_choice == "bfloat16",
        "mem_get_info": lambda device: (2**40, 2**40),
        "max_memory_allocated": lambda device: 0,
        "synchronize": lambda device: stall("the host waits"),
        "get_rng_state": lambda device: torch.get_rng_state(),
        "set_rng_state": lambda state, device: torch.set_rng_state(state),
    }
    stalls.clear()
    with pytest.MonkeyPatch.context() as patch, Placement():
        for name, function in stand_ins.items():
            patch.setattr(torch.cuda, name, function)
        patch.setattr(torch, "autocast", autocast)
        patch.setattr(torch, "Generator", Generator)
        patch.setattr(torch._C, "_group_tensors_by_device_and_dtype", by_device)
        yield GPU
