"""Curves in TensorBoard while a model trains: `smwm train --tensorboard FOLDER`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from smwm.errors import InputError


@contextmanager
def scalar_writer(folder: Path | None) -> Iterator[Callable[[dict[str, float]], None]]:
    """A function that writes a row of the training log as scalars of its step to `folder`.

    Without a folder it writes nothing. Raises InputError where the package is not installed.
    """
    if folder is None:
        yield lambda row: None
        return
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise InputError(
            f"--tensorboard {folder}: the package tensorboard is missing, `pip install tensorboard`"
        ) from error

    # Scalars of an interrupted run give way: the run that goes on writes them again.
    with SummaryWriter(folder, purge_step=0, flush_secs=10) as writer:

        def write(row: dict[str, float]) -> None:
            for name in row.keys() - {"step"}:
                writer.add_scalar(name, row[name], row["step"])

        yield write
