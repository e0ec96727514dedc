"""Trained models as JSON that the page's JavaScript runs."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from smwm.analysis.dimension import principal_axes
from smwm.errors import InputError
from smwm.models.world_model import WorldModel

Layer = dict[str, Any]


def tensor(values: Tensor) -> dict[str, Any]:
    """Shape and little-endian numbers: in half precision where that loses nothing, as in files."""
    whole = values.detach().cpu().float()
    exact = torch.equal(whole.half().float(), whole)
    kind, array = ("float16", whole.half().numpy()) if exact else ("float32", whole.numpy())
    content = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return {"shape": list(whole.shape), "kind": kind, "data": b64encode(content).decode()}


def convolution(layer: nn.Conv2d) -> Layer:
    """A square filter that moves by its stride over a frame of zeros."""
    assert layer.bias is not None  # as in every encoder of this project
    weights = {"weight": tensor(layer.weight), "bias": tensor(layer.bias)}
    return {"stride": layer.stride[0], "padding": layer.padding[0], **weights}


def linear(layer: nn.Linear) -> Layer:
    return {"weight": tensor(layer.weight), "bias": tensor(layer.bias)}


def batch_norm(layer: nn.BatchNorm1d) -> Layer:
    """What it does in evaluation: a factor and a shift for each feature."""
    assert layer.running_mean is not None
    assert layer.running_var is not None
    factor = layer.weight / (layer.running_var + layer.eps).sqrt()
    return {"factor": tensor(factor), "shift": tensor(layer.bias - layer.running_mean * factor)}


def layer_norm(layer: nn.LayerNorm) -> Layer:
    return {"eps": layer.eps}


def no_weights(layer: nn.Module) -> Layer:
    return {}


# What the page's model.js computes, by the names that it knows.
KINDS: dict[type[nn.Module], tuple[str, Callable[[Any], Layer]]] = {
    nn.Conv2d: ("convolution", convolution),
    nn.Flatten: ("flatten", no_weights),
    nn.Linear: ("linear", linear),
    nn.BatchNorm1d: ("batch_norm", batch_norm),
    nn.LayerNorm: ("layer_norm", layer_norm),
    nn.ReLU: ("relu", no_weights),
    nn.GELU: ("gelu", no_weights),
    nn.Tanh: ("tanh", no_weights),
}


def layers(modules: Iterable[nn.Module]) -> list[Layer]:
    """One entry a layer. Raises InputError naming a kind that the page does not compute."""
    entries = []
    for module in modules:
        if isinstance(module, nn.Identity):
            continue
        if type(module) not in KINDS:
            known = ", ".join(kind.__name__ for kind in KINDS)
            raise InputError(
                f"its layer {type(module).__name__} cannot run in the page, allowed: {known}"
            )
        name, describe = KINDS[type(module)]
        entries.append({"layer": name, **describe(module)})
    return entries


def network(model: WorldModel) -> dict[str, Any]:
    """Encoder and forward model. Raises InputError if the page cannot run them."""
    if model.settings.resize:
        raise InputError("it resizes its images, which the page does not")
    if not isinstance(model.forward_model, nn.Sequential):
        raise InputError("its forward model cannot run in the page, allowed: mlp")
    return {
        "size": model.image_size,
        "encoder": layers(model.encoder),
        "forward": layers(model.forward_model),
        "pixel_scale": model.pixel_scale.item(),
        "pixel_shift": model.pixel_shift.item(),
        "action_mean": model.action_mean.tolist(),
        "action_std": model.action_std.tolist(),
    }


@torch.inference_mode()
def encoded(model: WorldModel, images: np.ndarray) -> np.ndarray:
    """Latents (N, D) float32 of images (N, S, S, 3) uint8."""
    return model.encode(torch.from_numpy(images)).numpy()


def components(latents: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Principal components of latents (N, D): their mean (D,), two directions (D, 2), their share.

    The share is that of the two directions in all variance.
    """
    axes = principal_axes(latents)
    share = axes.variances[:2].sum() / max(axes.variances.sum(), 1e-30)
    return axes.mean.astype(np.float64), axes.directions[:, :2], float(share)


def rounded(values: np.ndarray) -> list[Any]:
    """Numbers in six digits, as short as JSON can be."""
    return [rounded(row) if np.ndim(row) else float(f"{row:.6g}") for row in values]
