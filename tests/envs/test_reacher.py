import numpy as np
import pytest

from smwm.envs.reacher import Reacher


def state(shoulder, wrist):
    return np.array([[shoulder, wrist, 0, 0, 0, 0]])


@pytest.mark.parametrize(
    ("here", "goal", "reached"),
    [
        ((0.0, 1.0), (0.0499, 1.0499), True),
        ((0.0, 1.0), (0.0501, 1.0), False),
        ((0.0, 1.0), (0.0, 1.0501), False),
        ((np.pi - 0.01, 1.0), (-np.pi + 0.01, 1.0), True),  # the shoulder turns without end
        ((7 * np.pi, 1.0), (np.pi, 1.0), True),
    ],
)
def test_success(here, goal, reached):
    assert Reacher.success(state(*here), state(*goal))[0] == reached


def test_torque_turns_the_joints():
    arms = Reacher(2)
    arms.restore(np.repeat(state(0.3, 0.5), 2, 0))
    for _ in range(10):
        arms.step(np.array([[1, 0], [0, 1]]))
    turned = arms.states()[:, :2] - [0.3, 0.5]
    assert turned[0, 0] > 0.1
    assert turned[1, 1] > 0.1


def test_a_step_is_two_of_the_suite_under_one_action():
    from dm_control.suite import reacher

    physics = reacher.easy().physics
    arms = Reacher(1)
    arms.restore(state(0.3, 0.5))
    with physics.reset_context():
        physics.data.qpos[:] = [0.3, 0.5]
    for action in np.random.default_rng(0).uniform(-1, 1, (20, 2)):
        arms.step(action[None])
        physics.set_control(action)
        physics.step(2)
        expected = np.concatenate([physics.data.qpos, physics.data.qvel])
        np.testing.assert_allclose(arms.states()[0, :4], expected, atol=1e-9)
    assert physics.time() == pytest.approx(20 * 0.04)


def test_wrist_stops():
    arms = Reacher(1)
    arms.restore(state(0, 2.5))
    for _ in range(60):
        arms.step(np.array([[0, 1]]))
    assert arms.states()[0, 1] < np.radians(165)
    assert arms.events(arms.states())["wrist near its stop"][0]


def test_target_is_hidden():
    arms = Reacher(1)
    arms.restore(state(np.pi / 2, 0.0))
    red, green, blue = np.moveaxis(arms.render(64)[0].astype(int), -1, 0)
    arm = np.argwhere(red > green + 15)
    assert len(arm) > 10
    assert (np.abs(arm[:, 1] - 31.5) < 5).all()  # nothing red beside the upright arm
    beside = np.abs(np.arange(64) - 31.5) > 3
    assert (blue > red + 20)[24:40, beside].all()  # but the floor, where the target would be


def test_angles_of_a_known_state():
    angles = Reacher(1).quantities(state(np.pi / 2, 0.0))["joint_angles"]
    np.testing.assert_allclose(angles, [[1, 0, 0, 1]], atol=1e-12)
