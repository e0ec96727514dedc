"""What befalls a folder that is carried elsewhere: new time stamps, converted line ends."""

import json
import os
import random
import shlex
import shutil

from runs import ROOT, SAME, EndingError, fork_stage, one_line, require_same, snapshot
from stages import words

from smwm.config.checking import read_yaml
from smwm.config.configuration import Configuration

PLANNED = "measure planning_success --records {i}/record.json --paper {i}/planning_success.csv"
FAR = "measure horizon_sweep --records {i}/record.json --paper {i}/horizon_sweep.csv"
CURVES = "two_room/smwm/seed0.csv"  # such a name tells the figure what was trained
# (stage, text that is converted): what reads it
TEXTS = {
    ("measure planning_success", "record.json"): f"{PLANNED} --out {{o}}/table.csv",
    ("measure planning_success", "planning_success.csv"): f"{PLANNED} --out {{o}}/table.csv",
    ("measure horizon_sweep", "horizon_sweep.csv"): f"{FAR} --out {{o}}/table.csv",
    ("figure planning_success", "success.csv"): "figure planning_success --table {i}/success.csv"
    " --out {o}",
    (
        "figure training_curves",
        CURVES,
    ): f"figure training_curves --curves {{i}}/{CURVES} --out {{o}}",
}


def succeed(command, workshop):
    ended = fork_stage(command)
    if ended.status != 0:
        raise EndingError(f"status {ended.status}: {ended.err[-160:]}")


def copied(workshop, stage, seed):
    """The same command in a copy of a finished folder, whose files are of any age and order."""
    out, whole = workshop.scratch(), workshop.whole(stage)
    rng = random.Random(f"{stage} {seed}")
    for name, content in whole.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        stamp = path.stat().st_mtime + rng.uniform(-1e5, 1e5)
        os.utime(path, (stamp, stamp))
    succeed(words(stage, workshop.inputs, out), workshop)
    require_same(snapshot(out), whole, "differs in a copied folder")
    return SAME


def convert(path, seed):
    """Give lines of a text the ends of other systems: all of them, or some at random."""
    rng = random.Random(seed)
    lines = path.read_bytes().split(b"\n")
    ends = [b"\r\n" if not seed or rng.random() < 0.5 else b"\n" for _ in lines[1:]] + [b""]
    path.write_bytes(b"".join(line + end for line, end in zip(lines, ends, strict=True)))


def converted(workshop, stage, name, seed):
    """The figure or table of the text as it was, or one line that names the text."""
    folder = workshop.scratch()
    inputs = shutil.copytree(workshop.inputs, folder / "inputs")
    shutil.copytree(ROOT / "resources" / "paper", inputs, dirs_exist_ok=True)
    (inputs / CURVES).parent.mkdir(parents=True)
    shutil.copy(inputs / "model.csv", inputs / CURVES)
    command = shlex.split(TEXTS[stage, name])
    before, after = ([word.format(i=inputs, o=folder / o) for word in command] for o in "ba")
    succeed(before, workshop)
    convert(inputs / name, seed)
    ended = fork_stage(after)
    if ended.status != 0:
        return one_line(ended, str(inputs / name))
    require_same(without_hashes(folder / "a"), without_hashes(folder / "b"), "differs")
    return SAME


def without_hashes(folder):
    """Every file of a figure; its origin without the hashes of its inputs, which do differ."""
    found = snapshot(folder)
    for name in [name for name in found if name.endswith(".json")]:
        found[name] = json.loads(found[name]) | {"inputs": []}
    return found


def converted_configuration(workshop, seed):
    """The same settings."""
    folder = shutil.copytree(ROOT / "config", workshop.scratch() / "config")
    resolved = []
    for change in (lambda path, seed: None, convert):
        for path in sorted(folder.rglob("*.yaml")):
            change(path, seed)
        resolved.append(vars(Configuration(read_yaml(folder / "config.yaml"), folder)))
    if resolved[0] != resolved[1]:
        raise EndingError("other settings")
    return SAME
