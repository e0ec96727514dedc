"""Sensorimotor world models: a replication of arXiv 2606.20104, and its models as a library.

    import smwm

    model = smwm.load("two_room")              # or the path of a checkpoint
    latents = model.encode(images)             # (..., S, S, 3) uint8 -> (..., D) float32
    actions = model.plan(now, goal)            # two images -> (T, A) float32

    smwm.collect("two_room", "rooms")          # the stages, as on the command line
    smwm.train("rooms/train.h5", "model.pt")
    smwm.evaluate("model.pt", "rooms/eval.h5")
    smwm.embed("model.pt", "rooms/eval.h5")

Bad input raises `smwm.InputError`. What is named here is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smwm.api.hub import HubModel, export
    from smwm.api.model import Model, load
    from smwm.api.model_card import model_card
    from smwm.api.stages import collect, embed, evaluate, settings, train
    from smwm.errors import InputError

__version__ = "0.1.0"
__all__ = [
    "HubModel", "InputError", "Model", "collect", "embed", "evaluate", "export", "load",
    "model_card", "settings", "train",
]  # fmt: skip
_HOMES = {
    "errors": ("InputError",),
    "api.model_card": ("model_card",),
    "api.hub": ("HubModel", "export"),
    "api.model": ("Model", "load"),
    "api.stages": ("collect", "embed", "evaluate", "settings", "train"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"smwm.{module}"), name)
    raise AttributeError(f"module 'smwm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
