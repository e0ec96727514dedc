"""Windows of frames and action blocks, gathered from a dataset in memory."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from smwm.data.dataset import Trajectories
from smwm.errors import InputError

WINDOWS = ("frames", "blocks")  # what of a window must lie in an episode


def window_span(frames: int, block: int, window: str = "frames") -> int:
    """Actions that an episode needs for one window."""
    return (frames - 1) * block if window == "frames" else frames * block - 1


@dataclass(frozen=True)
class Windows:
    """Every window of L frames, `block` actions apart.

    The images stay uint8 on `device`; a batch is gathered by index without a loop.
    """

    pixels: Tensor  # (N, H, W, 3) uint8
    actions: Tensor  # (N, A) float32
    starts: Tensor  # (M,) int64, first rows of the windows
    frames: int
    block: int

    @classmethod
    def of(
        cls,
        data: Trajectories,
        frames: int,
        block: int,
        device: torch.device | str = "cpu",
        window: str = "frames",
    ) -> Windows:
        """Windows of the episodes that are long enough; says how many are not.

        The frames of a window lie in one episode (`window` frames), or the rows of their blocks:
        `blocks` is the rule of the paper's loader, which reads a block of actions after each
        frame, also after the last. Raises InputError if there is no window.
        """
        span = window_span(frames, block, window)
        starts = data.window_starts(span)
        actions = data.lengths - 1
        if len(starts) == 0:
            raise InputError(
                f"no episode has the {span} actions that a window spans, of {frames} frames "
                f"(--frames) {block} actions apart (--block); the longest has {actions.max()}"
            )
        if (short := actions[actions < span]).size:
            print(
                f"left out: {len(short)} of {len(actions)} episodes, of {short.min()} to "
                f"{short.max()} actions, fewer than the {span} that a window spans"
            )
        return cls(
            pixels=torch.from_numpy(data.pixels).to(device),
            actions=torch.from_numpy(data.actions).to(device, torch.float32),
            starts=torch.from_numpy(starts).to(device),
            frames=frames,
            block=block,
        )

    def sample(self, count: int) -> tuple[Tensor, Tensor]:
        """Draw `count` windows with replacement from torch's default generator.

        Returns pixels (count, L, H, W, 3) uint8 and raw action blocks (count, L - 1, block * A).
        """
        chosen = torch.randint(len(self.starts), (count,), device=self.starts.device)
        return self.gather(self.starts[chosen])

    def batches(self, count: int, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
        """Samples on `device`, without end.

        Where the images do not fit on a GPU, the next batch is gathered and sent by a thread
        from pinned memory while the last one is worked on.
        """
        if self.pixels.device.type == device.type:
            while True:
                yield self.sample(count)

        def load() -> tuple[Tensor, Tensor]:
            pinned = [part.pin_memory() for part in self.sample(count)]
            return tuple(part.to(device, non_blocking=True) for part in pinned)

        with ThreadPoolExecutor(1) as thread:
            ahead = thread.submit(load)
            while True:
                ready, ahead = ahead.result(), thread.submit(load)
                yield ready

    def gather(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The windows that start at `rows` (B,)."""
        span = torch.arange((self.frames - 1) * self.block + 1, device=rows.device)
        chosen = rows[:, None] + span[:: self.block]
        # Whole images are copied; indexing them as arrays goes byte by byte, 20 times slower.
        pixels = self.pixels.flatten(1).index_select(0, chosen.flatten())
        actions = self.actions[rows[:, None] + span[:-1]]
        shape = (*chosen.shape, *self.pixels.shape[1:])
        return pixels.view(shape), actions.reshape(len(rows), self.frames - 1, -1)
