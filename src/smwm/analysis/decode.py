"""Decode images from a frozen encoder's latents, to see what they keep: `smwm decode`.

The encoder learns nothing from it: latents are computed once, and only the decoder is trained.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from smwm.analysis.embed import check_world
from smwm.config.settings import add_arguments, at_least, from_arguments, setting
from smwm.data.dataset import Trajectories
from smwm.data.worlds import HELD_OUT, WORLDS, PairSettings, pairs
from smwm.models.checkpoint import load_model
from smwm.models.decoder import Decoder
from smwm.models.world_model import WorldModel
from smwm.system.arrays import write_arrays
from smwm.system.device import DEVICES, autocast, choose_device, choose_precision
from smwm.system.files import sha256
from smwm.system.progress import Progress
from smwm.system.provenance import code_version


@dataclass(frozen=True)
class DecodeSettings:
    """Decoding."""

    decoder_pairs: int = setting(2000, "training pairs whose images are decoded", at_least=1)
    decoder_epochs: int = setting(30, "passes over them", at_least=1)
    decoder_batch: int = setting(128, "images in a batch", at_least=1)
    decoder_rate: float = setting(1e-3, "learning rate of Adam", above=0.0)
    shown: int = setting(8, "held-out images to decode", at_least=1)


def weighted_error(decoded: Tensor, images: Tensor) -> Tensor:
    """Mean squared error in which a pixel o weighs 1 + 10 (1 - o).

    Dark pixels are few, and without the weights the white ones would decide alone.
    """
    weight = 1 + 10 * (1 - images)
    return (weight * (decoded - images).square()).mean()


@torch.inference_mode()
def encode(model: WorldModel, data: Trajectories, device: torch.device) -> Tensor:
    batches = torch.from_numpy(data.pixels).split(256)
    return torch.cat([model.encode(batch.to(device)) for batch in batches])


def train_decoder(
    model: WorldModel, data: Trajectories, settings: DecodeSettings, seed: int, device: torch.device
) -> nn.Module:
    """A decoder of the frozen `model`'s latents of `data`."""
    torch.manual_seed(seed)
    model.to(device)
    latents = encode(model, data, device).clone()
    images = torch.from_numpy(data.pixels).to(device).movedim(-1, 1)
    decoder = Decoder(latents.shape[1], data.image_size).to(device)
    optimiser = torch.optim.Adam(decoder.parameters(), settings.decoder_rate)
    precision = choose_precision("auto", device)
    with Progress("decoder", settings.decoder_epochs, "epochs") as progress:
        for _ in range(settings.decoder_epochs):
            for batch in torch.randperm(len(latents), device=device).split(settings.decoder_batch):
                with autocast(precision, device):
                    decoded = decoder(latents[batch])
                error = weighted_error(decoded.float(), images[batch].float() / 255)
                optimiser.zero_grad(set_to_none=True)
                error.backward()
                optimiser.step()
            progress.advance(note=f"error {error.item():.4f}")
    return decoder.eval()


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", required=True, type=Path, help="model of `smwm train`")
    parser.add_argument("--world", required=True, choices=WORLDS, help="world it was trained on")
    parser.add_argument("--out", required=True, type=Path, help="images to write (.npz)")
    parser.add_argument("--seed", type=at_least(0), default=0, help="seed of the decoder")
    parser.add_argument("--threads", type=at_least(1), default=1, help="CPU threads (default: 1)")
    parser.add_argument("--device", default="auto", choices=DEVICES)
    add_arguments(parser, DecodeSettings)
    add_arguments(parser, PairSettings)


def run(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    settings = from_arguments(arguments, DecodeSettings)
    stream = from_arguments(arguments, PairSettings)
    device = choose_device(arguments.device)
    model, provenance = load_model(arguments.checkpoint)
    check_world(arguments.checkpoint, model, provenance, arguments.world)
    data = pairs(arguments.world, 0, settings.decoder_pairs, stream.world_seed)
    decoder = train_decoder(model, data, settings, arguments.seed, device)
    held_out = pairs(arguments.world, HELD_OUT, -(-settings.shown // 2), stream.world_seed)
    with torch.inference_mode():
        decoded = decoder(encode(model, held_out, device)).movedim(1, -1)
    origin = {
        "settings": asdict(settings),
        "pairs": asdict(stream),
        "model": provenance,
        "checkpoint_sha256": sha256(arguments.checkpoint),
        "code": code_version("smwm.analysis.decode"),
    }
    arrays = {
        "images": held_out.pixels[: settings.shown],
        "decoded": (decoded * 255).round().to(torch.uint8).cpu().numpy()[: settings.shown],
        "origin": np.array(json.dumps(origin)),
    }
    write_arrays(arguments.out, arrays)
