"""Encoders f: image -> latent. One entry in `ENCODERS` each."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from smwm.errors import InputError


class ConvolutionalEncoder(nn.Sequential):
    """Strided convolutions and a projector: the encoder of the small scales.

    The first convolution has stride 4, the others 2: full-resolution maps cost most of a CPU's
    time and say little. The projector is a linear map or, as in the paper's model, a hidden
    layer of width `projector` with batch normalisation before it: this brings out what moves
    few pixels, such as a small cube. (B, 3, S, S) float in [-1, 1] -> (B, D).
    """

    def __init__(
        self, image_size: int, channels: Sequence[int], projector: int, latent_dim: int
    ) -> None:
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
        layers.append(nn.Flatten())
        features = width * side * side
        if projector:
            hidden = nn.Linear(features, projector)
            layers += [hidden, nn.BatchNorm1d(projector), nn.GELU()]
            features = projector
        super().__init__(*layers, nn.Linear(features, latent_dim))


ENCODERS = {"cnn": ConvolutionalEncoder}
