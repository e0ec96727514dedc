"""Every stage that writes, in its smallest form, on inputs that are made once."""

import shlex
import time
from functools import cached_property

from runs import ROOT, EndingError, fork_stage, require_same, run, snapshot

from smwm.__main__ import main

MODEL = "--channels 4 8 --projector 8 --latent-dim 6 --width 16"
PLANNER = "--iterations 2 --samples 16 --elites 4 --horizon 2"
# {i}: folder of inputs, {o}: folder of outputs. The training data of the harness are whole.
COMMANDS = {
    "collect": "collect --env two_room --out {o}/data --episodes 50 --steps 20 --image-size 16",
    "train": "train --data {i}/train.h5 --method smwm --out {o}/model.pt --log {o}/model.csv"
    f" --steps 60 --save-every 4 --log-every 4 --batch-size 8 {MODEL}",
    "tasks": "tasks --env two_room --data {i}/eval.h5 --out {o}/tasks.npz --tasks 4 --offset 5"
    " --budget 10",
    "plan": "plan --tasks {i}/tasks.npz --method smwm --checkpoint {i}/model.pt"
    f" --out {{o}}/record.json --paths {{o}}/paths.npz {PLANNER}",
    "embed": "embed --checkpoint {i}/model.pt --data {i}/eval.h5 --fit {i}/train.h5"
    " --out {o}/export.npz --images 40 --fit-images 60",
    "measure planning_success": "measure planning_success --records {i}/record.json --paper"
    f" {shlex.quote(str(ROOT))}/resources/paper/planning_success.csv --out {{o}}/success.csv",
    "measure spectrum": "measure spectrum --embeddings {i}/export.npz --out {o}/spectrum.csv",
    "figure planning_success": "figure planning_success --table {i}/success.csv --out {o}",
    "figure embeddings": "figure embeddings --table {i}/spectrum.csv --points {i}/points.csv"
    " --method smwm --out {o}",
}
# The same for a stage that writes the path of its input, so that its bytes depend on the folder.
READERS = {
    "take": "collect --env two_room --source {i}/train.h5 --out {o}/data --image-size 12",
}
# More that are killed and interrupted, and spared the other faults.
COLLECT = "--out {o}/data --episodes 30 --steps 4 --image-size 16 --workers 2"
MORE = {
    "collect reacher": f"collect --env reacher {COLLECT}",
    "collect push_t": f"collect --env push_t {COLLECT}",
    "collect cube": f"collect --env cube {COLLECT}",
    "train world": "train --world single_dot --pairs 200 --method smwm --out {o}/world.pt"
    f" --log {{o}}/world.csv --steps 20 --save-every 4 --batch-size 8 --frames 2 --block 1 {MODEL}",
    "decode": "decode --checkpoint {i}/world.pt --world single_dot --pairs 200"
    " --decoder-pairs 50 --decoder-epochs 2 --out {o}/decoded.npz",
    "measure latent_points": "measure latent_points --embeddings {i}/export.npz"
    " --out {o}/points.csv",
    "measure data_coverage": "measure data_coverage --data {i}/train.h5 --out {o}/coverage.csv",
    "measure data_histograms": "measure data_histograms --data {i}/train.h5 --out {o}/bins.csv",
    "measure planning_rollouts": "measure planning_rollouts --tasks {i}/tasks.npz"
    " --paths {i}/paths.npz --out {o}/episodes.csv",
    "figure data_coverage": "figure data_coverage --table {i}/coverage.csv"
    " --histograms {i}/bins.csv --out {o}",
    "figure environments": "figure environments --tasks {i}/tasks.npz --data {i}/eval.h5 --out {o}",
    "figure planning_rollouts": "figure planning_rollouts --table {i}/episodes.csv"
    " --tasks {i}/tasks.npz --paths {i}/paths.npz --out {o}",
}
INPUTS = {
    "tasks.npz": "tasks",
    "model.pt": "train",
    "record.json": "plan",
    "export.npz": "embed",
    "success.csv": "measure planning_success",
    "spectrum.csv": "measure spectrum",
    "points.csv": "measure latent_points",
    "coverage.csv": "measure data_coverage",
    "bins.csv": "measure data_histograms",
    "episodes.csv": "measure planning_rollouts",
    "world.pt": "train world",
}  # file: the stage that makes it


def words(stage, inputs, out):
    """Command line of a stage; the folders may have any name."""
    every = COMMANDS | READERS | MORE
    return [word.format(i=inputs, o=out) for word in shlex.split(every[stage])]


class Workshop:
    """A folder with whole inputs, and what each stage makes of them when nothing disturbs it."""

    def __init__(self, folder):
        self.folder, self._count, self._whole, self._seconds = folder, 0, {}, {}

    @cached_property
    def inputs(self):
        """Folder of the inputs, each made by the stage before."""
        made = self.folder / "inputs"
        made.mkdir(parents=True)
        collected = "collect --env two_room --episodes 8 --steps 30 --image-size 16 --held-out 0.25"
        commands = [[*collected.split(), "--out", str(made)]]
        commands += [words(stage, made, made) for stage in INPUTS.values()]
        for command in commands:
            if main(command):
                raise EndingError(f"inputs: {' '.join(command)}")
        return made

    def scratch(self):
        """A new empty folder."""
        self._count += 1
        path = self.folder / f"case{self._count}"
        path.mkdir(parents=True)
        return path

    def whole(self, stage):
        """Every file of the stage when nothing disturbs it."""
        if stage not in self._whole:
            out = self.scratch()
            ended = fork_stage(words(stage, self.inputs, out))
            self._whole[stage] = self._files(stage, ended, out)
        return self._whole[stage]

    def seconds(self, stage):
        """How long the stage takes as a program of its own, which makes the same files."""
        if stage not in self._seconds:
            out, begin = self.scratch(), time.monotonic()
            ended = run(words(stage, self.inputs, out))
            self._seconds[stage] = time.monotonic() - begin
            require_same(self._files(stage, ended, out), self.whole(stage), "differs on its own")
        return self._seconds[stage]

    def _files(self, stage, ended, out):
        if ended.status != 0:
            raise EndingError(f"the undisturbed {stage} fails: {ended.err[-300:]}")
        return snapshot(out)
