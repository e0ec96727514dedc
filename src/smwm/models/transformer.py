"""The paper's networks: a Vision Transformer, and a transformer that actions condition.

Sizes and layers follow the paper's appendix; `tests/models/test_transformer.py` holds their
parameter counts against the paper's, and what they compute against plain numpy.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout1d, linear, scaled_dot_product_attention


class Attention(nn.Module):
    """Multi-head self-attention over (B, T, W), with dropout of its weights and of its output."""

    def __init__(
        self, width: int, heads: int, head_dim: int, bias: bool, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * heads * head_dim, bias=bias)
        self.out = nn.Linear(heads * head_dim, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.attend_to_itself(x) if x.shape[1] == 1 else self.attend(x)

    def attend(self, x: Tensor) -> Tensor:
        """Any number of tokens."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        share = self.drop.p if self.training else 0.0
        seen = scaled_dot_product_attention(q, k, v, dropout_p=share)
        return self.drop(self.out(seen.transpose(1, 2).flatten(2)))

    def attend_to_itself(self, x: Tensor) -> Tensor:
        """The same for a single token, without any score.

        Its only weight is 1, so that it sees its own value; dropout of the weight leaves out
        whole heads.
        """
        inner = self.out.in_features  # the values are the last third of the projection
        bias = None if self.qkv.bias is None else self.qkv.bias[-inner:]
        values = linear(x[:, 0], self.qkv.weight[-inner:], bias).unflatten(-1, (self.heads, -1))
        seen = dropout1d(values, self.drop.p, self.training)
        return self.drop(self.out(seen.flatten(1))).unsqueeze(1)


class Block(nn.Module):
    """Attention and MLP, each behind a LayerNorm and around a skip connection."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-12)
        self.attention = Attention(width, heads, width // heads, bias=True)
        self.norm2 = nn.LayerNorm(width, eps=1e-12)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class VisionTransformer(nn.Module):
    """ViT (arXiv 2010.11929): images (B, 3, S, S) -> the class token (B, W)."""

    def __init__(self, image_size: int, patch: int, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, 1 + (image_size // patch) ** 2, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.apply(initialise)
        nn.init.trunc_normal_(self.positions, std=0.02)
        nn.init.trunc_normal_(self.class_token, std=0.02)

    def forward(self, images: Tensor) -> Tensor:
        patches = self.patches(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.class_token.expand(len(patches), -1, -1), patches], 1)
        return self.norm(self.blocks(tokens + self.positions)[:, 0])


def initialise(layer: nn.Module) -> None:
    """Normal weights of deviation 0.02 and no bias, for the linear layers of the ViT."""
    if isinstance(layer, nn.Linear | nn.Conv2d):
        nn.init.normal_(layer.weight, std=0.02)
        assert layer.bias is not None  # all layers of the ViT have one
        nn.init.zeros_(layer.bias)


class ConditionedBlock(nn.Module):
    """A transformer block under AdaLN-zero (arXiv 2212.09748): at first it changes nothing.

    What is modulated has been normalised without weights; attention and MLP then normalise
    their input once more, with weights of their own.
    """

    def __init__(
        self, width: int, heads: int, head_dim: int, mlp_width: int, dropout: float
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.attention = nn.Sequential(
            nn.LayerNorm(width), Attention(width, heads, head_dim, bias=False, dropout=dropout)
        )
        self.mlp = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, mlp_width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(mlp_width, width),
            nn.Dropout(dropout),
        )
        modulation = nn.Linear(width, 6 * width)
        nn.init.zeros_(modulation.weight)
        nn.init.zeros_(modulation.bias)
        self.modulation = nn.Sequential(nn.SiLU(), modulation)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(condition).chunk(6, -1)
        x = x + gate1 * self.attention(self.norm(x) * (1 + scale1) + shift1)
        return x + gate2 * self.mlp(self.norm(x) * (1 + scale2) + shift2)


class ActionEncoder(nn.Module):
    """Action blocks (B, K) -> (B, W): a 1 x 1 convolution to 10 channels, then an MLP."""

    def __init__(self, action_dim: int, width: int, channels: int = 10) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(action_dim, channels, 1)
        self.mlp = nn.Sequential(
            nn.Linear(channels, 4 * width), nn.SiLU(), nn.Linear(4 * width, width)
        )

    def forward(self, actions: Tensor) -> Tensor:
        return self.mlp(self.convolution(actions.unsqueeze(-1)).squeeze(-1))


class TransformerForwardModel(nn.Module):
    """g with a history of one frame: latents (B, D), action blocks (B, K) -> features (B, D)."""

    def __init__(
        self,
        latent_dim: int,
        action_dim: int,
        depth: int,
        heads: int,
        head_dim: int,
        mlp_width: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.actions = ActionEncoder(action_dim, latent_dim)
        self.positions = nn.Parameter(torch.randn(1, 1, latent_dim))
        self.blocks = nn.ModuleList(
            ConditionedBlock(latent_dim, heads, head_dim, mlp_width, dropout) for _ in range(depth)
        )
        self.norm = nn.LayerNorm(latent_dim)

    def forward(self, latents: Tensor, actions: Tensor) -> Tensor:
        condition = self.actions(actions).unsqueeze(1)
        x = latents.unsqueeze(1) + self.positions
        for block in self.blocks:
            x = block(x, condition)
        return self.norm(x).squeeze(1)
