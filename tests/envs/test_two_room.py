import numpy as np
import pytest

from conftest import ROOT
from smwm.envs import make_environment
from smwm.envs import two_room as tr
from smwm.errors import InputError

STEPS = ROOT / "resources/paper/two_room_steps.csv"


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


def test_every_step_of_the_paper():
    here, action, there = np.split(np.loadtxt(STEPS, delimiter=",", skiprows=1), 3, axis=1)
    assert len(here) == 900
    environment = make_environment("two_room", 900)
    environment.restore(here)
    environment.step(action)
    np.testing.assert_allclose(environment.states(), there, rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    ("start", "action", "end"),
    [
        ((60, 150), (1, 0), (99.5, 150)),  # the wall from the left
        ((160, 150), (-1, 0), (124.5, 150)),  # the wall from the right
        ((60, 150), (-1, 0), (21, 150)),  # the border
        ((60, 150), (0, 1), (60, 203)),
        ((60, 150), (-1, 1), (21, 203)),
        ((60, 49), (1, 0), (160, 49)),  # through the door
        ((160, 49), (-1, 0), (60, 49)),
    ],
)
def test_collisions(start, action, end):
    np.testing.assert_allclose(moved(start, action, steps=20), end)


@pytest.mark.parametrize(
    ("start", "action", "end"),
    [
        ((98, 150), (0.35, 0), (99.75, 150)),  # the disc does not overlap the wall yet
        ((98, 150), (0.45, 0), (99.5, 150)),
        ((126, 150), (-0.35, 0), (124.25, 150)),
        ((126, 150), (-0.45, 0), (124.5, 150)),
        ((99.5, 150), (1, 1), (99.5, 155)),  # along the wall
        ((124.5, 150), (-1, -1), (124.5, 145)),
    ],
)
def test_the_wall_begins_at_its_face_and_pushes_off_by_half_a_pixel(start, action, end):
    np.testing.assert_allclose(moved(start, action), end)


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("edge", [-1, 1])
@pytest.mark.parametrize(
    ("x", "y", "action", "end"),
    [  # x from the wall's middle, y from the door's, on the left and at the lower edge
        (-14, 15.75, (1, 0), (-9, 15.75)),  # just in
        (-14, 15.76, (1, 0), (-12.5, 15.76)),  # just out
        (-14, 17, (1, -0.5), (-9, 14.5)),  # where the step ends decides
        (-14, 14, (1, 0.5), (-12.5, 16.5)),
        (-7, 14, (0, 1), (-12.5, 19)),  # out of the door sideways
        (-2, 14, (1, 1), (-12.5, 19)),  # to the side where the step began
        (-14, 14, (0.2, 1), (-13, 19)),  # not in the wall
    ],
)
def test_the_doors_edges(x, y, action, end, side, edge):
    mirror = np.array([-side, edge])
    middle = np.array([112, 49])
    there = moved(middle + mirror * (x, y), mirror * action)
    np.testing.assert_allclose(there, middle + mirror * end)


def test_no_agent_ever_stands_in_a_wall():
    environment = make_environment("two_room", 200)
    rngs = [np.random.default_rng(i) for i in range(200)]
    environment.reset(rngs)
    for _ in range(200):
        environment.step(np.stack([rng.uniform(-1, 1, 2) for rng in rngs]))
        x, y = environment.states().T
        assert ((x >= tr.LOW) & (x <= tr.HIGH) & (y >= tr.LOW) & (y <= tr.HIGH)).all()
        in_wall = np.abs(x - 112) < 12
        assert (np.abs(y - 49) <= 15.75)[in_wall].all()


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


def test_image_at_the_frames_own_size():
    """Pixel i lies at coordinate i; a wall from a to b is the pixels a to b - 1, without grey."""
    environment = make_environment("two_room", 1)
    environment.restore(np.array([[60.0, 150.0]]))
    image = environment.render(224)[0]
    assert (image[150, 60] == [255, 0, 0]).all()
    sigma_away = round(255 * (1 - np.exp(-0.5)))
    for x, y in ((53, 150), (67, 150), (60, 143), (60, 157)):
        assert (image[y, x] == [255, sigma_away, sigma_away]).all()

    across = {"white": [*range(10), *range(14, 40), *range(80, 107), *range(117, 210)]}
    across["white"] += range(214, 224)
    across["black"] = [*range(10, 14), *range(107, 117), *range(210, 214)]
    down = {"white": [*range(10), *range(35, 63), *range(214, 224)]}
    down["black"] = [*range(10, 35), *range(63, 214)]
    for colour, value in {"white": 255, "black": 0}.items():
        assert (image[200, across[colour]] == value).all()  # a row through the wall
        assert (image[down[colour], 112] == value).all()  # the wall's own column


@pytest.mark.parametrize(("small", "large"), [(56, 224), (64, 448)])
def test_a_small_image_is_the_large_one_made_small(small, large):
    environment = make_environment("two_room", 3)
    environment.restore(np.array([[60.0, 150.0], [112.3, 49.0], [21.0, 203.0]]))
    block = large // small
    means = environment.render(large).reshape(3, small, block, small, block, 3).mean(axis=(2, 4))
    # The dot is sampled at a pixel's centre, not averaged over it with what lies below.
    np.testing.assert_allclose(environment.render(small), means, atol=12)


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
