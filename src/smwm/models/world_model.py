"""Encoder, forward model and inverse model (paper, section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from smwm.models.encoders import ENCODERS
from smwm.settings import setting

OUTPUTS = {"linear": nn.Identity, "tanh": nn.Tanh}


@dataclass(frozen=True)
class ModelSettings:
    """Model."""

    encoder: str = setting("cnn", "kind of encoder", choices=tuple(ENCODERS))
    channels: tuple[int, ...] = setting((16, 32, 64), "widths of the encoder", at_least=1)
    projector: int = setting(
        0, "width of the encoder's hidden layer with batch norm; 0: none", at_least=0
    )
    output: str = setting("linear", "last step of the encoder", choices=tuple(OUTPUTS))
    latent_dim: int = setting(64, "dimensions of the latent", at_least=1)
    width: int = setting(256, "width of the forward and inverse model", at_least=1)
    depth: int = setting(2, "hidden layers of the forward and inverse model", at_least=1)


class WorldModel(nn.Module):
    """z_t = f(o_t), predicted z_{t+1} = g(z_t, a_t), estimated a_t = h(z_t, z_{t+1}).

    D: dimensions of the latent z; K: dimensions of an action block, normalised with the
    statistics of the training split, which travel with the weights.
    """

    def __init__(self, settings: ModelSettings, image_size: int, action_dim: int) -> None:
        super().__init__()
        latent, width, depth = settings.latent_dim, settings.width, settings.depth
        self.settings, self.image_size, self.action_dim = settings, image_size, action_dim
        encoder = ENCODERS[settings.encoder]
        self.encoder = nn.Sequential(
            *encoder(image_size, settings.channels, settings.projector, latent),
            OUTPUTS[settings.output](),
        )
        self.forward_model = mlp(latent + action_dim, width, depth, latent)
        self.inverse_model = mlp(2 * latent, width, depth, action_dim) if action_dim else None
        self.register_buffer("action_mean", torch.zeros(action_dim))
        self.register_buffer("action_std", torch.ones(action_dim))

    def encode(self, pixels: Tensor) -> Tensor:
        """Images (..., S, S, 3) uint8 -> latents (..., D) float32."""
        images = pixels.reshape(-1, *pixels.shape[-3:]).movedim(-1, 1)  # channels-last memory
        scaled = images.float().div_(127.5).sub_(1)  # in place: a pass over images is dear
        return self.encoder(scaled).float().reshape(*pixels.shape[:-3], -1)

    def predict(self, latents: Tensor, actions: Tensor) -> Tensor:
        """g: latents (..., D) and action blocks (..., K) -> next latents (..., D).

        No skip connection: with one, "nothing moves" comes for free, and planning goes on to
        work on the faint relative signal that a collapsed encoder still holds.
        """
        return self.forward_model(torch.cat([latents, actions], -1)).float()

    def infer_action(self, latents: Tensor, next_latents: Tensor) -> Tensor:
        """h: latents (..., D) before and after -> action blocks (..., K)."""
        return self.inverse_model(torch.cat([latents, next_latents], -1)).float()

    def rollout(self, latents: Tensor, actions: Tensor) -> Tensor:
        """Latents (..., D) and H action blocks (..., H, K) -> the last predicted latent."""
        for block in actions.unbind(-2):
            latents = self.predict(latents, block)
        return latents

    def normalise(self, actions: Tensor) -> Tensor:
        """Raw action blocks (..., K) to zero mean and unit variance over the training split."""
        return (actions - self.action_mean) / self.action_std

    def denormalise(self, actions: Tensor) -> Tensor:
        """Inverse of `normalise`."""
        return actions * self.action_std + self.action_mean


def mlp(inputs: int, width: int, depth: int, outputs: int) -> nn.Sequential:
    """A multilayer perceptron with `depth` hidden ReLU layers of `width`."""
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [nn.Linear(inputs, width), nn.ReLU()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))
