import json

import pytest

from conftest import ROOT
from smwm.benchmark.gpu.counts import described, images, jobs, match
from smwm.benchmark.gpu.scales import SCALES, load
from smwm.config.configuration import Configuration
from smwm.training.train import TrainSettings
from smwm.workflow.run import FAR, SWEPT, Run


def test_what_a_bare_machine_knows_of_the_scales_is_what_they_are():
    written = json.loads(SCALES.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(described(ROOT / "config")))
    assert written == now, "write it anew: make kit"


def test_settings_come_back_as_they_were_but_uncompiled():
    configuration = Configuration({"scale": "paper"}, ROOT / "config")
    scales, _ = load(small=False)
    expected = configuration.settings("train", "two_room", "smwm")
    assert expected["compile"] == "default"
    assert scales["paper"].train == TrainSettings(**expected | {"compile": "none"})
    assert scales["gpu"].model.channels == (32, 64, 128)
    assert scales["paper"].image_size == 224


def test_small_scales_keep_the_kinds_of_networks():
    (full, _), (small, _) = load(small=False), load(small=True)
    for name in full:
        for key in ("encoder", "forward_model"):
            assert getattr(small[name].model, key) == getattr(full[name].model, key)


@pytest.fixture
def run():
    """Two rooms with two methods, the scale's four baselines, two seeds, and sweeps of one."""
    base = {
        "scale": "smoke", "seeds": [0, 1], "envs": {"two_room": {}}, "worlds": {},
        "methods": {"smwm": {"weight": 1.0}, "random": {}},
        "lambda_sweep": {"envs": ["two_room"], "weights": [1.0, 3.0], "seeds": [0], "steps": 20},
        "horizon_sweep": {"envs": ["two_room"], "offsets": [5, 10], "seeds": [0]},
        "extension": {"baseline_envs": ["two_room"], "distractor_envs": ["two_room"],
                      "distractor_methods": ["smwm"], "most_seeds": 1},
    }  # fmt: skip
    return Run(Configuration(base, ROOT / "config"))


def test_jobs_of_a_small_run_by_hand(run):
    counted = jobs(run)
    # two seeds of SMWM, one with a distractor, and weight 3: weight 1 is that of the main model
    assert sum(kind["jobs"] for kind in counted["train"]) == 4 + 2 + 1 + 1
    assert sum(kind["steps"] for kind in counted["train"]) == 8 * 20
    # the same models but weight 3, two weights, two offsets; none of the random actions
    by_budget = {}
    for kind in counted["plan"]:
        key = (kind["tasks"]["budget"], kind["planner"]["iterations"])
        by_budget[key] = by_budget.get(key, 0) + kind["jobs"]
    assert by_budget == {(50, 2): 7, (150, 2): 2, (10, 2): 1, (20, 2): 1}
    per_model = images(run.configuration, "two_room")
    assert counted["embed"] == {"jobs": 7, "images": 7 * per_model}


def test_paths_are_of_one_template():
    far = "results/gpu/horizon_sweep/reacher/offset40/sigreg/seed2.json"
    assert match(FAR, far)["offset"] == "40"
    assert match(SWEPT, far) is None
