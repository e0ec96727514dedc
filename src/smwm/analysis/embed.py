"""Export a checkpoint's embeddings once, for every analysis: `smwm embed`.

Axes and probes are fitted to embeddings of training images and judged on held-out ones.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from smwm.config.settings import add_arguments, at_least, from_arguments, setting
from smwm.data.dataset import Trajectories, read_dataset
from smwm.data.worlds import HELD_OUT, SIZE, WORLDS, PairSettings, pairs
from smwm.errors import InputError
from smwm.models.checkpoint import load_model
from smwm.models.world_model import WorldModel
from smwm.system.arrays import write_arrays
from smwm.system.device import DEVICES, choose_device
from smwm.system.files import sha256
from smwm.system.provenance import code_version

BATCH = 256


@dataclass(frozen=True)
class EmbedSettings:
    """Embeddings."""

    images: int = setting(2000, "held-out images to embed, evenly spaced", at_least=2)
    fit_images: int = setting(8000, "training images to embed, evenly spaced", at_least=2)


@torch.inference_mode()
def embed(
    model: WorldModel, data: Trajectories, images: int, device: torch.device
) -> dict[str, np.ndarray]:
    """Latents (N, D) float32 and states (N, S) of up to `images` evenly spaced rows of episodes."""
    inside = data.window_starts(0)
    rows = inside[np.unique(np.linspace(0, len(inside) - 1, images).round().astype(int))]
    model.to(device)
    latents = [
        model.encode(torch.from_numpy(data.pixels[batch]).to(device)).cpu().numpy()
        for batch in np.split(rows, range(BATCH, len(rows), BATCH))
    ]
    result = {"rows": rows, "latents": np.concatenate(latents)}
    return result if data.states is None else result | {"states": data.states[rows]}


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", required=True, type=Path, help="model of `smwm train`")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="held-out split, HDF5")
    source.add_argument("--world", help=f"a synthetic world instead: {', '.join(WORLDS)}")
    parser.add_argument(
        "--fit", type=Path, help="training split, HDF5, to fit axes and probes; --data needs it"
    )
    parser.add_argument("--out", required=True, type=Path, help="embeddings to write (.npz)")
    parser.add_argument("--threads", type=at_least(1), default=1, help="CPU threads (default: 1)")
    parser.add_argument("--device", default="auto", choices=DEVICES)
    add_arguments(parser, EmbedSettings)
    add_arguments(parser, PairSettings)


def check_world(path: Path, model: WorldModel, provenance: dict[str, Any], world: str) -> None:
    """Raise InputError naming the checkpoint if its model was not trained on `world`."""
    if provenance.get("env", world) != world:
        raise InputError(f"{path}: its env is {provenance['env']!r}, not {world!r}")
    if model.image_size != SIZE:
        raise InputError(
            f"{path}: the model sees {model.image_size} px, the images of worlds are {SIZE} px"
        )


def load_both(
    arguments: argparse.Namespace, settings: EmbedSettings, image_size: int
) -> tuple[Trajectories, Trajectories, dict[str, Any]]:
    """Held-out and training data, and where they are from."""
    if arguments.world is not None:
        stream = from_arguments(arguments, PairSettings)
        counts = -(-settings.images // 2), min(-(-settings.fit_images // 2), stream.pairs)
        held_out, fit = (
            pairs(arguments.world, first, count, stream.world_seed)
            for first, count in zip((HELD_OUT, 0), counts, strict=True)
        )
        return held_out, fit, {"world": arguments.world, "pairs": asdict(stream)}
    held_out, fit = (read_dataset(path, image_size) for path in (arguments.data, arguments.fit))
    hashes = {"eval_data_sha256": sha256(arguments.data), "data_sha256": sha256(arguments.fit)}
    return held_out, fit, hashes


def run(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    settings = from_arguments(arguments, EmbedSettings)
    if arguments.data is not None and arguments.fit is None:
        raise InputError("--fit: --data needs it, the training split to fit axes and probes")
    model, provenance = load_model(arguments.checkpoint)
    if arguments.world is not None:
        check_world(arguments.checkpoint, model, provenance, arguments.world)
    device = choose_device(arguments.device)
    held_out, fit, source = load_both(arguments, settings, model.image_size)
    result = embed(model, held_out, settings.images, device)
    fitted = embed(model, fit, settings.fit_images, device)
    result |= {f"fit_{name}": values for name, values in fitted.items()}
    origin = {
        "settings": asdict(settings),
        "model": provenance,
        "checkpoint_sha256": sha256(arguments.checkpoint),
        **source,
        "code": code_version("smwm.analysis.embed"),
    }
    write_arrays(arguments.out, result | {"origin": np.array(json.dumps(origin))})
