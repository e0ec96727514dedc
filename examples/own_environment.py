"""SMWM on an environment of one's own: any of Gymnasium's that draws itself and takes vectors.

    python examples/own_environment.py --env Pendulum-v1 --out pendulum

Random actions are recorded, a model is trained on the images, and linear probes tell how much of
each observed number its latents hold, beside an encoder that was not trained.
"""

import argparse
from pathlib import Path

import cv2
import gymnasium
import numpy as np

from smwm.__main__ import main as smwm
from smwm.analysis.probes import probe_r2
from smwm.data.dataset import Episode, write_dataset
from smwm.errors import InputError
from smwm.system.opengl import choose_backend


def record(env: gymnasium.Env, steps: int, size: int, seed: int) -> Episode:
    """One episode of random actions."""
    env.action_space.seed(seed)
    state, _ = env.reset(seed=seed)
    images, actions, states = [], [], [state]
    for _ in range(steps):
        images.append(cv2.resize(env.render(), (size, size), interpolation=cv2.INTER_AREA))
        actions.append(env.action_space.sample())
        state, _, ended, cut, _ = env.step(actions[-1])
        states.append(state)
        if ended or cut:
            break
    images.append(cv2.resize(env.render(), (size, size), interpolation=cv2.INTER_AREA))
    return Episode(np.stack(images), np.stack(actions), np.stack(states).astype(np.float64))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--env", default="Pendulum-v1", help="Gymnasium's name (%(default)s)")
    parser.add_argument("--out", default=Path("example"), type=Path, help="folder (%(default)s)")
    parser.add_argument("--episodes", default=150, type=int, help="one in five is held out")
    parser.add_argument("--steps", default=100, type=int, help="actions in an episode")
    parser.add_argument("--train-steps", default=1500, type=int, help="optimiser steps")
    asked = parser.parse_args()
    try:
        if "mujoco" in str(gymnasium.spec(asked.env).entry_point):
            choose_backend()
        env = gymnasium.make(asked.env, render_mode="rgb_array")
    except (gymnasium.error.Error, InputError) as error:
        parser.error(f"--env {asked.env}: {' '.join(str(error).split())}")
    for name in ("action", "observation"):
        space = getattr(env, f"{name}_space")
        if not isinstance(space, gymnasium.spaces.Box) or len(space.shape) != 1:
            parser.error(f"--env {asked.env}: its {name}s are {space}, a vector (Box) is needed")
    episodes = [record(env, asked.steps, 64, seed) for seed in range(asked.episodes)]
    cut = -(-asked.episodes // 5)
    for split, chosen in {"eval": episodes[:cut], "train": episodes[cut:]}.items():
        write_dataset(asked.out / f"{split}.h5", chosen, {"env": asked.env})

    found = {}
    train, held_out = (str(asked.out / f"{split}.h5") for split in ("train", "eval"))
    for method in ("smwm", "frozen"):  # frozen: an encoder with random weights
        model, log, latents = (str(asked.out / method) + end for end in (".pt", ".csv", ".npz"))
        smwm(["train", "--data", train, "--method", method, "--out", model, "--log", log,
              "--block", "2", "--steps", str(asked.train_steps)])  # fmt: skip
        smwm(["embed", "--data", held_out, "--fit", train, "--checkpoint", model, "--out", latents])
        with np.load(latents) as file:
            arrays = [file[name] for name in ("fit_latents", "fit_states", "latents", "states")]
        found[method] = [
            probe_r2("linear", arrays[0], fit[:, None], arrays[2], judged[:, None], seed=0)
            for fit, judged in zip(arrays[1].T, arrays[3].T, strict=True)
        ]
    for number, values in enumerate(zip(*found.values(), strict=True)):
        pairs = zip(found, values, strict=True)
        print(f"observed number {number}: R2 " + ", ".join(f"{m} {v:.3f}" for m, v in pairs))


if __name__ == "__main__":
    main()
