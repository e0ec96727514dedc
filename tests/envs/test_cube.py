import numpy as np
import pytest

from smwm.envs.cube import CUBE, Cube


@pytest.fixture(scope="module")
def episode():
    """States (201, 2, S) under the collection policy."""
    rngs = [np.random.default_rng(seed) for seed in range(2)]
    scene = Cube(2)
    scene.reset(rngs)
    policy = scene.collection_policy(rngs)
    states = [scene.states()]
    for _ in range(200):
        scene.step(policy(states[-1]))
        states.append(scene.states())
    return np.array(states)


def test_policy_grasps_lifts_moves_and_releases(episode):
    height = episode[:, :, CUBE][..., 2]
    assert (height.max(0) > 0.1).all()  # carried
    lifted = Cube(1).events(episode[:, 0])["cube lifted"]
    assert 0.05 < lifted.mean() < 0.9
    assert (np.diff(lifted.astype(int)) == 1).any()  # picked up
    assert (np.diff(lifted.astype(int)) == -1).any()  # put down
    assert np.linalg.norm(np.ptp(episode[:, 0, CUBE], axis=0)[:2]) > 0.1


def test_success_is_the_distance_of_the_cube(episode):
    goal = episode[0, :1].copy()
    here = goal.copy()
    here[0, :6] += 1.0  # the arm does not count
    here[0, CUBE] += [0.0, 0.0, 0.0399]
    assert Cube.success(here, goal)[0]
    here[0, CUBE] += [0.0, 0.0, 0.0002]
    assert not Cube.success(here, goal)[0]


def test_actions_move_the_gripper_along_the_axes(episode):
    scene = Cube(3)
    start = np.repeat(episode[:1, 0], 3, 0)
    scene.restore(start)
    before = scene.quantities(start)["gripper_position"]
    for _ in range(4):
        scene.step(0.5 * np.eye(5)[:3])
    after = scene.quantities(scene.states())["gripper_position"]
    moved = after - before
    bounds = np.array([[0.25, -0.35, 0.02], [0.6, 0.35, 0.35]])  # the gripper's workspace
    free = (bounds[1] - before[0] > 0.08) & (before[0] - bounds[0] > 0)
    assert free.any()
    assert (np.diag(moved)[free] > 0.02).all()


def test_gripper_opening_is_a_share(episode):
    opening = Cube(1).quantities(episode[::10, 0])["gripper_opening"]
    assert (opening >= 0).all()
    assert (opening <= 1).all()
    assert np.ptp(opening) > 0.3
