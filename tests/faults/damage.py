"""Hostile files: whole ones cut or flipped at random, and crafted ones."""

import io
import json
import pickle
import random
import zipfile
from pathlib import Path

import h5py
import numpy as np
import torch


class Payload:
    """An object whose unpickling would create a file."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


def truncate(content, seed):
    """`content` cut at a random place."""
    return content[: random.Random(seed).randrange(len(content))]


def flip(content, seed):
    """`content` with a random bit of a random byte flipped."""
    rng = random.Random(seed)
    flipped = bytearray(content)
    flipped[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return bytes(flipped)


def column(name, values):
    """Replace a column of an HDF5 file by what `values` makes of it; None leaves it out."""

    def spoil(path, target):
        with h5py.File(path, "a") as file:
            old = file[name][:]
            del file[name]
            if values is not None:
                file[name] = values(old)

    return spoil


def group_for_pixels(path, target):
    with h5py.File(path, "a") as file:
        del file["pixels"]
        file.create_group("pixels")


def loop_for_pixels(path, target):
    with h5py.File(path, "a") as file:
        del file["pixels"]
        file["pixels"] = h5py.SoftLink("/pixels")


DATASETS = {
    "a group for the images": group_for_pixels,
    "a link to itself for the images": loop_for_pixels,
    "images of floats": column("pixels", lambda old: old.astype(np.float32)),
    "grey images": column("pixels", lambda old: old[..., 0]),
    "one number for the images": column("pixels", lambda old: np.uint8(1)),
    "no rows": column("pixels", lambda old: old[:0]),
    "actions of text": column("action", lambda old: np.full(old.shape, b"left")),
    "actions of whole numbers": column("action", lambda old: np.nan_to_num(old).astype(int)),
    "infinite actions": column("action", lambda old: np.full_like(old, np.inf)),
    "an action too few": column("action", lambda old: old[:-1]),
    "lengths of NaN": column("ep_len", lambda old: np.full(old.shape, np.nan)),
    "lengths of text": column("ep_len", lambda old: np.full(old.shape, b"long")),
    "huge lengths": column("ep_len", lambda old: np.full_like(old, 2**62)),
    "negative lengths": column("ep_len", lambda old: -old),
    "negative offsets": column("ep_offset", lambda old: old - 1),
    "offsets beyond the end": column("ep_offset", lambda old: old + 2**62),
    "episodes that share rows": column("ep_offset", np.zeros_like),
    "states of text": column("state", lambda old: np.full(old.shape, b"far")),
    "states of NaN": column("state", lambda old: np.full_like(old, np.nan)),
    "a state too few": column("state", lambda old: old[:-1]),
    "a matrix of lengths": column("ep_len", lambda old: np.stack([old, old])),
    "no lengths": column("ep_len", None),
}


def raw_pickle(path, target):
    path.write_bytes(pickle.dumps(Payload(target)))


def pickled_tensors(path, target):
    torch.save({"weights": Payload(target)}, path)


def checkpoint(change):
    """Change what a checkpoint holds."""

    def spoil(path, target):
        content = torch.load(path, weights_only=True)
        change(content)
        torch.save(content, path)

    return spoil


CHECKPOINTS = {
    "a pickle that creates a file": raw_pickle,
    "a pickle in it that creates a file": pickled_tensors,
    "a missing weight": checkpoint(lambda c: c["weights"].popitem()),
    "an extra weight": checkpoint(lambda c: c["weights"].update(extra=torch.zeros(2))),
    "a weight of another shape": checkpoint(
        lambda c: c["weights"].update(action_mean=torch.zeros(3))
    ),
    "a text for a weight": checkpoint(lambda c: c["weights"].update(action_mean="zero")),
    "a list of weights": checkpoint(lambda c: c.update(weights=[torch.zeros(2)])),
    "no settings": checkpoint(lambda c: c.pop("model")),
    "an unknown setting": checkpoint(lambda c: c["model"].update(colour="red")),
    "an unknown encoder": checkpoint(lambda c: c["model"].update(encoder="magic")),
    "a huge width": checkpoint(lambda c: c["model"].update(width=10**15)),
    "a negative width": checkpoint(lambda c: c["model"].update(width=-1)),
    "a text for the width": checkpoint(lambda c: c["model"].update(width="wide")),
    "an image size of 0": checkpoint(lambda c: c["shape"].update(image_size=0)),
    "a list for the origin": checkpoint(lambda c: c.update(provenance=[1])),
    "no dictionary": lambda path, target: torch.save([1, 2], path),
    "nothing": lambda path, target: path.write_bytes(b""),
}


def arrays(change):
    """Change what an npz file holds."""

    def spoil(path, target):
        with np.load(path) as file:
            values = dict(file)
        change(values, target)
        np.savez(path, **values)

    return spoil


def objects(name):
    return arrays(lambda values, target: values.update({name: np.array([Payload(target)], object)}))


def exploding_zip(path, target):
    """A megabyte that claims to be an array of 2^60 bytes."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "|u1", "fortran_order": False, "shape": (2**60,)}
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("starts.npy", buffer.getvalue() + bytes(2**20))


TASKS = {
    "a pickle that creates a file": raw_pickle,
    "pickled objects": objects("starts"),
    "no starts": arrays(lambda values, target: values.pop("starts")),
    "one more array": arrays(lambda values, target: values.update(more=np.zeros(2))),
    "an array of 2^60 bytes": exploding_zip,
    "nothing": lambda path, target: path.write_bytes(b""),
}
EXPORTS = {
    "a pickle that creates a file": raw_pickle,
    "pickled objects": objects("latents"),
    "no latents": arrays(lambda values, target: values.pop("latents")),
    "latents of text": arrays(
        lambda values, target: values.update(latents=np.full((40, 6), "far"))
    ),
    "latents of NaN": arrays(
        lambda values, target: values.update(latents=np.full((40, 6), np.nan))
    ),
    "a list for the origin": arrays(lambda values, target: values.update(origin=np.array("[1]"))),
}


def record(**changes):
    """Change what a record holds; None leaves out."""

    def spoil(path, target):
        values = json.loads(path.read_text()) | changes
        path.write_text(json.dumps({k: v for k, v in values.items() if v is not None}))

    return spoil


RECORDS = {
    "a list": lambda path, target: path.write_text("[]"),
    "nothing": lambda path, target: path.write_text(""),
    "a hundred thousand brackets": lambda path, target: path.write_text("[" * 100_000),
    "no outcomes": record(solved=None),
    "a number for the outcomes": record(solved=3),
    "text for the outcomes": record(solved="yes"),
    "outcomes of dictionaries": record(solved=[{}, {}]),
    "too few outcomes at the start": record(solved_at_start=[True]),
    "text for the outcomes at the start": record(solved_at_start="no"),
    "text for the replay": record(replay_success="yes"),
    "text for the seed": record(seed="first"),
    "a list for the environment": record(env=["two_room"]),
}
