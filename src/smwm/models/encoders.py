"""Encoders f: image -> features. One entry in `ENCODERS` each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import nn

from smwm.errors import InputError
from smwm.models.transformer import VisionTransformer

if TYPE_CHECKING:
    from smwm.models.world_model import ModelSettings


def convolutional(settings: ModelSettings, size: int) -> tuple[nn.Sequential, int]:
    """Strided convolutions: the encoder of the small scales.

    The first convolution has stride 4, the others 2: full-resolution maps cost most of a CPU's
    time and say little.
    """
    layers: list[nn.Module] = []
    width, side = 3, size
    for layer, next_width in enumerate(settings.channels):
        stride = 4 if layer == 0 else 2
        convolution = nn.Conv2d(width, next_width, 2 * stride, stride, padding=stride // 2)
        layers += [convolution, nn.ReLU()]
        width, side = next_width, side // stride
    if side < 1:
        raise InputError(
            f"channels: {len(settings.channels)} layers are too many for images of {size} px"
        )
    return nn.Sequential(*layers, nn.Flatten()), width * side * side


def vision_transformer(settings: ModelSettings, size: int) -> tuple[nn.Sequential, int]:
    """ViT on square patches: the paper's encoder."""
    if size % settings.patch:
        raise InputError(f"patch: {settings.patch} does not divide images of {size} px")
    if settings.vit_width % settings.vit_heads:
        raise InputError(
            f"vit_heads: {settings.vit_heads} does not divide vit_width ({settings.vit_width})"
        )
    transformer = VisionTransformer(
        size, settings.patch, settings.vit_width, settings.vit_depth, settings.vit_heads
    )
    return nn.Sequential(transformer), settings.vit_width


def timm_backbone(settings: ModelSettings, size: int) -> tuple[nn.Sequential, int]:
    """A backbone of the timm library without its head; `smwm train` gives it timm's weights."""
    try:
        import timm
    except ImportError as error:
        raise InputError("encoder: 'timm' needs the package timm (pip install timm)") from error
    if not timm.is_model(settings.backbone):
        raise InputError(f"backbone: timm has no model {settings.backbone!r}")
    backbone = timm.create_model(settings.backbone, num_classes=0, img_size=size)
    return nn.Sequential(backbone), backbone.num_features


def load_pretrained(encoder: nn.Module, name: str) -> None:
    """Give the timm backbone at the head of `encoder` the published weights of `name`."""
    import timm

    size = encoder[0].patch_embed.img_size[0] if hasattr(encoder[0], "patch_embed") else None
    options = {"img_size": size} if size else {}
    source = timm.create_model(name, pretrained=True, num_classes=0, **options)
    encoder[0].load_state_dict(source.state_dict(), strict=True)


class Encoder(NamedTuple):
    """How to build it for images of a size (with its number of features), and what it expects.

    Pixels are divided by `scale`, then `shift` is subtracted: a number, or one per channel.
    """

    build: Callable[[ModelSettings, int], tuple[nn.Sequential, int]]
    scale: torch.Tensor
    shift: torch.Tensor


# Mean and standard deviation of ImageNet's pixels in [0, 1], as the paper's encoder sees them.
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
ENCODERS = {
    "cnn": Encoder(convolutional, torch.tensor(127.5), torch.tensor(1.0)),
    "vit": Encoder(vision_transformer, 255 * STD, MEAN / STD),
    "timm": Encoder(timm_backbone, 255 * STD, MEAN / STD),
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
