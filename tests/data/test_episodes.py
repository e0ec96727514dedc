from dataclasses import replace

import numpy as np
import pytest

from smwm.data.columns import STORAGES
from smwm.data.dataset import read_dataset, write_dataset
from smwm.data.episodes import Episode
from smwm.errors import InputError

GOOD = Episode(
    pixels=np.full((5, 16, 16, 3), 200, np.uint8),
    actions=np.linspace(-1, 1, 8).reshape(4, 2),
    states=np.arange(15.0).reshape(5, 3),
)
BAD = {  # whichever episode it is
    "float images": ({"pixels": GOOD.pixels / 255}, "pixels are float64 (5, 16, 16, 3), needed:"),
    "grey images": ({"pixels": GOOD.pixels[..., 0]}, "pixels are uint8 (5, 16, 16), needed:"),
    "channels first": ({"pixels": GOOD.pixels.swapaxes(1, 3)}, "(5, 3, 16, 16), needed"),
    "oblong images": ({"pixels": GOOD.pixels[:, :8]}, "(5, 8, 16, 3), needed: uint8 (T + 1, size"),
    "no image": ({"pixels": GOOD.pixels[:0]}, "(0, 16, 16, 3), needed"),
    "one row": (
        {"pixels": GOOD.pixels[:1], "actions": GOOD.actions[:0], "states": GOOD.states[:1]},
        "pixels are uint8 (1, 16, 16, 3), needed: uint8 (T + 1, size, size, 3), T at least 1",
    ),
    "an action an image": (
        {"actions": np.zeros((5, 2))},
        "actions are float64 (5, 2), needed: floating point (4, A), one row fewer than images",
    ),
    "an action too few": ({"actions": np.zeros((3, 2))}, "actions are float64 (3, 2), needed"),
    "actions in a list of numbers": ({"actions": np.zeros(4)}, "actions are float64 (4,), needed"),
    "actions of whole numbers": ({"actions": np.zeros((4, 2), int)}, "actions are int64 (4, 2)"),
    "actions of nothing": ({"actions": np.zeros((4, 0))}, "actions are float64 (4, 0), needed"),
    "an action of NaN": ({"actions": np.full((4, 2), np.nan)}, "actions are not finite"),
    "an action too large": ({"actions": np.full((4, 2), 1e300)}, "actions are not finite as float"),
    "states of text": ({"states": np.full((5, 3), "far")}, "states are <U3 (5, 3), needed"),
    "states of objects": ({"states": np.full((5, 3), None)}, "states are object (5, 3), needed"),
    "a state too few": ({"states": np.zeros((4, 3))}, "(4, 3), needed: numbers (5, S)"),
    "states in a list": ({"states": np.zeros(5)}, "states are float64 (5,), needed"),
    "states of NaN": ({"states": np.full((5, 3), np.nan)}, "states are not finite"),
}
UNLIKE = {  # the first episode
    "another size": ({"pixels": GOOD.pixels[:, :8, :8]}, "has images of 8 px"),
    "other actions": ({"actions": np.zeros((4, 3))}, "has images of 16 px, actions of 3, states"),
    "missing states": ({"states": None}, "no states; needed, as before: images of 16"),
    "other states": ({"states": np.zeros((5, 4))}, "states of 4; needed, as before: images of 16"),
}


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("bad", BAD | UNLIKE)
def test_every_episode_is_checked_and_nothing_is_damaged(bad, storage, tmp_path):
    changes, words = (BAD | UNLIKE)[bad]
    path = tmp_path / "data.h5"
    path.write_text("precious")
    with pytest.raises(InputError) as error:
        write_dataset(path, [GOOD, GOOD, replace(GOOD, **changes), GOOD], {}, storage)
    assert str(error.value).startswith(f"{path}: episode 2: ")
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert [p.name for p in tmp_path.iterdir()] == ["data.h5"]
    assert path.read_text() == "precious"


@pytest.mark.parametrize("bad", BAD)
def test_the_first_episode_is_checked_like_the_others(bad, tmp_path):
    with pytest.raises(InputError, match=r"data\.h5: episode 0: "):
        write_dataset(tmp_path / "data.h5", [replace(GOOD, **BAD[bad][0])], {})


def test_states_that_the_first_episode_lacks_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"episode 1: has .* as before: .*, no states"):
        write_dataset(tmp_path / "data.h5", [replace(GOOD, states=None), GOOD], {})


def test_types_are_the_formats_whatever_the_first_episode_has(tmp_path):
    counted = replace(GOOD, states=GOOD.states.astype(int), actions=GOOD.actions.astype("f2"))
    halved = replace(GOOD, states=GOOD.states + 0.5)
    write_dataset(tmp_path / "data.h5", [counted, halved], {})
    data = read_dataset(tmp_path / "data.h5")
    assert (data.states.dtype, data.actions.dtype) == (np.float64, np.float32)
    np.testing.assert_array_equal(data.states[5:], halved.states)
    np.testing.assert_allclose(data.actions[5:9], GOOD.actions, atol=1e-7)


def test_an_error_of_reading_the_episodes_is_not_said_to_be_of_writing(tmp_path):
    def recorded():
        yield GOOD
        with (tmp_path / "recording 1").open():
            pass

    with pytest.raises(InputError, match=r"data.h5: the episodes .* cannot be read .*recording 1"):
        write_dataset(tmp_path / "data.h5", recorded(), {})
    assert not list(tmp_path.iterdir())
