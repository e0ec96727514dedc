import pytest
import torch

from smwm.models.decoder import Decoder


@pytest.mark.parametrize("size", [4, 8, 20, 32, 64])
def test_decoder_makes_images_of_any_size_between_black_and_white(size):
    images = Decoder(5, size, width=4)(10 * torch.randn(3, 5))
    assert images.shape == (3, 3, size, size)
    assert 0 <= images.min() <= images.max() <= 1


@pytest.mark.parametrize("size", [20, 32])
def test_decoder_computes_in_bfloat16_too(size):
    decoder, latents = Decoder(5, size, width=4), torch.randn(3, 5)
    with torch.autocast("cpu", torch.bfloat16):
        images = decoder(latents)
    torch.testing.assert_close(images.float(), decoder(latents), atol=0.02, rtol=0)
