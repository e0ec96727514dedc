import pandas as pd
import pytest

from smwm.analysis.differences import (
    compare,
    encoder_name,
    environment_settings,
    forward_name,
    text,
    world_settings,
)
from smwm.analysis.paper import Paper
from smwm.analysis.records import settings_behind
from smwm.errors import InputError

PLANNER = {
    "samples": 300, "iterations": 10, "elites": 30, "horizon": 5, "execute": 0,
    "initial_std": 1.0, "returns": "best",
}  # fmt: skip
NET = {
    "encoder": "cnn", "channels": [16, 32], "forward_model": "mlp", "depth": 2, "latent_dim": 64,
    "output": "tanh", "width": 256,
}  # fmt: skip
PAPER = Paper(
    {
        "settings": pd.DataFrame(
            [
                ("environment", "λ", "reacher", "5"),
                ("environment", "λ", "two_room", "0.1"),
                ("environment", "batch size", "all", "64"),
                ("environment", "encoder", "all", "ViT-Tiny/14"),
                ("environment", "patience", "all", "9"),
                ("world", "λ", "all", "10"),
            ],
            columns=["part", "setting", "domain", "value"],
        )
    }
)


def model(method="smwm", seed=0, weight=0.3, env="two_room", **more):
    training = {"steps": 7, "batch_size": 64, "frames": 3, "learning_rate": 0.001}
    known = {"env": env, "method": method, "seed": seed, "settings": training | {"weight": weight}}
    return known | {"model": NET, "image_size": 64, "episodes": 360} | more


def record(method="smwm", seed=0, env="two_room", weight=0.3, **more):
    used = {"planner": PLANNER, "time_step": "one move", "offset": 25, "budget": 50}
    known = {"env": env, "method": method, "seed": seed, "solved": [True] * 100, "settings": used}
    return known | {"model": model(method, seed, weight, env)} | more


def settings_of(records, probed=(), **tables):
    """What SMWM ran with, of records as `smwm measure planning_success` leaves them."""
    counts = {"env": [r["env"] for r in records], "episodes": [len(r["solved"]) for r in records]}
    tables["planning_success"] = pd.DataFrame(counts)
    return environment_settings(settings_behind(records), tables, probed)


def test_what_an_experiment_ran_with_is_read_from_its_records():
    records = [record(seed=s) for s in (0, 1)] + [record("sigreg", weight=0.09)]
    probed = [{"model": model(), "settings": {"fit_images": 8000, "images": 2000}}]
    sweep = pd.DataFrame(
        {"env": ["two_room"] * 2, "weight": [1.0, 0.1], "steps": 1500, "budget": 150, "seeds": 1}
    )
    found = settings_of(records, probed, lambda_sweep=sweep)["two_room"]
    assert (found["λ"], found["weight of SIGReg"], found["seeds"]) == ("0.3", "0.09", "2")
    assert (found["time step"], found["budget [steps]"]) == ("one move", "50")
    assert found["planner: executes [blocks]"] == "5"  # 0 means the whole plan
    assert (found["planner: returns"], found["planner: candidates"]) == ("best", "–")
    assert found["probes: training images"] == "8000"
    assert found["λ sweep: weights"] == "0.1 1"
    assert (found["λ sweep: budget [steps]"], found["λ sweep: optimiser steps"]) == ("150", "1500")
    assert found["distances of goals"] == "not run"
    assert found["forward model"] == "MLP of 2 hidden layers"


def test_what_is_alike_and_what_differs_environment_by_environment():
    records = [record(env=env, weight=w) for env, w in (("two_room", 0.1), ("reacher", 30.0))]
    found = compare("environment", settings_of(records), PAPER)
    rows = found.differing.set_index("setting")
    assert rows.columns.tolist() == ["paper", "two_room", "reacher"]
    assert rows.loc["λ"].tolist() == ["0.1 / 5", "0.1", "30"]
    assert rows.loc["encoder"].tolist() == ["ViT-Tiny/14", "cnn-16-32", "cnn-16-32"]
    assert "batch size 64" in found.same
    assert "batch size" not in rows.index
    assert "patience" not in rows.index  # nothing of ours tells it
    assert rows.loc["image side [px]"].tolist() == ["–", "64", "64"]


def test_an_environment_that_is_the_same_in_one_domain_only_differs():
    records = [record(env=env, weight=w) for env, w in (("two_room", 0.1), ("reacher", 5.0))]
    assert "λ 0.1 / 5" in compare("environment", settings_of(records), PAPER).same


def test_worlds_are_compared_one_by_one():
    origins = [
        {"model": model(env=env, seed=s, weight=w, pairs={"pairs": 20000})}
        for env, w in (("single_dot", 10.0), ("coupled", 3.0))
        for s in (0, 1, 2)
    ]
    origins += [{"model": model()}, {"model": model("forward_only", env="x", pairs={"pairs": 1})}]
    settings = world_settings(origins)
    assert list(settings) == ["single_dot", "coupled"]
    assert (settings["coupled"]["seeds"], settings["coupled"]["pairs"]) == ("3", "20000")
    rows = compare("world", settings, PAPER).differing.set_index("setting")
    assert rows.loc["λ"].tolist() == ["10", "10", "3"]


def test_a_record_that_hides_a_setting_is_refused():
    hiding = record()
    del hiding["settings"]["budget"]
    with pytest.raises(InputError, match="smwm in two_room does not tell 'budget'"):
        settings_of([hiding])


def test_networks_are_named_by_what_tells_their_size():
    vit = {"encoder": "vit", "vit_width": 192, "vit_depth": 12, "vit_heads": 3, "patch": 14}
    assert encoder_name(vit) == "ViT-Tiny/14"
    assert encoder_name(vit | {"vit_depth": 6}) == "vit-192-6-3/14"
    assert encoder_name({"encoder": "cnn", "channels": [4, 8]}) == "cnn-4-8"
    assert encoder_name({"encoder": "keypoints", "channels": [4]}) == "keypoints-4"
    assert encoder_name({"encoder": "timm", "backbone": "b"}) == "b"
    transformer = {"forward_model": "transformer", "blocks": 6}
    assert forward_name(transformer) == "transformer of 6 blocks"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "–"),
        (0.09, "0.09"),
        (97656, "97656"),
        (1.0, "1"),
        ("no", "no"),
        ([0.1, 10], "0.1 10"),
    ],
)
def test_settings_as_they_stand_in_the_table(value, expected):
    assert text(value) == expected
