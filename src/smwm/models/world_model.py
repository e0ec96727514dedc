"""Encoder, forward model and inverse model (paper, section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from smwm.config.settings import setting
from smwm.errors import InputError
from smwm.models.encoders import ENCODERS, projector
from smwm.models.transformer import TransformerForwardModel

OUTPUTS = {
    "linear": lambda dim: nn.Identity(),
    "tanh": lambda dim: nn.Tanh(),
    "layer_norm": lambda dim: nn.LayerNorm(dim, elementwise_affine=False),
}
FORWARD_MODELS = ("mlp", "transformer")


@dataclass(frozen=True)
class ModelSettings:
    """Model."""

    encoder: str = setting("cnn", "kind of encoder", choices=tuple(ENCODERS))
    resize: int = setting(0, "pixels a side that the encoder sees; 0: as stored", at_least=0)
    channels: tuple[int, ...] = setting(
        (16, 32, 64), "cnn, keypoints: widths of layers", at_least=1
    )
    patch: int = setting(14, "vit: pixels a side of a patch", at_least=1)
    vit_width: int = setting(192, "vit: width", at_least=1)
    vit_depth: int = setting(12, "vit: blocks", at_least=1)
    vit_heads: int = setting(3, "vit: attention heads", at_least=1)
    backbone: str = setting("vit_small_patch14_dinov2.lvd142m", "timm: name of the backbone")
    projector: int = setting(
        0, "width of the encoder's hidden layer with batch norm; 0: none", at_least=0
    )
    output: str = setting("linear", "last step of the encoder", choices=tuple(OUTPUTS))
    latent_dim: int = setting(64, "dimensions of the latent", at_least=1)
    width: int = setting(256, "width of the inverse model and of mlp", at_least=1)
    depth: int = setting(2, "hidden layers of the inverse model and of mlp", at_least=1)
    forward_model: str = setting("mlp", "kind of forward model", choices=FORWARD_MODELS)
    blocks: int = setting(6, "transformer: blocks", at_least=1)
    heads: int = setting(16, "transformer: attention heads", at_least=1)
    head_dim: int = setting(64, "transformer: width of a head", at_least=1)
    mlp_width: int = setting(2048, "transformer: width of its hidden layers", at_least=1)
    dropout: float = setting(0.1, "transformer: dropout", at_least=0.0, at_most=0.9)


class WorldModel(nn.Module):
    """z_t = f(o_t), predicted z_{t+1} = g(z_t, a_t), estimated a_t = h(z_t, z_{t+1}).

    D: dimensions of the latent z; K: dimensions of an action block, normalised with the
    statistics of the training split, which travel with the weights.
    """

    pixel_scale: Tensor
    pixel_shift: Tensor
    action_mean: Tensor  # (K,), as is action_std
    action_std: Tensor
    forward_model: nn.Sequential | TransformerForwardModel

    def __init__(self, settings: ModelSettings, image_size: int, action_dim: int) -> None:
        super().__init__()
        latent, width, depth = settings.latent_dim, settings.width, settings.depth
        self.settings, self.image_size, self.action_dim = settings, image_size, action_dim
        kind = ENCODERS[settings.encoder]
        values = [getattr(settings, name) for name in kind.settings]
        backbone, features = kind.build(settings.resize or image_size, *values)
        self.encoder = nn.Sequential(
            *backbone,
            *projector(features, settings.projector, latent),
            OUTPUTS[settings.output](latent),
        )
        self.register_buffer("pixel_scale", kind.scale.clone(), persistent=False)
        self.register_buffer("pixel_shift", kind.shift.clone(), persistent=False)
        if settings.forward_model == "mlp":
            self.forward_model = mlp(latent + action_dim, width, depth, latent)
        else:
            self.forward_model = TransformerForwardModel(
                latent, action_dim, settings.blocks, settings.heads, settings.head_dim,
                settings.mlp_width, settings.dropout,
            )  # fmt: skip
            self.prediction_projector = projector(latent, settings.projector, latent)
        self.inverse_model = mlp(2 * latent, width, depth, action_dim) if action_dim else None
        self.register_buffer("action_mean", torch.zeros(action_dim))
        self.register_buffer("action_std", torch.ones(action_dim))

    def encode(self, pixels: Tensor) -> Tensor:
        """Images (..., S, S, 3) uint8 -> latents (..., D) float32.

        Raises InputError for images of another size, or with their channels elsewhere.
        """
        if pixels.shape[-3:] != (self.image_size, self.image_size, 3):
            raise InputError(
                f"images {tuple(pixels.shape)}: the model takes those of shape "
                f"(..., {self.image_size}, {self.image_size}, 3), channels last"
            )
        images = pixels.reshape(-1, *pixels.shape[-3:]).movedim(-1, 1)  # channels-last memory
        # in place: a pass over images is dear
        scaled = images.float().div_(self.pixel_scale).sub_(self.pixel_shift)
        if self.settings.resize:
            size = (self.settings.resize, self.settings.resize)
            scaled = interpolate(scaled, size, mode="bilinear", antialias=True)
        return self.encoder(scaled).float().reshape(*pixels.shape[:-3], -1)

    def predict(self, latents: Tensor, actions: Tensor) -> Tensor:
        """g: latents (..., D) and action blocks (..., K) -> next latents (..., D).

        No skip connection: with one, "nothing moves" comes for free, and planning goes on to
        work on the faint relative signal that a collapsed encoder still holds.
        """
        if self.settings.forward_model == "mlp":
            return self.forward_model(torch.cat([latents, actions], -1)).float()
        flat = self.forward_model(latents.flatten(0, -2), actions.flatten(0, -2))
        return self.prediction_projector(flat).float().reshape(latents.shape)

    def infer_action(self, latents: Tensor, next_latents: Tensor) -> Tensor:
        """h: latents (..., D) before and after -> action blocks (..., K)."""
        assert self.inverse_model is not None  # there are actions
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
