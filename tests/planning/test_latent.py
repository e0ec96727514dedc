import pytest
import torch

from smwm.planning.cem import PlannerSettings
from smwm.planning.latent import goal_distance, plan_to_goal

PLANNER = PlannerSettings(samples=64, iterations=6, elites=8, horizon=2)


def test_the_cost_is_the_squared_distance_of_the_last_latent(oracle):
    """By hand, in more problems and candidates than are predicted at once."""
    draw = torch.Generator().manual_seed(0)
    start, goal = (100 * torch.rand(7, 2, generator=draw) for _ in range(2))
    blocks = torch.randn(7, 900, 3, 10, generator=draw)
    moves = 5 * (0.5 * blocks + 0.3).reshape(7, 900, 15, 2).sum(2)
    expected = ((start[:, None] + moves - goal[:, None]) ** 2).sum(-1)
    torch.testing.assert_close(
        goal_distance(oracle, start, goal)(blocks), expected, rtol=1e-4, atol=0
    )


@pytest.mark.parametrize("precision", ["auto", "float32"])
def test_plans_lead_from_one_image_to_another(oracle, precision):
    """The oracle's latent is the position that an image shows; a plan ends at the goal's."""
    images = torch.full((2, 16, 16, 3), 255, dtype=torch.uint8)
    for image, (row, column) in zip(images, ((4, 4), (6, 5)), strict=True):
        image[row, column] = torch.tensor([255, 0, 0])
    low, high = -torch.ones(10), torch.ones(10)
    settings = PlannerSettings(
        samples=200, iterations=20, elites=20, horizon=2, precision=precision
    )
    draw = torch.Generator().manual_seed(0)
    blocks = plan_to_goal(oracle, images[:1], images[1:], low, high, settings, draw)
    reached = oracle.rollout(oracle.encode(images[:1]), blocks)
    assert blocks.shape == (1, 2, 10)
    assert (reached - oracle.encode(images[1:])).norm() < 0.5
    again = plan_to_goal(oracle, images[:1], images[1:], low, high, settings, draw, horizon=1)
    assert again.shape == (1, 1, 10)
