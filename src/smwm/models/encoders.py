"""Encoders f: image -> latent. One entry in `ENCODERS` each."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from smwm.errors import InputError


class ConvolutionalEncoder(nn.Sequential):
    """Strided convolutions and a linear map: the encoder of the small scales.

    The first convolution has stride 4, the others 2: full-resolution maps cost most of a CPU's
    time and say little. (B, 3, S, S) float in [-1, 1] -> (B, D).
    """

    def __init__(self, image_size: int, channels: Sequence[int], latent_dim: int) -> None:
        layers: list[nn.Module] = []
        width, side = 3, image_size
        for layer, next_width in enumerate(channels):
            stride = 4 if layer == 0 else 2
            convolution = nn.Conv2d(width, next_width, 2 * stride, stride, padding=stride // 2)
            layers += [convolution, nn.ReLU()]
            width, side = next_width, side // stride
        if side < 1:
            raise InputError(
                f"channels: {len(channels)} layers are too many for images of {image_size} px"
            )
        super().__init__(*layers, nn.Flatten(), nn.Linear(width * side * side, latent_dim))


ENCODERS = {"cnn": ConvolutionalEncoder}
