from dataclasses import replace

import pytest
import torch

from conftest import TINY_MODEL
from smwm.errors import InputError
from smwm.models.world_model import ModelSettings, WorldModel


@pytest.fixture
def model():
    torch.manual_seed(0)
    return WorldModel(TINY_MODEL, 16, 10)


def test_shapes(model):
    pixels = torch.randint(0, 256, (5, 3, 16, 16, 3), dtype=torch.uint8)
    latents = model.encode(pixels)
    assert latents.shape == (5, 3, 6)
    assert latents.dtype == torch.float32
    actions = torch.randn(5, 2, 10)
    assert model.predict(latents[:, :-1], actions).shape == (5, 2, 6)
    assert model.infer_action(latents[:, :-1], latents[:, 1:]).shape == (5, 2, 10)
    assert model.rollout(latents[:, 0], actions).shape == (5, 6)


@pytest.mark.parametrize("shape", [(4, 3, 16, 16), (4, 8, 8, 3), (4, 16, 17, 3), (16, 16)])
def test_images_of_another_shape_are_named(model, shape):
    with pytest.raises(
        InputError, match=r"the model takes those of shape \(\.\.\., 16, 16, 3\)"
    ) as no:
        model.encode(torch.zeros(shape, dtype=torch.uint8))
    assert f"images {shape}" in str(no.value)


def test_rollout_repeats_predict(model):
    z, actions = torch.randn(4, 6), torch.randn(4, 3, 10)
    expected = z
    for step in range(3):
        expected = model.predict(expected, actions[:, step])
    torch.testing.assert_close(model.rollout(z, actions), expected)


@pytest.mark.parametrize("kind", ["mlp", "transformer"])
def test_predictions_do_not_skip_the_forward_model(kind):
    """With its last layer at zero the prediction is zero, wherever the latent was."""
    settings = replace(TINY_MODEL, forward_model=kind, blocks=1, heads=1, head_dim=4, mlp_width=8)
    model = WorldModel(settings, 16, 10).eval()
    last = (model.forward_model if kind == "mlp" else model.prediction_projector)[-1]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.zero_()
    predicted = model.predict(torch.randn(4, 6), torch.randn(4, 10))
    assert torch.equal(predicted, torch.zeros(4, 6))


def test_normalise_and_back(model):
    model.action_mean.copy_(torch.arange(10.0))
    model.action_std.copy_(torch.arange(1.0, 11.0))
    actions = torch.randn(7, 10)
    torch.testing.assert_close(model.denormalise(model.normalise(actions)), actions)
    assert torch.equal(model.normalise(model.action_mean), torch.zeros(10))


def test_image_that_is_too_small_for_the_encoder_is_refused():
    with pytest.raises(InputError, match="channels: 5 layers are too many for images of 32 px"):
        WorldModel(ModelSettings(channels=(4, 4, 4, 4, 4)), 32, 4)


@pytest.mark.parametrize("size", [16, 32, 64])
def test_any_image_size(size):
    model = WorldModel(ModelSettings(), size, 4)
    assert model.encode(torch.zeros(2, size, size, 3, dtype=torch.uint8)).shape == (2, 64)


@pytest.mark.parametrize(
    ("kind", "black", "white"),
    [
        ("cnn", [-1, -1, -1], [1, 1, 1]),
        ("vit", [-2.1179, -2.0357, -1.8044], [2.2489, 2.4286, 2.64]),  # of ImageNet
    ],
)
def test_pixels_are_scaled_as_the_encoder_expects(kind, black, white):
    settings = replace(TINY_MODEL, encoder=kind, patch=8, vit_width=6, vit_depth=1, vit_heads=1)
    model = WorldModel(settings, 16, 4).eval()
    seen = []
    model.encoder[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].clone()))
    images = torch.zeros(2, 16, 16, 3, dtype=torch.uint8)
    images[1] = 255
    model.encode(images)
    torch.testing.assert_close(seen[0][:, :, 3, 5], torch.tensor([black, white]).float(),
                               atol=1e-4, rtol=0)  # fmt: skip


def test_the_last_step_of_the_encoder_is_as_set():
    torch.manual_seed(0)
    images = torch.randint(0, 256, (50, 16, 16, 3), dtype=torch.uint8)
    found = {}
    for output in ("linear", "tanh", "layer_norm"):
        model = WorldModel(replace(TINY_MODEL, output=output), 16, 4)
        with torch.no_grad():
            model.encoder[-2].weight.mul_(20)
        found[output] = model.encode(images)
    assert found["linear"].abs().max() > 2
    assert found["tanh"].abs().max() <= 1
    torch.testing.assert_close(found["layer_norm"].mean(1), torch.zeros(50), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        found["layer_norm"].var(1, unbiased=False), torch.ones(50), atol=1e-3, rtol=0
    )


def test_projector_normalises_over_the_batch_in_training_alone():
    torch.manual_seed(0)
    model = WorldModel(ModelSettings(channels=(4, 8), projector=12, latent_dim=6), 16, 4)
    pixels = torch.randint(0, 256, (9, 16, 16, 3), dtype=torch.uint8)
    hidden = []
    model.encoder[-3].register_forward_pre_hook(lambda _, inputs: hidden.append(inputs[0]))
    model.encode(pixels)
    torch.testing.assert_close(hidden[0].mean(0), torch.zeros(12), atol=1e-5, rtol=0)
    model.eval()
    alone = torch.cat([model.encode(image[None]) for image in pixels])
    torch.testing.assert_close(alone, model.encode(pixels))
