import numpy as np
import pytest

from smwm.envs.push_t import AGENT, ANGLE, BLOCK, PushT, PushTSimulator, _outline, simulator


def state(agent, block, angle=0.0):
    values = np.zeros(11)
    values[AGENT], values[BLOCK], values[ANGLE] = agent, block, angle
    return values


@pytest.mark.parametrize(
    ("agent", "block", "angle", "reached"),
    [
        ((12, 0), (0, 15.9), np.radians(19.9), True),  # 19.92 px together
        ((12, 0), (0, 16.1), 0.0, False),  # 20.08 px
        ((0, 0), (0, 0), np.radians(20.1), False),
        ((0, 0), (0, 0), np.radians(360 - 19.9), True),
    ],
)
def test_success(agent, block, angle, reached):
    goal = state((100, 100), (200, 200), 0.1)
    moved = goal + state(agent, block, angle)
    assert PushT.success(moved[None], goal[None])[0] == reached


def test_pushing_moves_the_block_and_counts_as_contact():
    table = PushT(1)
    table.restore(state((150, 260), (256, 250))[None])  # left of the bar's end
    touched = False
    for _ in range(12):
        table.step(np.array([[0.3, 0]]))
        touched |= table.events(table.states())["contact"][0]
    assert touched
    assert table.states()[0, BLOCK][0] > 270


def test_moving_freely_leaves_the_block():
    table = PushT(1)
    start = state((60, 60), (300, 300), 1.0)
    table.restore(start[None])
    for _ in range(5):
        table.step(np.array([[0.1, 0.1]]))
    end = table.states()[0]
    np.testing.assert_array_equal(end[[4, 5, 6]], start[[4, 5, 6]])
    assert end[0] > 70
    assert not table.events(end[None])["contact"][0]


def test_block_is_drawn_where_it_is():
    table = PushT(2)
    table.restore(np.stack([state((40, 40), (150, 150)), state((40, 40), (350, 350), 2.0)]))
    first, second = table.render(64).astype(int)
    changed = np.abs(first - second).sum(-1) > 60
    assert not changed[:9, :9].any()  # the pusher is in the same corner
    for x, y in ((150, 180), (350 - 27, 350 - 12)):  # inside the block's stem
        assert changed[y // 8, x // 8]


def test_the_pusher_is_blue():
    table = PushT(1)
    table.restore(state((100, 300), (350, 150))[None])
    red, _, blue = table.render(64)[0, 300 // 8, 100 // 8].astype(int)
    assert blue > red + 100


def test_starts_do_not_overlap():
    rngs = [np.random.default_rng(seed) for seed in range(50)]
    table = PushT(50)
    table.reset(rngs)
    assert all(simulator(False).gap(start) > 0 for start in table.states())


def test_policy_touches_moves_and_turns_the_block_and_also_moves_freely():
    rngs = [np.random.default_rng(seed) for seed in range(10)]
    table = PushT(10)
    table.reset(rngs)
    policy = table.collection_policy(rngs)
    states = [table.states()]
    for _ in range(100):
        table.step(policy(states[-1]))
        states.append(table.states())
    states = np.array(states)
    contact = table.events(states.reshape(-1, 11))["contact"].mean()
    assert 0.25 < contact < 0.75
    moved = np.linalg.norm(states[25:, :, BLOCK] - states[:-25, :, BLOCK], axis=-1)
    turned = np.abs(states[25:, :, ANGLE] - states[:-25, :, ANGLE])
    assert np.median(moved) > 20
    assert np.median(turned) > np.radians(10)
    inside = (states[..., BLOCK] > 0) & (states[..., BLOCK] < 512)
    assert inside.mean() > 0.99


def test_every_process_draws_the_same_image():
    """The package's own reset puts the block anywhere: where it touched, marks would stay."""
    placed = state((40, 40), (256, 250), 0.5)
    images = [PushTSimulator().image(placed, 64) for _ in range(40)]
    for image in images[1:]:
        np.testing.assert_array_equal(image, images[0])


def test_outline_is_in_the_same_order_in_every_process():
    """Else one seed would collect different data: a body's shapes are a set, ordered by address."""
    spots, _ = _outline()
    bar, stem = (np.array(shape.get_vertices()) for shape in simulator(False)._block_shapes)
    is_stem = spots[:, 1] > bar[:, 1].max()
    assert 0 < is_stem.sum() < len(spots)
    assert (spots[is_stem, 1] <= stem[:, 1].max()).all()
    assert (np.diff(is_stem.astype(int)) >= 0).all()  # the bar's points come first
