import pytest
import torch

from smwm.models.decoder import Decoder


@pytest.mark.parametrize("size", [4, 8, 20, 32, 64])
def test_decoder_makes_images_of_any_size_between_black_and_white(size):
    images = Decoder(5, size, width=4)(10 * torch.randn(3, 5))
    assert images.shape == (3, 3, size, size)
    assert 0 <= images.min() <= images.max() <= 1
