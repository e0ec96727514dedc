"""`push_t` with a distractor in the image."""

from smwm.envs.distracted import Distracted
from smwm.envs.push_t import PushT


class PushTDistractor(Distracted):
    """As `PushT`, and a dot that nothing controls."""

    inner = PushT
