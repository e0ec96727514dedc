import json

import numpy as np
import pytest

import smwm
from smwm.__main__ import main
from smwm.errors import InputError
from smwm.system.files import sha256

TINY = {"channels": (4, 8), "latent_dim": 6, "width": 16, "steps": 12, "batch_size": 8}
FLAGS = " --channels 4 8 --latent-dim 6 --width 16 --steps 12 --batch-size 8"
QUICK = {"samples": 16, "iterations": 2, "elites": 4}


@pytest.fixture(scope="module")
def trained(dataset_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained") / "model.pt"
    return out, smwm.train(dataset_folder / "train.h5", out, seed=3, device="cpu", **TINY)


def test_collecting_is_the_command_s(tmp_path):
    smwm.collect("two_room", tmp_path / "a", episodes=4, steps=6, image_size=16)
    words = f"collect --env two_room --out {tmp_path}/b --episodes 4 --steps 6 --image-size 16"
    assert main(words.split()) == 0
    for name in ("train.h5", "eval.h5", "README.md"):
        assert sha256(tmp_path / "a" / name) == sha256(tmp_path / "b" / name)


def test_training_is_the_command_s(trained, dataset_folder, tmp_path):
    out, model = trained
    words = (
        f"train --data {dataset_folder}/train.h5 --method smwm --seed 3 --device cpu "
        f"--out {tmp_path}/m.pt --log {tmp_path}/m.csv"
    )
    assert main((words + FLAGS).split()) == 0
    assert out.read_bytes() == (tmp_path / "m.pt").read_bytes()
    assert out.with_suffix(".csv").read_bytes() == (tmp_path / "m.csv").read_bytes()
    assert model.provenance["env"] == "two_room"
    assert model.provenance["data_sha256"] == sha256(dataset_folder / "train.h5")
    assert model.action_dim == 2


def test_a_run_that_ended_is_not_made_again(trained, dataset_folder, capsys):
    out, _ = trained
    before = out.stat().st_mtime_ns
    smwm.train(dataset_folder / "train.h5", out, seed=3, device="cpu", **TINY)
    assert out.stat().st_mtime_ns == before
    assert "is there, from the same data, settings and code" in capsys.readouterr().out


def test_embeddings_are_the_command_s(trained, dataset_folder, tmp_path):
    out, _ = trained
    found = smwm.embed(out, dataset_folder / "eval.h5", images=20, device="cpu")
    words = (
        f"embed --checkpoint {out} --data {dataset_folder}/eval.h5 --fit {dataset_folder}/train.h5 "
        f"--out {tmp_path}/e.npz --images 20 --device cpu"
    )
    assert main(words.split()) == 0
    with np.load(tmp_path / "e.npz") as file:
        assert found.keys() == {"rows", "latents", "states"}
        for name, values in found.items():
            np.testing.assert_array_equal(values, file[name])


def test_evaluation_is_the_command_s(trained, dataset_folder, tmp_path):
    out, _ = trained
    data = dataset_folder / "eval.h5"
    record = smwm.evaluate(out, data, seed=1, device="cpu", tasks=5, offset=10, budget=20, **QUICK)
    tasks, json_file = tmp_path / "tasks.npz", tmp_path / "record.json"
    words = f"tasks --env two_room --data {data} --out {tasks} --tasks 5 --offset 10 --budget 20"
    assert main(words.split()) == 0
    words = (
        f"plan --tasks {tasks} --method smwm --checkpoint {out} --out {json_file} --seed 1 "
        "--device cpu --samples 16 --iterations 2 --elites 4"
    )
    assert main(words.split()) == 0
    assert record == json.loads(json_file.read_text())
    assert len(record["solved"]) == 5


def test_without_a_checkpoint_actions_are_random(dataset_folder):
    record = smwm.evaluate(None, dataset_folder / "eval.h5", tasks=5, offset=10)
    assert record["method"] == "random"
    assert "model" not in record


def test_settings_are_those_of_the_scale(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert smwm.settings("planner", "cube")["horizon"] == 3
    assert smwm.settings("train", "push_t", method="smwm")["weight"] == 30.0
    assert smwm.settings("collect", "two_room", scale="smoke")["image_size"] == 32
    (tmp_path / "config/scale").mkdir(parents=True)
    own = "seeds: [0]\nmethods: {smwm: {}}\nenvs: {two_room: {}}\nplanner: {horizon: 7}\n"
    (tmp_path / "config/scale/laptop.yaml").write_text(own)
    assert smwm.settings("planner", "two_room")["horizon"] == 7


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: smwm.collect("maze", d / "x"), "'maze' is unknown, allowed: cube"),
        (lambda d: smwm.collect("two_room", d / "x", episodes=1), "episodes: 1 is not allowed"),
        (lambda d: smwm.train(d / "none.h5", d / "m.pt"), "none.h5: no such dataset"),
        (lambda d: smwm.train(d, d / "m.pt", method="random"), "method: 'random' is not allowed"),
        (lambda d: smwm.train(d, d / "m.pt", depht=2), "depht: is no setting, allowed: backbone"),
        (lambda d: smwm.embed(d / "m.pt", d / "e.h5"), "m.pt: no such checkpoint"),
        (lambda d: smwm.evaluate(None, d / "e.h5"), "e.h5: no such dataset"),
        (lambda d: smwm.evaluate(None, d / "e.h5", goals=3), "goals: is no setting"),
        (lambda d: smwm.settings("planer", "cube"), "block: 'planer' is not allowed"),
        (lambda d: smwm.settings("planner", "maze"), "'maze' is no environment or world"),
    ],
)
def test_bad_input_is_one_line(call, message, tmp_path):
    with pytest.raises(InputError, match=message) as caught:
        call(tmp_path)
    assert "\n" not in str(caught.value)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
