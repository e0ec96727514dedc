import pytest
import torch

from smwm.errors import InputError
from smwm.models.transformer import Attention, TransformerForwardModel
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
