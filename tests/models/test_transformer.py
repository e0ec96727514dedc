import math

import numpy as np
import pytest
import torch

from smwm.errors import InputError
from smwm.models import transformer
from smwm.models.transformer import (
    Attention,
    Block,
    ConditionedBlock,
    TransformerForwardModel,
    VisionTransformer,
)
from smwm.models.world_model import ModelSettings, WorldModel

PAPER = ModelSettings(
    encoder="vit", projector=2048, latent_dim=192, forward_model="transformer", width=256, depth=2
)
SMALL = ModelSettings(
    encoder="vit", patch=8, vit_width=12, vit_depth=2, vit_heads=3, projector=16, latent_dim=12,
    width=16, forward_model="transformer", blocks=2, heads=2, head_dim=4, mlp_width=16,
)  # fmt: skip


def parameters(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(("action_dim", "total"), [(10, 18_201_016), (25, 18_205_021)])
def test_parameters_of_the_paper_s_model(action_dim, total):
    assert parameters(WorldModel(PAPER, 224, action_dim)) == total


def test_parameters_of_its_parts():
    model = WorldModel(PAPER, 224, 10)
    assert parameters(model.encoder[0]) == 5_501_376
    assert parameters(model.encoder[1:]) == 792_768
    assert parameters(model.prediction_projector) == 792_768
    assert parameters(model.forward_model.actions) == 156_206
    rest = parameters(model.forward_model) - parameters(model.forward_model.actions)
    assert rest == 10_790_976
    assert parameters(model.inverse_model) == 166_922


def test_shapes_and_image_sizes():
    for size, resize in ((16, 0), (24, 0), (20, 32)):
        model = WorldModel(ModelSettings(**vars(SMALL) | {"resize": resize}), size, 4).eval()
        pixels = torch.randint(0, 256, (3, 2, size, size, 3), dtype=torch.uint8)
        latents = model.encode(pixels)
        assert latents.shape == (3, 2, 12)
        assert model.predict(latents, torch.randn(3, 2, 4)).shape == (3, 2, 12)
        assert model.rollout(latents, torch.randn(3, 2, 5, 4)).shape == (3, 2, 12)


def test_an_image_that_the_patches_do_not_fill_is_refused():
    with pytest.raises(InputError, match="patch: 8 does not divide images of 20 px"):
        WorldModel(SMALL, 20, 4)


def layer_norm(x, eps, weight=1.0, bias=0.0):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt(centred.var(-1, keepdims=True) + eps) * weight + bias


def attention_by_numpy(weights, name, heads, x):
    """`weights` by name; x (T, W)."""
    projected = x @ weights[name + "qkv.weight"].T + weights.get(name + "qkv.bias", 0.0)
    mixed = []
    q_k_v = (np.split(part, heads, 1) for part in np.split(projected, 3, 1))
    for q, k, v in zip(*q_k_v, strict=True):
        scores = np.exp(q @ k.T / math.sqrt(q.shape[1]))
        mixed.append(scores / scores.sum(1, keepdims=True) @ v)
    return np.hstack(mixed) @ weights[name + "out.weight"].T + weights[name + "out.bias"]


def linear_by_numpy(weights, name, x):
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def gelu(x):
    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


def randomised(module):
    """The module with random values in every weight, and these in float64 by name."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for values in module.parameters():
            values.copy_(0.5 * torch.randn(values.shape, generator=generator))
    return module, {k: v.numpy().astype(np.float64) for k, v in module.state_dict().items()}


def conditioned_by_numpy(weights, heads, x, condition, hidden=1.0, output=1.0, scores=1.0):
    """The paper's block; the last three: what dropout multiplies at each of its places."""
    silu = condition / (1 + np.exp(-condition))
    parts = np.split(linear_by_numpy(weights, "modulation.1", silu), 6)
    shift1, scale1, gate1, shift2, scale2, gate2 = parts
    normed = layer_norm(layer_norm(x, 1e-6) * (1 + scale1) + shift1, 1e-5,
                        weights["attention.0.weight"], weights["attention.0.bias"])  # fmt: skip
    bias = weights["attention.1.out.bias"]
    seen = attention_by_numpy(weights, "attention.1.", heads, normed) - bias
    x = x + gate1 * output * (scores * seen + bias)
    normed = layer_norm(layer_norm(x, 1e-6) * (1 + scale2) + shift2, 1e-5,
                        weights["mlp.0.weight"], weights["mlp.0.bias"])  # fmt: skip
    activation = hidden * gelu(linear_by_numpy(weights, "mlp.1", normed))
    return x + gate2 * output * linear_by_numpy(weights, "mlp.4", activation)


@pytest.mark.parametrize("tokens", [1, 4])
@pytest.mark.parametrize(
    ("size", "modulated"),
    [(1.0, 1.0), (1e-3, 1.0), (1.0, 3e-3)],
    ids=["usual", "variance near the first norm's eps", "variance near the second norm's eps"],
)
def test_a_conditioned_block_against_numpy(tokens, size, modulated):
    torch.manual_seed(0)
    block, weights = randomised(ConditionedBlock(6, 2, 5, 7, 0.1).eval())
    if modulated != 1:  # without shift, the deviation of modulated tokens is 1 + scale
        weights["modulation.1.weight"].reshape(6, 36)[[0, 1, 3, 4]] = 0
        weights["modulation.1.bias"].reshape(6, 6)[[0, 3]] = 0
        weights["modulation.1.bias"].reshape(6, 6)[[1, 4]] = modulated - 1
        block.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})
    x, condition = size * torch.randn(3, tokens, 6), torch.randn(3, 1, 6)
    result = block(x, condition).detach().numpy()
    for i in range(3):
        expected = conditioned_by_numpy(weights, 2, x[i].numpy(), condition[i, 0].numpy())
        np.testing.assert_allclose(result[i], expected, rtol=1e-4, atol=1e-5)


def test_a_conditioned_block_by_hand():
    """One token of width 2, which a norm maps to (1, -1) or (-1, 1)."""
    block = ConditionedBlock(2, 1, 2, 2, 0.0)
    eye = torch.eye(2)
    shift1, scale1, gate1 = [0, 4], [0, 0], [1, 0.5]
    shift2, scale2, gate2 = [5, 0], [1, 0], [2, 4]
    values = {
        "modulation.1.weight": torch.zeros(12, 2),
        "modulation.1.bias": torch.tensor(shift1 + scale1 + gate1 + shift2 + scale2 + gate2),
        "attention.0.weight": torch.tensor([2.0, 3.0]),
        "attention.0.bias": torch.tensor([0.5, 0.0]),
        "attention.1.qkv.weight": torch.cat([eye, eye, eye]),
        "attention.1.out.weight": eye,
        "attention.1.out.bias": torch.zeros(2),
        "mlp.0.weight": torch.ones(2),
        "mlp.0.bias": torch.zeros(2),
        "mlp.1.weight": 10 * eye,
        "mlp.1.bias": torch.zeros(2),
        "mlp.4.weight": 0.1 * eye,
        "mlp.4.bias": torch.tensor([0.0, 0.25]),
    }
    block.load_state_dict(values)
    # attention: norm (1, -1), modulated (1, 3), own norm (-1, 1) * (2, 3) + (0.5, 0) = (-1.5, 3)
    # x: (3, 1) + (1, 0.5) * (-1.5, 3) = (1.5, 2.5)
    # MLP: norm (-1, 1), modulated (3, 1), own norm (1, -1), hidden (10, -10), GELU (10, 0),
    # out (1, 0.25); x: (1.5, 2.5) + (2, 4) * (1, 0.25) = (3.5, 3.5)
    result = block(torch.tensor([[[3.0, 1.0]]]), torch.zeros(1, 1, 2))
    torch.testing.assert_close(result, torch.full((1, 1, 2), 3.5), atol=1e-4, rtol=0)


@pytest.mark.parametrize("tokens", [1, 3])
@pytest.mark.parametrize("training", [True, False])
def test_places_of_dropout(tokens, training, monkeypatch):
    """Dropout that doubles or triples instead, where it is on and its share is the block's."""

    def times(factor):
        return lambda x, p, on, *_: factor * x if on and p == 0.1 else x

    def attention(q, k, v, dropout_p):
        real = torch.nn.functional.scaled_dot_product_attention(q, k, v)
        return times(3)(real, dropout_p, dropout_p > 0)

    monkeypatch.setattr(torch.nn.functional, "dropout", times(2))
    monkeypatch.setattr(transformer, "dropout1d", times(3))
    monkeypatch.setattr(transformer, "scaled_dot_product_attention", attention)
    torch.manual_seed(0)
    block, weights = randomised(ConditionedBlock(6, 2, 5, 7, 0.1).train(training))
    x, condition = torch.randn(1, tokens, 6), torch.randn(1, 1, 6)
    factors = (2, 2, 3) if training else (1, 1, 1)
    expected = conditioned_by_numpy(weights, 2, x[0].numpy(), condition[0, 0].numpy(), *factors)
    np.testing.assert_allclose(block(x, condition)[0].detach(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("path", [Attention.forward, Attention.attend])
def test_dropout_leaves_out_whole_heads_of_a_single_token(path):
    torch.manual_seed(0)
    attention = Attention(4, 2, 2, bias=False, dropout=0.25)
    with torch.no_grad():
        attention.qkv.weight.copy_(torch.cat([torch.eye(4)] * 3))
        attention.out.weight.copy_(torch.eye(4))
        attention.out.bias.zero_()
    attention.drop.forward = lambda x: x  # of the output
    x = torch.rand(4000, 1, 4) + 1
    kept = (path(attention, x) / x).detach().view(4000, 2, 2)
    torch.testing.assert_close(kept, (kept > 0) / 0.75)
    torch.testing.assert_close(kept[..., 0], kept[..., 1])
    shares = (kept[..., 0] > 0).float()
    assert (shares.mean(0) - 0.75).abs().max() < 0.03
    assert (shares.prod(1).mean() - 0.75**2).abs() < 0.03  # heads do not know of each other
    assert torch.equal(path(attention.eval(), x), x)


def test_latents_and_positions_see_no_dropout():
    torch.manual_seed(0)
    model = TransformerForwardModel(12, 4, 2, 2, 4, 16, 0.9).train()
    z = torch.randn(8, 12)
    expected = model.norm(z + model.positions[0])
    torch.testing.assert_close(model(z, torch.randn(8, 4)), expected)


@pytest.mark.parametrize("size", [1.0, 1e-5])
def test_a_block_of_the_vit_against_numpy(size):
    """At the small size, any eps beyond 1e-12 would be larger than the variance."""
    torch.manual_seed(0)
    block, weights = randomised(Block(6, 2))
    block.train()  # no dropout here
    x = size * torch.randn(4, 6)
    normed = layer_norm(x.numpy(), 1e-12, weights["norm1.weight"], weights["norm1.bias"])
    middle = x.numpy() + attention_by_numpy(weights, "attention.", 2, normed)
    normed = layer_norm(middle, 1e-12, weights["norm2.weight"], weights["norm2.bias"])
    hidden = gelu(linear_by_numpy(weights, "mlp.0", normed))
    expected = middle + linear_by_numpy(weights, "mlp.2", hidden)
    np.testing.assert_allclose(block(x[None])[0].detach(), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["norm1", "norm2", "norm"])
def test_every_norm_of_the_vit_has_its_eps(name):
    torch.manual_seed(0)
    model = VisionTransformer(8, 4, 6, 1, 3)
    norm = getattr(model if name == "norm" else model.blocks[0], name)
    x = 1e-6 * torch.randn(5, 6)
    np.testing.assert_allclose(norm(x).detach(), layer_norm(x.numpy(), 1e-12), rtol=1e-3, atol=1e-3)


def test_initial_weights_of_the_vit():
    torch.manual_seed(0)
    model = VisionTransformer(28, 14, 48, 2, 3)
    layers = [m for m in model.modules() if isinstance(m, torch.nn.Linear | torch.nn.Conv2d)]
    assert len(layers) == 1 + 2 * 4
    for layer in layers:
        share = layer.weight.detach() / 0.02
        assert abs(share.std() - 1) < 0.05
        assert abs(share.mean()) < 0.05
        assert 3 < share.abs().max() < 6  # a normal one, not cut off at 2 deviations
        assert not layer.bias.any()
    norms = [m for m in model.modules() if isinstance(m, torch.nn.LayerNorm)]
    assert len(norms) == 1 + 2 * 2
    for norm in norms:
        assert (norm.weight == 1).all()
        assert not norm.bias.any()
    for tokens in (model.class_token, model.positions):
        assert 0.01 < tokens.std() < 0.03


def test_one_token_needs_no_scores():
    torch.manual_seed(0)
    for bias in (False, True):
        attention = Attention(12, 2, 4, bias)
        x = torch.randn(5, 1, 12)
        torch.testing.assert_close(attention(x), attention.attend(x))


def test_attention_by_hand():
    """Equal keys: every token gets the mean of the values."""
    attention = Attention(2, 1, 2, bias=False)
    with torch.no_grad():
        attention.qkv.weight.copy_(torch.cat([torch.eye(2), torch.zeros(2, 2), torch.eye(2)]))
        attention.out.weight.copy_(torch.eye(2))
        attention.out.bias.zero_()
    result = attention(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
    torch.testing.assert_close(result, torch.tensor([[[2.0, 3.0], [2.0, 3.0]]]))


def test_blocks_start_as_the_identity_and_learn_to_use_the_action():
    torch.manual_seed(0)
    model = TransformerForwardModel(12, 4, 2, 2, 4, 16, 0.0)
    z = torch.randn(64, 12)
    expected = model.norm(z + model.positions[0])
    torch.testing.assert_close(model(z, torch.randn(64, 4)), expected)

    actions = torch.randn(64, 4)
    target = torch.roll(actions.repeat(1, 3), 1, 1)
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(150):
        loss = (model(z, actions) - target).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]


def test_imagenet_statistics():
    """The mean colour of ImageNet is zero to the encoder."""
    model = WorldModel(SMALL, 16, 4).eval()
    seen = []
    model.encoder[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    colour = (torch.tensor([0.485, 0.456, 0.406]) * 255).round().to(torch.uint8)
    model.encode(colour.expand(1, 16, 16, 3))
    assert seen[0].abs().max() < 0.01


def test_resized_images_reach_the_encoder():
    model = WorldModel(ModelSettings(**vars(SMALL) | {"resize": 32}), 20, 4)
    seen = []
    model.encoder[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model.encode(torch.zeros(2, 20, 20, 3, dtype=torch.uint8))
    assert seen[0].shape == (2, 3, 32, 32)


def test_a_missing_timm_is_one_clear_line(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(InputError, match="encoder: 'timm' needs the package timm"):
        WorldModel(ModelSettings(encoder="timm"), 14, 4)
