"""Stages on hostile files and configurations, each in a process forked from this one."""

import shutil
import sys
import time

import yaml
from damage import CHECKPOINTS, DATASETS, EXPORTS, RECORDS, TASKS
from runs import (
    OTHER,
    ROOT,
    SAME,
    EndingError,
    fork,
    fork_stage,
    kill,
    one_line,
    require_same,
    snapshot,
    start,
)
from stages import words

from smwm.config.checking import read_yaml
from smwm.config.configuration import Configuration
from smwm.errors import InputError

# `take` finds episodes by their numbers in the rows, too.
SOURCES = {what: spoil for what, spoil in DATASETS.items() if what != "no lengths"}
# (stage, file that is spoiled, ways to craft one)
READS = [
    ("train", "train.h5", DATASETS),
    ("take", "train.h5", SOURCES),
    ("tasks", "eval.h5", {}),
    ("embed", "eval.h5", {}),
    ("plan", "model.pt", CHECKPOINTS),
    ("embed", "model.pt", {}),
    ("plan", "tasks.npz", TASKS),
    ("measure latent_points", "export.npz", EXPORTS),
    ("figure embeddings", "points.csv", {}),
    ("measure spectrum", "export.npz", EXPORTS),
    ("measure planning_success", "record.json", RECORDS),
    ("figure planning_success", "success.csv", {}),
]


def crafted(workshop, stage, name, spoil):
    """One line that names the file; nothing is written, and no payload has run."""
    folder = workshop.scratch()
    inputs, out = shutil.copytree(workshop.inputs, folder / "inputs"), folder / "out"
    out.mkdir()
    spoil(inputs / name, folder / "payload has run")
    before = snapshot(inputs)
    ended = fork_stage(words(stage, inputs, out))
    if (folder / "payload has run").exists():
        raise EndingError("the payload has run")
    require_same(snapshot(inputs), before, "changed")
    require_same(snapshot(out), {}, "left behind")
    return one_line(ended, str(inputs / name))


def damaged(workshop, stage, name, change, seed):
    """At random: one line, or a result, where what is damaged still decodes."""
    folder = workshop.scratch()
    inputs, out = shutil.copytree(workshop.inputs, folder / "inputs"), folder / "out"
    out.mkdir()
    path = inputs / name
    path.write_bytes(change(path.read_bytes(), f"{stage} {name} {seed}"))
    before = snapshot(inputs)
    ended = fork_stage(words(stage, inputs, out))
    require_same(snapshot(inputs), before, "changed")
    if ended.status == 0 and "Traceback" not in ended.err:
        return SAME if snapshot(out) == workshop.whole(stage) else OTHER
    require_same(snapshot(out), {}, "left behind")
    return one_line(ended, str(path))


def leftover(workshop, stage, pattern):
    """A folder in which the stage was killed as soon as a file of `pattern` was there."""
    out = workshop.scratch()
    process = start(words(stage, workshop.inputs, out))
    while not list(out.glob(pattern)):
        if process.poll() is not None:
            raise EndingError(f"ended without leaving {pattern}")
        time.sleep(0.001)
    kill(process)
    return out, next(out.glob(pattern))


def damaged_leftover(workshop, stage, pattern, change, seed):
    """The file that a killed run goes on from is damaged before it goes on."""
    out, path = leftover(workshop, stage, pattern)
    path.write_bytes(change(path.read_bytes(), f"{stage} {pattern} {seed}"))
    ended = fork_stage(words(stage, workshop.inputs, out))
    if ended.status == 0 and "Traceback" not in ended.err:
        return SAME if snapshot(out) == workshop.whole(stage) else OTHER
    return one_line(ended, str(path))


def odd_folders(workshop, stage, seed):
    """Paths with spaces, quotes and other scripts just work."""
    folder = workshop.scratch() / "späces, 空白 and 'quotes' {no} 100%"
    inputs, out = folder / "in puts", folder / "öut"
    shutil.copytree(workshop.inputs, inputs)
    out.mkdir()
    ended = fork_stage(words(stage, inputs, out))
    if ended.status != 0:
        raise EndingError(f"status {ended.status}: {ended.err[-160:]}")
    found, whole = snapshot(out), workshop.whole(stage)
    drawn = stage.startswith(("figure", "measure"))
    origins = {name for name in whole if drawn and name.endswith(".json")}
    for name in origins:  # they hold the paths of the inputs
        found[name] = whole[name] if str(inputs.name).encode() in found[name] else b""
    require_same(found, whole, "differs in an odd folder")
    return SAME


def bomb(levels=12, width=9):
    """YAML of some hundred bytes that stands for width ** levels values."""
    lines = ["a0: &a0 [one, two]"]
    for level in range(1, levels):
        aliases = ", ".join([f"*a{level - 1}"] * width)
        lines.append(f"a{level}: &a{level} [{aliases}]")
    return "\n".join(lines)


# Text of config/config.yaml, and what the one line must name.
CONFIGURATIONS = {
    "a bomb of aliases": (bomb(), "config.yaml"),
    "a mapping within itself": ("train: &t {steps: *t}", "config.yaml"),
    "an object of Python": ("train: !!python/object/apply:os.getcwd []", "config.yaml"),
    "ten thousand brackets": ("train: " + "[" * 10_000, "config.yaml"),
    "a list": ("[1, 2]", "config.yaml"),
    "a text": ("laptop", "config.yaml"),
    "an unclosed quote": ('scale: "smoke', "config.yaml"),
    "a list for the scale": ("scale: [smoke]", "scale"),
    "a path for the scale": ("scale: ../../smoke", "scale"),
    "an unknown device": ("{scale: smoke, device: abacus}", "device"),
    "a number for a block": ("{scale: smoke, train: 3}", "train"),
    "a negative count": ("{scale: smoke, train: {steps: -1}}", "train.steps"),
    "a huge count": ("{scale: smoke, train: {steps: 1.0e+300}}", "train.steps"),
    "an integer of 5000 digits": (
        "{scale: smoke, train: {steps: " + "9" * 5000 + "}}",
        "config.yaml",
    ),
    "an infinite rate": ("{scale: smoke, train: {learning_rate: .inf}}", "learning_rate"),
    "NaN for a rate": ("{scale: smoke, train: {learning_rate: .nan}}", "learning_rate"),
    "text for a rate": ("{scale: smoke, train: {learning_rate: fast}}", "learning_rate"),
    "a share above 1": ("{scale: smoke, collect: {held_out: 7}}", "held_out"),
    "no environment": ("{scale: smoke, envs: {}}", "envs"),
    "an unknown environment": ("{scale: smoke, envs: {maze: {}}}", "maze"),
    "a number for a key": ("{scale: smoke, 3: 4}", "3"),
    "a date for a key": ("{scale: smoke, 2020-01-01: 4}", "2020-01-01"),
    "null for a block": ("{scale: smoke, train: null}", "train"),
    "no seeds": ("{scale: smoke, seeds: []}", "seeds"),
    "a negative seed": ("{scale: smoke, seeds: [-1]}", "seeds"),
    "the same seed twice": ("{scale: smoke, seeds: [1, 1]}", "seeds"),
}


def configure(folder):
    """What the workflow does with config/config.yaml first."""
    try:
        Configuration(read_yaml(folder / "config.yaml"), folder)
    except InputError as error:
        print(f"configuration: {error}", file=sys.stderr)
        return 2
    return 0


def with_configuration(workshop, text):
    """How `configure` ends with `text` as config/config.yaml, and the folder."""
    folder = workshop.scratch()
    shutil.copytree(ROOT / "config", folder / "config")
    (folder / "config" / "config.yaml").write_bytes(text)
    return fork(lambda: configure(folder / "config"), seconds=5)


def configured(workshop, text, name):
    return one_line(with_configuration(workshop, text.encode()), name)


def damaged_configuration(workshop, change, seed):
    """A line that names the file, or settings that are allowed."""
    content = (ROOT / "config" / "config.yaml").read_bytes() + yaml.safe_dump(
        {"train": {"steps": 40, "learning_rate": 0.1}, "seeds": [0, 1]}
    ).encode()
    ended = with_configuration(workshop, change(content, f"config {seed}"))
    if ended.status == 0 and not ended.err:
        return OTHER
    return one_line(ended, "config.yaml", "scale: ")
