"""Collect reward-free trajectories: `smwm collect`.

Each episode draws from its own seed and episodes are computed in fixed groups, so the result
depends neither on the number of workers nor on a kill half-way: finished groups are kept
beside the output and reused.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

from smwm.config.settings import add_arguments, at_least, from_arguments, setting
from smwm.data.card import write_card
from smwm.data.columns import STORAGES
from smwm.data.dataset import has_attributes, write_dataset
from smwm.data.episodes import Episode
from smwm.data.external import read_source, take
from smwm.data.tiles import TiledImages, TileTable, tile_side
from smwm.envs import environment_module, make_environment
from smwm.errors import InputError
from smwm.system.files import replacing
from smwm.system.interrupts import starting_processes
from smwm.system.progress import Progress
from smwm.system.provenance import code_version

GROUP = 20  # episodes computed and stored together


@dataclass(frozen=True)
class CollectSettings:
    """Collection."""

    episodes: int = setting(400, "episodes, training and held-out together", at_least=2)
    steps: int = setting(100, "actions in an episode", at_least=1)
    image_size: int = setting(64, "side of the square images in pixels", at_least=8)
    held_out: float = setting(0.1, "share of held-out episodes", above=0.0, at_most=0.9)
    data_seed: int = setting(0, "seed of the episodes and of the split", at_least=0)
    storage: str = setting(
        "zstd",
        "images in the file: small, raw and larger than memory, or their distinct tiles",
        choices=STORAGES,
    )
    source: str = setting(
        "none", "HDF5 file to split instead of collecting, images resized: its path"
    )


def collect(env: str, out: Path, settings: CollectSettings, workers: int) -> None:
    """Write `out`/train.h5 and `out`/eval.h5, split by episode, and their card README.md.

    `workers` are processes of their own; with 0 the caller's collects.
    """
    code = code_version("smwm.data.collect", environment_module(env))
    attributes = {"env": env, "settings": asdict(settings), "code": code}
    splits = split_episodes(settings)
    if all(has_attributes(out / f"{split}.h5", attributes) for split in splits):
        print(f"{out}: is there, from the same settings and code")
        if not (out / "README.md").exists():
            write_card(out, env, asdict(settings), code)
        _remove_parts(out)
        return
    parts = out / f".parts-{code.split('+')[1]}-{_digest(settings)}"
    groups = {first: _part(parts, first) for first in range(0, settings.episodes, GROUP)}
    missing = [first for first, part in groups.items() if not part.exists()]
    done = settings.episodes - sum(len(_episodes(settings, first)) for first in missing)
    with Progress(
        f"collect {env}", settings.episodes * settings.steps, "steps", done=done * settings.steps
    ) as progress:

        def collected(episodes: int) -> None:
            progress.advance(episodes * settings.steps)

        _collect_groups(env, settings, missing, parts, workers, collected)

    (out / "README.md").unlink(missing_ok=True)  # a kill must not leave a card of other data
    for split, chosen in splits.items():
        rows = len(chosen) * (settings.steps + 1)
        more = attributes | {"split": split, "source_episodes": chosen}
        write_dataset(out / f"{split}.h5", _read_parts(parts, chosen), more, settings.storage, rows)
    write_card(out, env, asdict(settings), code)
    _remove_parts(out)


def take_external(env: str, out: Path, settings: CollectSettings) -> None:
    """The same from up to `settings.episodes` episodes of the file `settings.source`."""
    source = read_source(Path(settings.source))
    if source.single:
        print(f"{source.path}: left out {source.single} episodes of one row, which have no action")
    found = min(settings.episodes, len(source.numbers))
    splits = split_episodes(replace(settings, episodes=found))
    attributes = {"env": env, "settings": asdict(settings), "code": code_version(__name__)}
    take(source, out, splits, settings.image_size, settings.storage, attributes)


def split_episodes(settings: CollectSettings) -> dict[str, list[int]]:
    """Episode numbers of the two splits; no episode is in both."""
    rng = np.random.default_rng([settings.data_seed, 1])
    order = rng.permutation(settings.episodes)
    count = max(1, round(settings.episodes * settings.held_out))
    if count >= settings.episodes:
        raise InputError("--held-out: leaves no episode to train on")
    return {"train": sorted(order[count:].tolist()), "eval": sorted(order[:count].tolist())}


def _collect_groups(
    env: str,
    settings: CollectSettings,
    firsts: list[int],
    parts: Path,
    workers: int,
    collected: Callable[[int], None],
) -> None:
    """Store the groups that begin with `firsts`; `collected` hears of the episodes of each."""
    if workers == 0:
        for first in firsts:
            collected(_collect_group(env, settings, first, parts))
        return
    with _processes(workers, parts) as pool:
        with starting_processes():
            jobs = [pool.submit(_collect_group, env, settings, first, parts) for first in firsts]
        for job in as_completed(jobs):
            collected(job.result())


def _collect_group(env: str, settings: CollectSettings, first: int, parts: Path) -> int:
    """Run the episodes of one group side by side, store them, return how many.

    Of images that are stored as tiles no more than one step's are in memory.
    """
    table = TileTable(tile_side(settings.image_size)) if settings.storage == "tiles" else None
    rngs = [
        np.random.default_rng([settings.data_seed, 0, number])
        for number in _episodes(settings, first)
    ]
    environment = make_environment(env, len(rngs))
    environment.reset(rngs)
    policy = environment.collection_policy(rngs)

    pixels, actions, states = [], [], []
    for step in range(settings.steps + 1):
        states.append(environment.states())
        images = environment.render(settings.image_size)
        pixels.append(images if table is None else table.add(images))
        if step < settings.steps:
            actions.append(policy(states[-1]))
            environment.step(actions[-1])

    with replacing(_part(parts, first)) as temporary:
        name = "pixels" if table is None else "tile_index"
        columns = {name: pixels, "actions": actions, "states": states}
        stacked = {name: np.stack(rows, 1) for name, rows in columns.items()}
        stacked |= {} if table is None else {"tiles": table[:]}
        # numpy's stubs take every keyword for a possible `allow_pickle`.
        np.savez(temporary, **stacked)  # type: ignore[arg-type]
    return len(rngs)


@contextmanager
def _processes(count: int, parts: Path) -> Iterator[ProcessPoolExecutor]:
    """Processes that end with the block: at once, if an exception leaves it."""
    pool = ProcessPoolExecutor(count, get_context("spawn"), _end_with_parent)
    try:
        yield pool
    except BaseException:
        for process in active_children():
            process.kill()
        pool.shutdown(cancel_futures=True)
        for half in parts.glob(".*"):
            half.unlink()
        raise
    pool.shutdown()


def _end_with_parent() -> None:
    """Leave no worker behind when the collecting process is killed."""

    def watch() -> None:
        parent = parent_process()
        assert parent is not None  # this is a worker
        parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _episodes(settings: CollectSettings, first: int) -> range:
    """Numbers of the episodes in the group that begins with `first`."""
    return range(first, min(first + GROUP, settings.episodes))


def _part(parts: Path, first: int) -> Path:
    return parts / f"{first:06d}.npz"


def _remove_parts(out: Path) -> None:
    """Also those of other settings and code."""
    for parts in out.glob(".parts-*"):
        shutil.rmtree(parts)


def _read_parts(parts: Path, chosen: list[int]) -> Iterator[Episode]:
    first = -1
    group: dict[str, Any] = {}  # arrays, of which one may be images
    for number in chosen:
        if number // GROUP * GROUP != first:
            first = number // GROUP * GROUP
            part = _part(parts, first)
            try:
                with np.load(part) as file:
                    group = dict(file)
                if "tiles" in group:
                    group["pixels"] = TiledImages(group.pop("tiles"), group.pop("tile_index"))
            except Exception as error:  # a damaged file makes its decoders raise anything
                raise InputError(f"{part}: is damaged; remove it and collect again") from error
        yield Episode(**{name: rows[number - first] for name, rows in group.items()})


def _digest(settings: CollectSettings) -> str:
    values = {key: value for key, value in asdict(settings).items() if key != "source"}
    return "-".join(map(str, values.values()))


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--env", required=True, help="environment to collect from")
    parser.add_argument("--out", required=True, type=Path, help="folder for train.h5, eval.h5")
    parser.add_argument("--workers", type=at_least(1), default=1, help="processes (default: 1)")
    add_arguments(parser, CollectSettings)


def gather(env: str, out: Path, settings: CollectSettings, workers: int) -> None:
    """Collect, or take the episodes of the file that the settings name."""
    if settings.source == "none":
        collect(env, out, settings, workers)
    else:
        take_external(env, out, settings)


def run(arguments: argparse.Namespace) -> None:
    settings = from_arguments(arguments, CollectSettings)
    gather(arguments.env, arguments.out, settings, arguments.workers)
