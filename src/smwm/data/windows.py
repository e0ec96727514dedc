"""Windows of frames and action blocks, gathered from a dataset in memory."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count as count_from

import torch
from torch import Tensor

from smwm.data.dataset import Trajectories
from smwm.data.tiles import TiledImages, lines_of
from smwm.errors import InputError

WINDOWS = ("frames", "blocks")  # what of a window must lie in an episode


def window_span(frames: int, block: int, window: str = "frames") -> int:
    """Actions that an episode needs for one window."""
    return (frames - 1) * block if window == "frames" else frames * block - 1


@dataclass(frozen=True)
class Windows:
    """Every window of L frames, `block` actions apart.

    The images stay uint8 on `device`, as pixels or as tiles; a batch is gathered by index without
    a loop. Latents of the images may stand in their place.
    """

    # (N, H, W, 3) uint8; with a `tile_index` the distinct tiles (K, s, s, 3); or latents (N, D)
    pixels: Tensor
    actions: Tensor  # (N, A) float32
    starts: Tensor  # (M,) int64, first rows of the windows
    frames: int
    block: int
    tile_index: Tensor | None = None  # (N, g, g) int32, of images whose sides are g * s

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
        images = {"pixels": data.pixels}
        if isinstance(data.pixels, TiledImages):
            images = {"pixels": data.pixels.tiles, "tile_index": data.pixels.index}
        return cls(
            **{name: torch.from_numpy(values).to(device) for name, values in images.items()},
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

    def batches(
        self, count: int, device: torch.device, first: int = 0
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Samples on `device`, without end; `first` have been taken before.

        Where the images do not fit on a GPU, a thread gathers the next batch and sends it while
        the last one is worked on.
        """
        if self.pixels.device.type != device.type:
            yield from self._sent_ahead(count, device, first)
        while True:
            yield self.sample(count)

    def drawn_at(self, step: int, count: int) -> Tensor:
        """First rows (count,) of the windows of one step, which only torch's seed decides.

        A thread that is a step ahead may draw them, and a restart finds the same ones.
        """
        generator = torch.Generator().manual_seed(torch.initial_seed() + step)
        return self.starts[torch.randint(len(self.starts), (count,), generator=generator)]

    def _sent_ahead(
        self, count: int, device: torch.device, first: int
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches from `first` on, through two pinned buffers and a stream of their own."""
        stream = torch.cuda.Stream(device)
        slots = [self._pinned(count) for _ in range(2)]

        def load(step: int) -> tuple[tuple[Tensor, Tensor], torch.cuda.Event]:
            buffers, sent = slots[step % 2]
            sent.synchronize()  # the buffer may still be on its way
            for buffer, part in zip(buffers, self.gather(self.drawn_at(step, count)), strict=True):
                buffer.copy_(part)
            with torch.cuda.stream(stream):
                pixels, actions = (buffer.to(device, non_blocking=True) for buffer in buffers)
                sent.record(stream)
            return (pixels, actions), sent

        with ThreadPoolExecutor(1) as thread:
            ahead = thread.submit(load, first)
            for step in count_from(first + 1):
                (batch, sent), ahead = ahead.result(), thread.submit(load, step)
                current = torch.cuda.current_stream(device)
                current.wait_event(sent)
                for part in batch:
                    part.record_stream(current)  # so that its memory is not taken too early
                yield batch

    def _pinned(self, count: int) -> tuple[list[Tensor], torch.cuda.Event]:
        """Buffers of a batch that a GPU can read, and when it last did."""
        example = self.gather(self.starts[:1])
        buffers = [
            torch.empty((count, *part.shape[1:]), dtype=part.dtype, pin_memory=True)
            for part in example
        ]
        return buffers, torch.cuda.Event()

    def gather(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The windows that start at `rows` (B,)."""
        span = torch.arange((self.frames - 1) * self.block + 1, device=rows.device)
        chosen = rows[:, None] + span[:: self.block]
        actions = self.actions[rows[:, None] + span[:-1]]
        pixels = self.images(chosen.flatten()).unflatten(0, chosen.shape)
        return pixels, actions.reshape(len(rows), self.frames - 1, -1)

    def images(self, rows: Tensor) -> Tensor:
        """Images (n, H, W, 3) uint8 of `rows` (n,), or their latents (n, D)."""
        # Whole rows are copied; indexing them as arrays goes byte by byte, 20 times slower.
        if self.tile_index is None:
            flat = self.pixels.flatten(1).index_select(0, rows)
            return flat.unflatten(1, self.pixels.shape[1:])
        within = torch.arange(self.pixels.shape[1], device=rows.device)
        lines = lines_of(self.tile_index.index_select(0, rows).long(), within)
        size = lines.shape[1] * lines.shape[2]
        pixels = self.pixels.flatten(0, 1).flatten(1).index_select(0, lines.flatten())
        return pixels.view(len(rows), size, size, 3)
