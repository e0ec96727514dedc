"""Encoders f: image -> features. One entry in `ENCODERS` each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

from smwm.errors import InputError
from smwm.models.transformer import VisionTransformer


def convolutional(size: int, channels: Sequence[int]) -> tuple[nn.Sequential, int]:
    """Strided convolutions: the encoder of the small scales.

    The first convolution has stride 4, the others 2: full-resolution maps cost most of a CPU's
    time and say little.
    """
    layers: list[nn.Module] = []
    width, side = 3, size
    for layer, next_width in enumerate(channels):
        stride = 4 if layer == 0 else 2
        convolution = nn.Conv2d(width, next_width, 2 * stride, stride, padding=stride // 2)
        layers += [convolution, nn.ReLU()]
        width, side = next_width, side // stride
    if side < 1:
        raise InputError(f"channels: {len(channels)} layers are too many for images of {size} px")
    return nn.Sequential(*layers, nn.Flatten()), width * side * side


def keypoints(size: int, channels: Sequence[int]) -> tuple[nn.Sequential, int]:
    """Convolutions of stride 2, then one point for each channel of the last one.

    A latent made of points holds how an object is turned soon after it holds where the object
    is: the turn is in the points' positions relative to each other. From maps of features it
    has to be learnt against a long plateau (docs/toy_worlds.md).
    """
    layers: list[nn.Module] = []
    width = 3
    for next_width in channels:
        layers += [
            nn.Conv2d(width, next_width, 4, 2, padding=1),
            nn.BatchNorm2d(next_width),
            nn.ReLU(),
        ]
        width = next_width
    side = size >> len(channels)
    if side < 2:
        raise InputError(f"channels: {len(channels)} layers are too many for images of {size} px")
    return nn.Sequential(*layers[:-1], SpatialSoftmax(side), nn.BatchNorm1d(2 * width)), 2 * width


class SpatialSoftmax(nn.Module):
    """Maps (B, C, side, side) -> where each channel is far from zero, (B, 2 C).

    A spatial softmax (arXiv 1504.00702, eq. 5) of the maps' absolute values: normalised maps are
    near zero on an even background, and an object stands out from it with either sign. Positions
    run from -1 to 1. The first two numbers are the mean position of all channels, the others are
    those of the channels after the first, relative to this mean.
    """

    sharpness = 3.0  # of maps with a deviation of about 1
    grid: torch.Tensor  # (side * side, 2), positions

    def __init__(self, side: int) -> None:
        super().__init__()
        line = torch.linspace(-1, 1, side)
        grid = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).flatten(0, 1)
        self.register_buffer("grid", grid, persistent=False)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        with torch.autocast(maps.device.type, enabled=False):  # positions need their digits
            weights = (self.sharpness * maps.float().abs()).flatten(2).softmax(-1)
            points = weights @ self.grid  # (B, C, 2)
            mean = points.mean(1, keepdim=True)
            return torch.cat([mean, points[:, 1:] - mean], 1).flatten(1)


def vision_transformer(
    size: int, patch: int, width: int, depth: int, heads: int
) -> tuple[nn.Sequential, int]:
    """ViT on square patches: the paper's encoder."""
    if size % patch:
        raise InputError(f"patch: {patch} does not divide images of {size} px")
    if width % heads:
        raise InputError(f"vit_heads: {heads} does not divide vit_width ({width})")
    return nn.Sequential(VisionTransformer(size, patch, width, depth, heads)), width


def timm_backbone(size: int, name: str) -> tuple[nn.Sequential, int]:
    """A backbone of the timm library without its head; `smwm train` gives it timm's weights."""
    try:
        import timm
    except ImportError as error:
        raise InputError("encoder: 'timm' needs the package timm (pip install timm)") from error
    if not timm.is_model(name):
        raise InputError(f"backbone: timm has no model {name!r}")
    backbone = timm.create_model(name, num_classes=0, img_size=size)
    return nn.Sequential(backbone), backbone.num_features


def load_pretrained(encoder: nn.Sequential, name: str) -> None:
    """Give the timm backbone at the head of `encoder` the published weights of `name`."""
    import timm

    backbone: Any = encoder[0]  # timm has no types
    size = backbone.patch_embed.img_size[0] if hasattr(backbone, "patch_embed") else None
    options = {"img_size": size} if size else {}
    source = timm.create_model(name, pretrained=True, num_classes=0, **options)
    backbone.load_state_dict(source.state_dict(), strict=True)


class Encoder(NamedTuple):
    """How to build it for images of a size (with its number of features), and what it expects.

    `build` takes the size and the values of the `settings` named. Pixels are divided by `scale`,
    then `shift` is subtracted: a number, or one per channel.
    """

    build: Callable[..., tuple[nn.Sequential, int]]
    settings: tuple[str, ...]
    scale: torch.Tensor
    shift: torch.Tensor


# Mean and standard deviation of ImageNet's pixels in [0, 1], as the paper's encoder sees them.
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
ENCODERS = {
    "cnn": Encoder(convolutional, ("channels",), torch.tensor(127.5), torch.tensor(1.0)),
    "keypoints": Encoder(keypoints, ("channels",), torch.tensor(127.5), torch.tensor(1.0)),
    "vit": Encoder(
        vision_transformer,
        ("patch", "vit_width", "vit_depth", "vit_heads"),
        255 * STD,
        MEAN / STD,
    ),
    "timm": Encoder(timm_backbone, ("backbone",), 255 * STD, MEAN / STD),
}


def projector(features: int, width: int, latent_dim: int) -> nn.Sequential:
    """(B, features) -> (B, latent_dim): a linear map or, with a `width`, a hidden layer before it.

    The hidden layer has batch normalisation, as in the paper's model: this brings out what moves
    few pixels, such as a small cube.
    """
    hidden: list[nn.Module] = []
    if width:
        hidden = [nn.Linear(features, width), nn.BatchNorm1d(width), nn.GELU()]
        features = width
    return nn.Sequential(*hidden, nn.Linear(features, latent_dim))
