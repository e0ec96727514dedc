"""The loss: a forward term that all methods share, and what each adds against collapse.

    L = mean ||g(z_t, a_t) - z_{t+1}||^2 + weight * regulariser            (paper, eq. 1)

Means run over batch, time and dimensions. Gradients flow into the encoder through both
embeddings of both terms: no stop-gradient, no target network. A method is one entry in
`METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import mse_loss, normalize

from smwm.models.world_model import WorldModel


@dataclass(frozen=True)
class Batch:
    """What a regulariser sees."""

    latents: Tensor  # (B, L, D)
    actions: Tensor  # (B, L - 1, K), normalised
    projections: int  # random directions of SIGReg


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
    weights[[0, -1]] /= 2
    gaussian = torch.exp(-(t**2) / 2)
    phase = (latents @ directions).unsqueeze(-1) * t  # (..., B, projections, knots)
    error = (phase.cos().mean(-3) - gaussian) ** 2 + phase.sin().mean(-3) ** 2
    return (error @ (weights * gaussian) * latents.shape[-2]).mean()


@dataclass(frozen=True)
class Method:
    """A way to train the world model, or none (`trained=False`: random actions)."""

    label: str
    source: str
    colour: str  # from Okabe and Ito's palette, which colour-blind readers can tell apart
    regulariser: Callable[[WorldModel, Batch], Tensor] | None = None
    trained: bool = True


METHODS = {
    "smwm": Method("SMWM", "arXiv 2606.20104", "#0072B2", inverse_dynamics),
    "sigreg": Method("SIGReg", "LeJEPA, arXiv 2511.08544", "#E69F00", sketched_gaussianity),
    "forward_only": Method("Forward only (λ = 0)", "arXiv 2606.20104, ablation", "#CC79A7"),
    "random": Method("Random actions", "uniform over the action space", "#999999", trained=False),
}
TRAINED = tuple(name for name, method in METHODS.items() if method.trained)


def loss_terms(method: str, model: WorldModel, batch: Batch, weight: float) -> dict[str, Tensor]:
    """The loss of `method` and its terms, as scalars: loss, forward and, if any, regulariser."""
    predicted = model.predict(batch.latents[:, :-1], batch.actions)
    terms = {"forward": mse_loss(predicted, batch.latents[:, 1:])}
    regulariser = METHODS[method].regulariser
    if regulariser is not None:
        terms["regulariser"] = regulariser(model, batch)
    return {"loss": terms["forward"] + weight * terms.get("regulariser", 0.0), **terms}
