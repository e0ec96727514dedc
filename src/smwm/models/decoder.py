"""A pixel decoder: latent -> image."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import interpolate


class Decoder(nn.Sequential):
    """Latents (B, D) -> images (B, 3, S, S) in [0, 1]: a linear map, then upsampling by two."""

    def __init__(self, latent_dim: int, image_size: int, width: int = 32) -> None:
        side, channels = 8, 2 * width
        layers: list[nn.Module] = [nn.Linear(latent_dim, channels * side * side), nn.ReLU()]
        layers += [nn.Unflatten(1, (channels, side, side))]
        while side < image_size:
            narrower = max(channels // 2, 8)
            layers += [nn.ConvTranspose2d(channels, narrower, 4, 2, padding=1), nn.ReLU()]
            channels, side = narrower, 2 * side
        super().__init__(*layers, nn.Conv2d(channels, 3, 3, padding=1), nn.Sigmoid())
        self.image_size = image_size

    def forward(self, latents: Tensor) -> Tensor:
        """Sizes that are not a power of two are scaled down from the next one."""
        images = super().forward(latents)
        if images.shape[-1] == self.image_size:
            return images
        # float: CPUs have no antialiasing in bfloat16
        return interpolate(images.float(), (self.image_size,) * 2, mode="bilinear", antialias=True)
