"""`two_room` with a distractor in the image."""

from smwm.envs.distracted import Distracted
from smwm.envs.two_room import TwoRoom


class TwoRoomDistractor(Distracted):
    """As `TwoRoom`, and a dot that nothing controls."""

    inner = TwoRoom
