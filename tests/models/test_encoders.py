import pytest
import torch

from smwm.errors import InputError
from smwm.models.encoders import ENCODERS, SpatialSoftmax
from smwm.models.world_model import ModelSettings, WorldModel

SIDE = 9  # points lie at -1, -0.75, ..., 1


def peaks(*positions):
    """Maps (1, C, SIDE, SIDE), each with all its weight in one (row, column)."""
    maps = torch.zeros(1, len(positions), SIDE, SIDE)
    for channel, (row, column) in enumerate(positions):
        maps[0, channel, row, column] = 50.0
    return maps


def test_points_are_where_the_maps_are_high_after_their_mean():
    points = SpatialSoftmax(SIDE)(peaks((4, 4), (4, 8), (0, 6)))
    # x, y of the mean of (0, 0), (1, 0), (0.5, -1), then the second and the third point from it
    expected = torch.tensor([[0.5, -1 / 3, 0.5, 1 / 3, 0.0, -2 / 3]])
    torch.testing.assert_close(points, expected)


def test_what_is_darker_than_its_surroundings_is_a_point_too():
    maps = peaks((2, 3), (4, 5))
    torch.testing.assert_close(SpatialSoftmax(SIDE)(-maps), SpatialSoftmax(SIDE)(maps))


def test_an_even_map_has_its_point_in_the_middle():
    maps = torch.cat([torch.zeros(1, 1, SIDE, SIDE), peaks((2, 6))], 1)
    points = SpatialSoftmax(SIDE)(maps)
    torch.testing.assert_close(points, torch.tensor([[0.25, -0.25, 0.25, -0.25]]))


def test_what_moves_as_a_whole_changes_the_mean_alone():
    before = SpatialSoftmax(SIDE)(peaks((2, 3), (4, 5), (6, 1)))
    after = SpatialSoftmax(SIDE)(peaks((3, 6), (5, 8), (7, 4)))
    torch.testing.assert_close(after[:, 2:], before[:, 2:])
    torch.testing.assert_close(after[:, :2] - before[:, :2], torch.tensor([[0.75, 0.25]]))


def test_points_keep_their_digits_in_bfloat16():
    maps = torch.randn(4, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    points = SpatialSoftmax(SIDE)(maps)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(SpatialSoftmax(SIDE)(maps), points)


def test_keypoints_are_normalised_over_the_batch():
    torch.manual_seed(0)
    encoder, features = ENCODERS["keypoints"].build(16, (4, 6))
    points = encoder(torch.randn(64, 3, 16, 16))
    assert points.shape == (64, features) == (64, 12)
    torch.testing.assert_close(points.mean(0), torch.zeros(12), atol=1e-5, rtol=0)
    torch.testing.assert_close(points.std(0), torch.ones(12), atol=0.05, rtol=0)


def test_a_model_of_keypoints_encodes_images():
    model = WorldModel(ModelSettings(encoder="keypoints", channels=(4, 6), latent_dim=5), 16, 2)
    images = torch.randint(0, 256, (3, 2, 16, 16, 3), dtype=torch.uint8)
    assert model.encode(images).shape == (3, 2, 5)


def test_maps_of_one_pixel_are_no_points():
    with pytest.raises(InputError, match="channels: 4 layers are too many for images of 16 px"):
        ENCODERS["keypoints"].build(16, (4, 4, 4, 4))
