"""How much of the latent space the embeddings use."""

from __future__ import annotations

import torch
from torch import Tensor


def principal_variances(latents: Tensor) -> Tensor:
    """Variances (D,) along the principal components of latents (N, D), largest first."""
    centred = (latents - latents.mean(0)).double()
    covariance = centred.T @ centred / len(latents)
    return torch.linalg.eigvalsh(covariance).flip(0).clamp(min=0)


def embedding_std(latents: Tensor) -> Tensor:
    """Root of the mean variance of the dimensions of latents (N, D): 0 means collapse."""
    return principal_variances(latents).mean().sqrt()


def effective_rank(latents: Tensor) -> Tensor:
    """exp of the entropy of the normalised principal variances, between 1 and D.

    After Roy and Vetterli (EUSIPCO 2007), on variances rather than singular values. Scale
    does not matter, so a collapsed encoder may still score above 1: read it beside the std.
    """
    variances = principal_variances(latents)
    share = variances / variances.sum().clamp(min=1e-30)
    return torch.special.entr(share).sum().exp()
