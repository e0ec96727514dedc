"""The loss: a forward term that all methods share, and what each adds against collapse.

    L = mean ||g(z_t, a_t) - z_{t+1}||^2 + weight * regulariser            (paper, eq. 1)

Means run over batch, time and dimensions. In SMWM gradients flow into the encoder through both
embeddings of both terms: no stop-gradient, no target network. A method is one entry in
`OBJECTIVES`, and one in `smwm.methods` that says how people see it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss, normalize, relu

from smwm.models.decoder import Decoder
from smwm.models.world_model import WorldModel


@dataclass(frozen=True)
class Batch:
    """What a regulariser sees."""

    latents: Tensor  # (B, L, D)
    actions: Tensor  # (B, L - 1, K), normalised
    projections: int  # random directions of SIGReg
    pixels: Tensor | None = None  # (B, L, S, S, 3) uint8
    helper: nn.Module | None = None  # what the method trains or keeps beside the model


def inverse_dynamics(model: WorldModel, batch: Batch) -> Tensor:
    """SMWM's only guard: mean ||h(z_t, z_{t+1}) - a_t||^2 (paper, eq. 1).

    Zero in a world where nothing is controlled: there is no action to tell.
    """
    if batch.actions.shape[-1] == 0:
        return batch.latents.new_zeros(())
    estimate = model.infer_action(batch.latents[:, :-1], batch.latents[:, 1:])
    return mse_loss(estimate, batch.actions)


def sketched_gaussianity(model: WorldModel, batch: Batch) -> Tensor:
    """SIGReg: distance of the embeddings from an isotropic Gaussian, a mean over time steps."""
    return sigreg(batch.latents.transpose(0, 1), batch.projections)


def sigreg(latents: Tensor, projections: int, knots: int = 17, limit: float = 3.0) -> Tensor:
    """Epps-Pulley statistic of random unit projections (LeJEPA, arXiv 2511.08544).

    latents (..., B, D) -> scalar, averaged over projections and leading dimensions. Each
    projection's empirical characteristic function is compared with the standard Gaussian's
    on [0, limit] by the trapezoid rule, doubled for the negative half, windowed by
    exp(-t^2 / 2) and multiplied by B. Computed in float32 whatever the networks use.
    """
    with torch.autocast(latents.device.type, enabled=False):
        return _epps_pulley(latents.float(), projections, knots, limit)


def _epps_pulley(latents: Tensor, projections: int, knots: int, limit: float) -> Tensor:
    dim = latents.shape[-1]
    directions = normalize(torch.randn(dim, projections, device=latents.device), dim=0)
    t = torch.linspace(0, limit, knots, device=latents.device)
    weights = torch.full_like(t, 2 * limit / (knots - 1))
    weights[0] /= 2  # one by one: a list of positions would be copied from the host
    weights[-1] /= 2
    gaussian = torch.exp(-(t**2) / 2)
    phase = (latents @ directions).unsqueeze(-1) * t  # (..., B, projections, knots)
    error = (phase.cos().mean(-3) - gaussian) ** 2 + phase.sin().mean(-3) ** 2
    return (error @ (weights * gaussian) * latents.shape[-2]).mean()


# Shares of PLDM's terms; those of variance and covariance are VICReg's (arXiv 2105.04906).
PLDM_TERMS = {"variance": 1.0, "covariance": 0.04, "smoothness": 0.1, "inverse": 1.0}


def pldm(model: WorldModel, batch: Batch) -> Tensor:
    """Variance, covariance, temporal smoothness and inverse model (PLDM, arXiv 2502.14819).

    Variance and covariance are taken over the batch, for each time step.
    """
    terms = {
        "variance": low_variance(batch.latents),
        "covariance": covariance(batch.latents),
        "smoothness": mse_loss(batch.latents[:, 1:], batch.latents[:, :-1]),
        "inverse": inverse_dynamics(model, batch),
    }
    weighted = (PLDM_TERMS[name] * value for name, value in terms.items())
    return sum(weighted, start=batch.latents.new_zeros(()))


def low_variance(latents: Tensor) -> Tensor:
    """How far each dimension's deviation over the batch falls short of 1: (B, ..., D) -> scalar."""
    return relu(1 - (latents.float().var(0) + 1e-4).sqrt()).mean()


def covariance(latents: Tensor) -> Tensor:
    """Squared covariances of different dimensions: their sum over D, (B, L, D) -> scalar."""
    centred = (latents - latents.mean(0)).float().transpose(0, 1)  # (L, B, D)
    matrix = centred.mT @ centred / (latents.shape[0] - 1)
    own = torch.diag_embed(matrix.diagonal(dim1=-2, dim2=-1))
    return ((matrix - own).square().sum((-2, -1)) / latents.shape[-1]).mean()


class TargetEncoder(nn.Module):
    """A moving average of the encoder, whose embeddings are predicted without a gradient."""

    momentum = 0.99

    def __init__(self, model: WorldModel) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).requires_grad_(False)

    @torch.no_grad()
    def follow(self, model: WorldModel) -> None:
        """Move each weight towards the encoder's; called after each step of the optimiser."""
        for own, new in zip(
            self.model.encoder.state_dict().values(),
            model.encoder.state_dict().values(),
            strict=True,
        ):
            if own.is_floating_point():
                own.lerp_(new, 1 - self.momentum)


def moving_targets(batch: Batch) -> Tensor:
    """Embeddings (B, L - 1, D) of the next images by the moving average."""
    assert isinstance(batch.helper, TargetEncoder)
    assert batch.pixels is not None
    with torch.no_grad():
        return batch.helper.model.encode(batch.pixels[:, 1:])


def reconstruction(model: WorldModel, batch: Batch) -> Tensor:
    """Mean squared error of images in [0, 1], decoded from their latents."""
    assert batch.helper is not None
    assert batch.pixels is not None
    decoded = batch.helper(batch.latents.flatten(0, 1))
    images = batch.pixels.flatten(0, 1).movedim(-1, 1).float() / 255
    return mse_loss(decoded.float(), images)


def decoder_of(model: WorldModel) -> nn.Module:
    """A pixel decoder of the model's latents."""
    return Decoder(model.settings.latent_dim, model.image_size)


@dataclass(frozen=True)
class Objective:
    """What a method adds to the forward term."""

    regulariser: Callable[[WorldModel, Batch], Tensor] | None = None
    helper: Callable[[WorldModel], nn.Module] | None = None
    targets: Callable[[Batch], Tensor] | None = None  # instead of the next latents
    frozen: bool = False  # whether the encoder stays as it is at the start


OBJECTIVES = {
    "smwm": Objective(inverse_dynamics),
    "sigreg": Objective(sketched_gaussianity),
    "pldm": Objective(pldm),
    "ema": Objective(helper=TargetEncoder, targets=moving_targets),
    "reconstruction": Objective(reconstruction, helper=decoder_of),
    "frozen": Objective(frozen=True),
    "forward_only": Objective(),
}


def loss_terms(method: str, model: WorldModel, batch: Batch, weight: float) -> dict[str, Tensor]:
    """The loss of `method` and its terms, as scalars: loss, forward and, if any, regulariser."""
    chosen = OBJECTIVES[method]
    predicted = model.predict(batch.latents[:, :-1], batch.actions)
    targets = chosen.targets(batch) if chosen.targets else batch.latents[:, 1:]
    terms = {"forward": mse_loss(predicted, targets)}
    if chosen.regulariser is not None:
        terms["regulariser"] = chosen.regulariser(model, batch)
    return {"loss": terms["forward"] + weight * terms.get("regulariser", 0.0), **terms}
