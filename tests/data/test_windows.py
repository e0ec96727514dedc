from dataclasses import replace

import numpy as np
import pytest
import torch

from smwm.data.dataset import Trajectories
from smwm.data.windows import Windows
from smwm.errors import InputError


def test_a_window_is_consecutive_frames_and_the_actions_between(train_data):
    windows = Windows.of(train_data, frames=3, block=5)
    pixels, actions = windows.gather(torch.tensor([31 + 4]))
    np.testing.assert_array_equal(pixels[0], train_data.pixels[[35, 40, 45]])
    np.testing.assert_array_equal(actions[0, 0], train_data.actions[35:40].reshape(-1))
    np.testing.assert_array_equal(actions[0, 1], train_data.actions[40:45].reshape(-1))


def test_samples_are_uint8_and_reproducible(train_data):
    windows = Windows.of(train_data, frames=2, block=5)
    torch.manual_seed(3)
    first = windows.sample(8)
    torch.manual_seed(3)
    second = windows.sample(8)
    assert first[0].dtype == torch.uint8
    assert first[0].shape == (8, 2, 16, 16, 3)
    assert first[1].shape == (8, 1, 10)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_every_window_can_be_drawn_and_no_other(train_data):
    windows = Windows.of(train_data, frames=2, block=5)
    assert windows.starts.tolist() == train_data.window_starts(5).tolist()


def episodes_of(actions, count=2):
    """Trajectories of `count` episodes of so many actions, with images of a pixel."""
    rows = count * (actions + 1)
    return Trajectories(
        pixels=np.zeros((rows, 1, 1, 3), np.uint8),
        actions=np.arange(rows, dtype=np.float32)[:, None],
        states=None,
        lengths=np.full(count, actions + 1),
        offsets=np.arange(count) * (actions + 1),
        attributes={},
    )


@pytest.mark.parametrize(("actions", "count"), [(100, 92), (200, 192), (9, 1)])
def test_windows_of_blocks_are_the_paper_s(actions, count):
    """The rows of both frames' blocks lie in the episode; what is read of them stays the same."""
    windows = Windows.of(episodes_of(actions), 2, 5, window="blocks")
    second = actions + 1
    assert windows.starts.tolist() == [*range(count), *range(second, second + count)]
    last = windows.starts[-1:]
    assert last + 2 * 5 == 2 * second
    pixels, blocks = windows.gather(last)
    assert pixels.shape == (1, 2, 1, 1, 3)
    assert blocks.tolist() == [[[last + i for i in range(5)]]]
    assert len(Windows.of(episodes_of(actions), 2, 5).starts) == 2 * (actions - 4)


def test_samples_reach_the_first_and_the_last_window():
    """Pixels and actions tell their row; episodes of 4 and 3 rows have windows at 0, 1 and 4."""
    rows = np.arange(7)
    data = Trajectories(
        pixels=np.tile(rows.astype(np.uint8)[:, None, None, None], (1, 2, 2, 3)),
        actions=rows[:, None].astype(np.float32),
        states=None,
        lengths=np.array([4, 3]),
        offsets=np.array([0, 4]),
        attributes={},
    )
    torch.manual_seed(0)
    pixels, actions = Windows.of(data, frames=2, block=2).sample(400)
    starts = pixels[:, 0, 0, 0, 0]
    assert set(starts.tolist()) == {0, 1, 4}
    assert torch.equal(pixels[:, 1, 0, 0, 0], starts + 2)
    assert torch.equal(actions[:, 0], torch.stack([starts, starts + 1], 1).float())


def test_too_short_episodes_are_refused(train_data):
    with pytest.raises(InputError, match="no episode has the 9 actions"):
        Windows.of(episodes_of(8), frames=2, block=5, window="blocks")
    with pytest.raises(InputError, match=r"no episode has the 35 actions .*; the longest has 30"):
        Windows.of(train_data, frames=8, block=5)


def test_episodes_that_are_too_short_are_left_out_and_said_to_be(train_data, capsys):
    lengths = np.array([31, 6, 31, 11, 10, 31])
    windows = Windows.of(replace(train_data, lengths=lengths), frames=3, block=5)
    assert sorted(set((windows.starts // 31).tolist())) == [0, 2, 3, 5]
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "left out: 2 of 6 episodes, of 5 to 9 actions, fewer than the 10 that a window spans"
    ]
    Windows.of(train_data, frames=3, block=5)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("last", [0.0, np.nan, 1e30])
def test_the_unused_last_action_is_in_no_window(train_data, last):
    actions = train_data.actions.copy()
    actions[30::31] = last
    windows = Windows.of(replace(train_data, actions=actions), frames=3, block=5)
    _, blocks = windows.gather(windows.starts)
    assert len(blocks) == 6 * 21
    assert blocks.isfinite().all()
    assert blocks.abs().max() < 1e3


def test_batches_on_the_images_device_are_samples(train_data):
    windows = Windows.of(train_data, frames=2, block=5)
    torch.manual_seed(3)
    batches = windows.batches(8, torch.device("cpu"))
    first = [next(batches) for _ in range(3)]
    torch.manual_seed(3)
    for pixels, actions in first:
        again = windows.sample(8)
        assert torch.equal(pixels, again[0])
        assert torch.equal(actions, again[1])


def test_windows_drawn_ahead_are_told_by_the_seed_and_the_step(train_data):
    """A restart at any step finds the windows that the first run had there."""
    windows = Windows.of(train_data, 3, 5)
    torch.manual_seed(3)
    drawn = [windows.drawn_at(step, 8) for step in range(3)]
    torch.rand(5)
    again = [windows.drawn_at(step, 8) for step in (2, 0, 1)]
    assert torch.equal(torch.stack(drawn), torch.stack(again)[[1, 2, 0]])
    assert len({tuple(rows.tolist()) for rows in drawn}) == 3
    torch.manual_seed(4)
    assert not torch.equal(windows.drawn_at(0, 8), drawn[0])
    every = torch.cat([windows.drawn_at(step, 64) for step in range(200)])
    assert set(every.tolist()) == set(windows.starts.tolist())
