import numpy as np
import pytest

from smwm.envs import make_environment
from smwm.envs import two_room as tr
from smwm.errors import InputError


def moved(start, action, steps=1):
    environment = make_environment("two_room", 1)
    environment.restore(np.array([start], float))
    for _ in range(steps):
        environment.step(np.array([action], np.float32))
    return environment.states()[0]


def test_free_space_moves_by_speed():
    np.testing.assert_allclose(moved((50, 150), (1, -0.5)), (55, 147.5))


def test_actions_are_clipped():
    np.testing.assert_allclose(moved((50, 150), (9, -9)), (55, 145))


@pytest.mark.parametrize(
    ("start", "action", "end"),
    [
        ((60, 150), (1, 0), (tr.WALL_LEFT, 150)),  # the wall from the left
        ((160, 150), (-1, 0), (tr.WALL_RIGHT, 150)),  # the wall from the right
        ((60, 150), (-1, 0), (tr.LOW, 150)),  # the border
        ((60, 150), (0, 1), (60, tr.HIGH)),
        ((60, tr.DOOR_Y), (1, 0), (160, tr.DOOR_Y)),  # through the door
        ((160, tr.DOOR_Y), (-1, 0), (60, tr.DOOR_Y)),
        ((112, tr.DOOR_Y), (0, 1), (112, tr.DOOR_BOTTOM)),  # the door's edges
        ((112, tr.DOOR_Y), (0, -1), (112, tr.DOOR_TOP)),
    ],
)
def test_collisions(start, action, end):
    np.testing.assert_allclose(moved(start, action, steps=20), end)


def test_blocked_coordinate_lets_the_other_slide():
    np.testing.assert_allclose(moved((tr.WALL_LEFT, 150), (1, 1)), (tr.WALL_LEFT, 155))


def test_no_agent_ever_stands_in_a_wall():
    environment = make_environment("two_room", 200)
    rngs = [np.random.default_rng(i) for i in range(200)]
    environment.reset(rngs)
    for _ in range(200):
        environment.step(np.stack([rng.uniform(-1, 1, 2) for rng in rngs]))
        x, y = environment.states().T
        assert ((x >= tr.LOW) & (x <= tr.HIGH) & (y >= tr.LOW) & (y <= tr.HIGH)).all()
        in_wall = (x > tr.WALL_LEFT) & (x < tr.WALL_RIGHT)
        assert ((y >= tr.DOOR_TOP) & (y <= tr.DOOR_BOTTOM))[in_wall].all()


def test_restored_states_continue_exactly():
    environment = make_environment("two_room", 5)
    rngs = [np.random.default_rng(i) for i in range(5)]
    environment.reset(rngs)
    policy = environment.collection_policy(rngs)
    states, actions = [environment.states()], []
    for _ in range(40):
        actions.append(policy(states[-1]))
        environment.step(actions[-1])
        states.append(environment.states())

    copy = make_environment("two_room", 5)
    copy.restore(states[10])
    for step in range(10, 40):
        copy.step(actions[step])
        np.testing.assert_array_equal(copy.states(), states[step + 1])


def test_copies_do_not_depend_on_each_other():
    """One copy alone gives the very same states and images as among others."""
    many, one = make_environment("two_room", 7), make_environment("two_room", 1)
    rngs, own = [np.random.default_rng([3, i]) for i in range(7)], np.random.default_rng([3, 4])
    many.reset(rngs)
    one.reset([own])
    many_policy, one_policy = many.collection_policy(rngs), one.collection_policy([own])
    for _ in range(30):
        many.step(many_policy(many.states()))
        one.step(one_policy(one.states()))
        np.testing.assert_array_equal(many.states()[4], one.states()[0])
        np.testing.assert_array_equal(many.render(64)[4], one.render(64)[0])


def test_keep_drops_the_other_copies():
    environment = make_environment("two_room", 3)
    environment.restore(np.array([[30, 30], [40, 40], [50, 50]], float))
    environment.keep(np.array([True, False, True]))
    np.testing.assert_array_equal(environment.states(), [[30, 30], [50, 50]])


def test_success_is_a_distance_below_sixteen():
    states = np.array([[50.0, 50.0], [50.0, 50.0]])
    goals = np.array([[50.0, 65.9], [50.0, 66.0]])
    np.testing.assert_array_equal(tr.TwoRoom.success(states, goals), [True, False])


@pytest.mark.parametrize("size", [32, 64, 224])
def test_image_shows_walls_door_and_agent(size):
    environment = make_environment("two_room", 1)
    environment.restore(np.array([[60.0, 150.0]]))
    image = environment.render(size)[0].astype(int)
    assert image.shape == (size, size, 3)

    def pixel(x, y):
        return image[int(y * size / tr.FRAME), int(x * size / tr.FRAME)]

    red, green, blue = pixel(60, 150)
    assert red > 200
    assert green < 100
    assert blue < 100
    assert (pixel(112, 150) < 120).all()  # wall
    assert (pixel(112, tr.DOOR_Y) > 200).all()  # door
    assert (pixel(4, 4) < 120).all()  # border
    assert (pixel(160, 150) == 255).all()  # free space


def test_the_dot_is_drawn_where_the_agent_is():
    environment = make_environment("two_room", 3)
    places = np.array([[60.25, 150.5], [160.5, 90.25], [45.0, 60.75]])
    environment.restore(places)
    red = environment.render(224).astype(float)
    red = red[..., 0] - red[..., 1]
    for image, place in zip(red, places, strict=True):
        x, y = (image.sum(axis) @ np.arange(224) / image.sum() for axis in (0, 1))
        # a pixel's centre lies at its number or half a pixel on
        np.testing.assert_allclose([x + 0.25, y + 0.25], place, atol=0.35)


def test_the_door_is_drawn_where_agents_pass():
    heights = np.arange(25, 110, 0.25)
    environment = make_environment("two_room", len(heights))
    environment.restore(np.stack([np.full(len(heights), 80.0), heights], 1))
    for _ in range(20):
        environment.step(np.tile([1.0, 0.0], (len(heights), 1)))
    passed = heights[environment.states()[:, 0] > 130]
    environment.restore(np.array([[50.0, 150.0]]))
    wall = environment.render(224)[0, :, 112].mean(-1)
    drawn = 25 + np.flatnonzero(wall[25:200] > 128)
    assert (np.diff(drawn) == 1).all()  # one opening
    assert 27 <= len(drawn) <= 29  # its half size is 14
    np.testing.assert_allclose([passed.mean(), drawn.mean() + 0.25], 49, atol=0.35)


def test_policy_visits_both_rooms_and_passes_the_door():
    environment = make_environment("two_room", 20)
    rngs = [np.random.default_rng(i) for i in range(20)]
    environment.reset(rngs)
    policy = environment.collection_policy(rngs)
    left = []
    for _ in range(300):
        environment.step(policy(environment.states()))
        left.append(environment.states()[:, 0] < tr.WALL_X)
    crossings = np.abs(np.diff(np.array(left).astype(int), axis=0)).sum()
    assert crossings >= 20
    assert 0.3 < np.mean(left) < 0.7


def test_unknown_environment_is_refused():
    with pytest.raises(InputError, match=r"'maze' is unknown, allowed: .*two_room"):
        make_environment("maze", 1)
