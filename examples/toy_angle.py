"""What a model of a toy world has learnt: the numbers of docs/toy_worlds.md.

    python examples/toy_angle.py model.pt ...

Prints, for each checkpoint of `smwm train --world`, the inverse loss of held-out pairs by
dimension of the action (1 is a guess), the linear R² of each state (an angle as its sine and
cosine), and the shares of the latent's largest principal components.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from smwm.analysis.probes import probe_r2
from smwm.data.worlds import HELD_OUT, WORLDS, pairs
from smwm.models.checkpoint import load_model

PAIRS, FITTED = 1500, 1000  # held-out pairs, and those of them that the probe is fitted to


def describe(path: Path) -> str:
    """The numbers of one checkpoint, in one line."""
    model, provenance = load_model(path)
    world = provenance["env"]
    data = pairs(world, HELD_OUT, PAIRS, provenance["pairs"]["world_seed"])
    images = torch.from_numpy(data.pixels).unflatten(0, (PAIRS, 2))
    actions = model.normalise(torch.from_numpy(data.actions).unflatten(0, (PAIRS, 2))[:, 0])
    with torch.inference_mode():
        latents = model.encode(images)
        losses = torch.zeros(0)
        if model.action_dim:
            estimates = model.infer_action(latents[:, 0], latents[:, 1])
            losses = (estimates - actions).square().mean(0)
    flat = latents.flatten(0, 1).numpy().astype(np.float64)
    fit, held_out = np.split(flat, [2 * FITTED])
    scores = []
    for name, states in zip(WORLDS[world].state_names, data.states.T, strict=True):
        columns = [np.sin(states), np.cos(states)] if "[rad]" in name else [states]
        for column in columns:
            known, wanted = np.split(column[:, None], [2 * FITTED])
            scores.append(probe_r2("linear", fit, known, held_out, wanted))
    variances = np.linalg.eigvalsh(np.cov(flat.T))[::-1]
    shares = variances[:4] / variances.sum()
    parts = {"inverse loss": losses.tolist(), "R²": scores, "shares": shares.tolist()}
    told = [f"{name} {' '.join(f'{value:.3f}' for value in parts[name])}" for name in parts]
    return f"{path} {world}: {'; '.join(told)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoints", nargs="+", type=Path, help="of `smwm train --world`")
    for checkpoint in parser.parse_args().checkpoints:
        print(describe(checkpoint))
