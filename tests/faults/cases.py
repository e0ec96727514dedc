"""Every case: a stage, a fault, and what to do; each ends as `runs` says or raises EndingError."""

import signal
from functools import partial
from typing import NamedTuple

from carried import TEXTS, converted, converted_configuration, copied
from damage import flip, truncate
from hostile import (
    CONFIGURATIONS,
    READS,
    configured,
    crafted,
    damaged,
    damaged_configuration,
    damaged_leftover,
    odd_folders,
)  # fmt: skip
from interruptions import disk_full, file_limit, interrupted, killed, not_writable
from stages import COMMANDS, MORE

KILLED = ("collect", "train", "plan", "figure planning_success", "figure embeddings", *MORE)
LEFTOVERS = {
    "train": ("restart point", ".model.pt.restart"),
    "collect": ("finished group", "data/.parts-*/[0-9]*.npz"),
}
CHANGES = {"cut": truncate, "flipped bit": flip}


class Case(NamedTuple):
    """`attempt(workshop)`, or `attempt(workshop, seed=...)` if it is `random`."""

    stage: str
    fault: str
    attempt: object
    random: bool = False

    @property
    def name(self):
        return f"{self.stage}: {self.fault}"

    @property
    def kind(self):
        """The fault; for files crafted in place of one, what they have in common."""
        file, colon, _ = self.fault.partition(":")
        return f"{file}: crafted" if colon and not self.random else self.fault

    def run(self, workshop, seed):
        """How it ended: SAME or LINE, or OTHER where what is damaged still decodes."""
        return self.attempt(workshop, **({"seed": seed} if self.random else {}))


def _cases():
    for stage in KILLED:
        yield Case(stage, "kill -9", partial(killed, stage=stage), True)
    for stage in (*COMMANDS, *MORE):
        for number in (signal.SIGINT, signal.SIGTERM):
            attempt = partial(interrupted, stage=stage, number=number)
            yield Case(stage, f"interrupts ({number.name})", attempt, True)
    for stage in COMMANDS:
        yield Case(stage, "disk full", partial(disk_full, stage=stage), True)
        yield Case(stage, "file size limit", partial(file_limit, stage=stage), True)
        yield Case(stage, "folder not writable", partial(not_writable, stage=stage, seed=0))
        yield Case(stage, "odd folder names", partial(odd_folders, stage=stage, seed=0))
        yield Case(stage, "copied folder", partial(copied, stage=stage), True)
    for stage, name in TEXTS:
        attempt = partial(converted, stage=stage, name=name)
        yield Case(stage, f"{name}: converted line ends", attempt, True)
    yield Case("configuration", "converted line ends", converted_configuration, True)
    for stage, name, ways in READS:
        for what, spoil in ways.items():
            attempt = partial(crafted, stage=stage, name=name, spoil=spoil)
            yield Case(stage, f"{name}: {what}", attempt)
        for what, change in CHANGES.items():
            attempt = partial(damaged, stage=stage, name=name, change=change)
            yield Case(stage, f"{name}: {what}", attempt, True)
    for what, change in CHANGES.items():
        for stage, (kept, pattern) in LEFTOVERS.items():
            attempt = partial(damaged_leftover, stage=stage, pattern=pattern, change=change)
            yield Case(stage, f"{kept}: {what}", attempt, True)
        attempt = partial(damaged_configuration, change=change)
        yield Case("configuration", f"config.yaml: {what}", attempt, True)
    for what, (text, name) in CONFIGURATIONS.items():
        attempt = partial(configured, text=text, name=name)
        yield Case("configuration", f"config.yaml: {what}", attempt)


CASES = tuple(_cases())
