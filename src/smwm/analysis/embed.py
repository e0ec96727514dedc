"""Export a checkpoint's embeddings of held-out images once, for every analysis: `smwm embed`."""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from smwm.data.dataset import Trajectories, read_dataset
from smwm.device import DEVICES, choose_device
from smwm.files import code_version, sha256, write_bytes
from smwm.models.checkpoint import load_model
from smwm.models.world_model import WorldModel
from smwm.settings import add_arguments, at_least, from_arguments, setting

BATCH = 256


@dataclass(frozen=True)
class EmbedSettings:
    """Embeddings."""

    images: int = setting(2000, "held-out images to embed, evenly spaced", at_least=2)


@torch.inference_mode()
def embed(
    model: WorldModel, data: Trajectories, images: int, device: torch.device
) -> dict[str, np.ndarray]:
    """Latents (N, D) float32 and states (N, S) of up to `images` evenly spaced rows."""
    rows = np.unique(np.linspace(0, len(data.pixels) - 1, images).round().astype(int))
    model.to(device)
    latents = [
        model.encode(torch.from_numpy(data.pixels[batch]).to(device)).cpu().numpy()
        for batch in np.split(rows, range(BATCH, len(rows), BATCH))
    ]
    result = {"rows": rows, "latents": np.concatenate(latents)}
    return result if data.states is None else result | {"states": data.states[rows]}


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", required=True, type=Path, help="model of `smwm train`")
    parser.add_argument("--data", required=True, type=Path, help="held-out split, HDF5")
    parser.add_argument("--out", required=True, type=Path, help="embeddings to write (.npz)")
    parser.add_argument("--threads", type=at_least(1), default=1, help="CPU threads (default: 1)")
    parser.add_argument("--device", default="auto", choices=DEVICES)
    add_arguments(parser, EmbedSettings)


def run(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    settings = from_arguments(arguments, EmbedSettings)
    model, provenance = load_model(arguments.checkpoint)
    data = read_dataset(arguments.data, image_size=model.image_size)
    result = embed(model, data, settings.images, choose_device(arguments.device))
    origin = {
        "settings": asdict(settings),
        "model": provenance,
        "checkpoint_sha256": sha256(arguments.checkpoint),
        "eval_data_sha256": sha256(arguments.data),
        "code": code_version("smwm.analysis.embed"),
    }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **result, origin=np.array(json.dumps(origin)))
    write_bytes(arguments.out, buffer.getvalue())
