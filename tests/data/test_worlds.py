import numpy as np
import pytest

from smwm.data.worlds import (
    DOT_RADIUS,
    DOT_STEP,
    SIZE,
    SPRITE_STEP,
    WORLDS,
    paint_sprites,
    pairs,
    uniform,
)
from smwm.errors import InputError

NAMES = sorted(WORLDS)
SCALE = 7.5  # pixels, the paper's size of a triangle


@pytest.mark.parametrize("name", NAMES)
def test_a_pair_depends_on_seed_and_index_alone(name):
    whole, part = pairs(name, 0, 40, seed=3), pairs(name, 25, 10, seed=3)
    np.testing.assert_array_equal(whole.pixels[50:70], part.pixels)
    np.testing.assert_array_equal(whole.actions[50:70], part.actions)
    assert not np.array_equal(pairs(name, 0, 40, seed=4).states, whole.states)


@pytest.mark.parametrize("name", NAMES)
def test_pairs_are_episodes_of_one_action(name):
    data = pairs(name, 0, 9, seed=0)
    assert data.pixels.shape == (18, SIZE, SIZE, 3)
    assert data.actions.shape == (18, WORLDS[name].action_dim)
    np.testing.assert_array_equal(data.window_starts(1), 2 * np.arange(9))


@pytest.mark.parametrize(
    ("name", "freedom"),
    [
        ("single_dot", 2), ("independent", 4), ("coupled", 2), ("distractor", 2), ("combined", 6),
        ("sprite_none", 0), ("sprite_x", 1), ("sprite_xy", 2), ("sprite_xyt", 4),
    ],
)  # fmt: skip
def test_controllable_degrees_of_freedom_are_the_papers(name, freedom):
    assert WORLDS[name].controllable == freedom


def dots_of(name, count=500):
    data = pairs(name, 0, count, seed=1)
    states = data.states.reshape(count, 2, -1, 2)
    return states[:, 0], states[:, 1], data.actions[::2]


def test_actions_are_the_controlled_displacements():
    before, after, actions = dots_of("combined")
    moved = after - before
    np.testing.assert_allclose(moved[:, 0], moved[:, 1])  # the coupled pair
    np.testing.assert_allclose(actions, moved[:, [0, 2, 3]].reshape(len(moved), -1), atol=1e-5)
    assert np.ptp(moved[:, 4]) > DOT_STEP  # the distractor moves, and no action says how
    assert np.abs(np.corrcoef(actions.T, moved[:, 4].T)[:-2, -2:]).max() < 0.2


def test_dots_stay_on_the_canvas_apart_from_each_other():
    for states in dots_of("combined")[:2]:
        assert (states > DOT_RADIUS).all()
        assert (states < SIZE - DOT_RADIUS).all()
        distance = np.linalg.norm(states[:, :, None] - states[:, None], axis=-1)
        assert distance[:, ~np.eye(5, dtype=bool)].min() > 2 * DOT_RADIUS


def test_a_dot_is_drawn_where_it_is():
    data = pairs("single_dot", 0, 50, seed=0)
    dark = (255.0 - data.pixels).sum(-1)
    centres = np.arange(SIZE) + 0.5
    x = (dark.sum(1) * centres).sum(1) / dark.sum((1, 2))
    y = (dark.sum(2) * centres).sum(1) / dark.sum((1, 2))
    np.testing.assert_allclose(np.stack([x, y], 1), data.states, atol=0.1)


@pytest.mark.parametrize("name", ["sprite_none", "sprite_x", "sprite_xy", "sprite_xyt"])
def test_all_of_the_sprite_moves_whatever_is_exposed(name):
    data = pairs(name, 0, 300, seed=0)
    moved = data.states[1::2] - data.states[::2]
    moved[:, 2] = (moved[:, 2] + np.pi) % (2 * np.pi) - np.pi
    assert (moved.std(0) > [3, 3, 1]).all()
    assert (np.abs(moved[:, :2]) <= SPRITE_STEP).all()
    exposed = moved[:, : WORLDS[name].action_dim]
    turn = (data.actions[::2] - exposed + np.pi) % (2 * np.pi) - np.pi
    np.testing.assert_allclose(turn, 0, atol=1e-5)


def cover_of(states):
    """Share of each pixel that the triangle covers: (n, 64, 64)."""
    red = 255.0 - paint_sprites(states)[..., 0]  # the triangle's colour has no red
    return red / 255


POSES = pairs("sprite_xyt", 0, 100, seed=0).states


def test_the_triangle_is_solid_and_points_along_its_angle():
    cover = cover_of(POSES)
    ahead = np.stack([np.cos(POSES[:, 2]), np.sin(POSES[:, 2])], 1)
    aside = np.stack([-ahead[:, 1], ahead[:, 0]], 1)

    def at(along, across):
        x, y = np.floor(POSES[:, :2] + along * ahead + across * aside).astype(int).T
        return cover[np.arange(len(cover)), y, x]

    for side in (-1, 1):
        assert (at(-3, 2.5 * side) > 0.99).all()  # wide at the back
        assert (at(5, 3.5 * side) == 0).all()  # narrow ahead
    for along in (-3, 0, 3):
        assert (at(along, 0) > 0.99).all()
    assert (at(6.5, 0) > 0.3).all()
    assert (at(-6.5, 0) == 0).all()  # no shaft


def test_the_triangle_lies_around_its_pose_and_is_of_its_scale():
    cover = cover_of(POSES)
    area = cover.sum((1, 2))
    np.testing.assert_allclose(area, 1.08 * SCALE**2, rtol=0.03)  # 9 px by 13.5 px, halved
    centres = np.arange(SIZE) + 0.5
    x, y = (np.tensordot(cover, centres, axes=(axis, 0)).sum(1) / area for axis in (2, 1))
    np.testing.assert_allclose(np.stack([x, y], 1), POSES[:, :2], atol=0.1)
    distance = np.hypot(
        centres - POSES[:, 0, None, None], centres[:, None] - POSES[:, 1, None, None]
    )
    reach = (distance * (cover > 0.3)).max((1, 2))
    assert (reach > 0.95 * SCALE).all()
    assert (reach < 1.3 * SCALE).all()


def test_a_triangle_turned_round_is_another_image():
    turned = cover_of(POSES + np.array([0, 0, np.pi]))
    assert (np.abs(cover_of(POSES) - turned).sum((1, 2)) > 0.4 * SCALE**2).all()


def test_the_triangle_never_touches_the_border():
    pixels = pairs("sprite_xyt", 0, 1000, seed=0).pixels
    for border in (pixels[:, 0], pixels[:, -1], pixels[:, :, 0], pixels[:, :, -1]):
        assert (border == 255).all()


def test_numbers_are_uniform_and_independent():
    numbers = uniform(np.arange(20000), 3, seed=0, attempt=1)
    np.testing.assert_allclose(numbers.mean(0), 0.5, atol=0.01)
    np.testing.assert_allclose(numbers.var(0), 1 / 12, atol=0.002)
    following = np.corrcoef(numbers[:-1, 0], numbers[1:, 0])[0, 1]
    assert abs(following) < 0.03
    assert np.abs(np.corrcoef(numbers.T) - np.eye(3)).max() < 0.03


def test_paths_go_on_where_they_are_and_begin_as_the_pairs_do():
    path, pair = pairs("distractor", 0, 30, 0, steps=5), pairs("distractor", 0, 30, 0)
    states = path.states.reshape(30, 6, 2, 2)
    np.testing.assert_array_equal(states[:, :2].reshape(60, 4), pair.states)
    moved = np.diff(states[:, :, 0], axis=1)
    np.testing.assert_allclose(path.actions.reshape(30, 6, 2)[:, :5], moved, atol=1e-5)
    assert np.abs(moved).max() <= DOT_STEP
    assert len(np.unique(moved.round(6))) == moved.size


def test_unknown_world_is_named():
    with pytest.raises(InputError, match="'maze' is unknown, allowed: single_dot"):
        pairs("maze", 0, 1, 0)
