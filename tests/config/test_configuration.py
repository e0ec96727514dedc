import shutil
import subprocess

import numpy as np
import pytest
import yaml

from conftest import ROOT
from smwm.config.configuration import BLOCKS, Configuration
from smwm.data.collect import CollectSettings, split_episodes
from smwm.data.dataset import Trajectories
from smwm.data.windows import Windows
from smwm.data.worlds import WORLDS
from smwm.envs import ENVIRONMENTS
from smwm.errors import InputError
from smwm.methods import METHODS

SCALES = sorted(path.stem for path in (ROOT / "config" / "scale").glob("*.yaml"))


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path / "config"


def refused(base, words, folder=ROOT / "config"):
    with pytest.raises(InputError, match=words) as error:
        Configuration(base, folder)
    assert "\n" not in str(error.value)


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, r"line 2: aliases \(\*a\) are not allowed"),
        ("seeds: &s [0]\ntrain: {steps: &t [*t]}\n", r"line 2: aliases"),
        ("seeds: [0]\ntrain: " + 10_000 * "[", r"line 2: nested more than 20 deep"),
        ("a: !!python/object/apply:os.getcwd []\n", "not readable as YAML"),
        ("a: \x00", "not readable as YAML"),
    ],
)
def test_hostile_yaml_is_one_clear_line(folder, text, words):
    (folder / "scale" / "smoke.yaml").write_text(text)
    refused({"scale": "smoke"}, words, folder)


@pytest.mark.parametrize("scale", SCALES)
def test_every_scale_is_valid_and_complete(scale):
    configuration = Configuration({"scale": scale}, ROOT / "config")
    for env in configuration.envs:
        for block in BLOCKS:
            assert configuration.settings(block, env)
        for method in configuration.methods:
            assert configuration.settings("train", env, method)["weight"] >= 0


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_models_of_scale_paper_see_ten_epochs(env):
    configuration = Configuration({"scale": "paper"}, ROOT / "config")
    train = configuration.settings("train", env, "smwm")
    collect = CollectSettings(**configuration.settings("collect", env))
    rows = np.full(len(split_episodes(collect)["train"]), collect.steps + 1)
    images = np.zeros((rows.sum(), 1, 1, 3), np.uint8)
    actions = np.zeros((rows.sum(), 1), np.float32)
    data = Trajectories(images, actions, None, rows, np.cumsum(rows) - rows, {})
    windows = Windows.of(data, train["frames"], train["block"], window=train["window"])
    assert train["steps"] == 10 * len(windows.starts) // train["batch_size"]


@pytest.mark.parametrize("scale", SCALES)
def test_only_scale_paper_plans_without_bounds_and_returns_the_mean(scale):
    planner = Configuration({"scale": scale}, ROOT / "config").settings("planner", "two_room")
    papers = (planner["candidates"], planner["returns"], planner["execute"]) == ("free", "mean", 0)
    assert papers == (scale == "paper")


def sprites_of(configuration):
    return [world for world in configuration.worlds if world.startswith("sprite_")]


def dots_of(configuration):
    return [world for world in configuration.worlds if not world.startswith("sprite_")]


@pytest.mark.parametrize("scale", SCALES)
def test_worlds_are_trained_alike_with_the_papers_weight(scale):
    configuration = Configuration({"scale": scale}, ROOT / "config")
    trained = {w: configuration.settings("train", w, "smwm") for w in configuration.worlds}
    assert set(trained) == set(WORLDS)
    assert {settings["weight"] for settings in trained.values()} == {10.0}
    dots = [trained[world] for world in dots_of(configuration)]
    sprites = [trained[world] for world in sprites_of(configuration)]
    assert all(settings == dots[0] for settings in dots)
    assert all(settings == sprites[0] for settings in sprites)
    longer = sprites[0]["steps"] // dots[0]["steps"]
    assert longer in (1, 2)
    assert sprites[0] == dots[0] | {"steps": longer * dots[0]["steps"]}
    for worlds in (dots_of(configuration), sprites_of(configuration)):
        models = [configuration.settings("model", world, "smwm") for world in worlds]
        assert all(model == models[0] for model in models)


def test_the_papers_scale_sees_each_pair_of_a_world_a_hundred_times():
    configuration = Configuration({"scale": "paper"}, ROOT / "config")
    for world, epochs in (("combined", 100), ("sprite_xyt", 200)):
        settings = configuration.settings("train", world, "smwm")
        pairs = configuration.settings("pairs", world)["pairs"]
        assert (pairs, settings["batch_size"]) == (250_000, 256)
        assert settings["steps"] == epochs * pairs // settings["batch_size"]
        assert (settings["learning_rate"], settings["weight_decay"]) == (5e-4, 0.0)


def test_an_environment_may_have_its_own_seeds_but_those_asked_for_win(folder):
    path = folder / "scale" / "smoke.yaml"
    values = yaml.safe_load(path.read_text()) | {"seeds": [1, 2]}
    values["envs"]["cube"] = {"seeds": [7]}
    path.write_text(yaml.safe_dump(values))
    configuration = Configuration({"scale": "smoke"}, folder)
    assert configuration.seeds("two_room") == [1, 2]
    assert configuration.seeds("cube") == [7]
    assert Configuration({"scale": "smoke", "seeds": [3]}, folder).seeds("cube") == [3]


def test_default_scale_is_laptop():
    base = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    assert Configuration(base, ROOT / "config").scale == "laptop"


def test_later_layers_win():
    base = {
        "scale": "smoke",
        "train": {"steps": 7, "weight": 0.5, "batch_size": 9},
        "methods": {"smwm": {"weight": 1.0}},
        "envs": {"two_room": {"train": {"batch_size": 8}, "methods": {"smwm": {"steps": 6}}}},
    }
    configuration = Configuration(base, ROOT / "config")
    settings = configuration.settings("train", "two_room", "smwm")
    assert (settings["steps"], settings["weight"], settings["batch_size"]) == (6, 1.0, 8)
    assert configuration.settings("train", "two_room")["steps"] == 7
    assert configuration.methods == ["smwm"]


def test_a_method_changes_training_and_its_model_alone():
    """Collection has a key `steps`, too."""
    base = {"scale": "smoke", "methods": {"smwm": {"steps": 6}}}
    configuration = Configuration(base, ROOT / "config")
    assert configuration.settings("train", "two_room", "smwm")["steps"] == 6
    assert configuration.settings("collect", "two_room", "smwm")["steps"] == 40


def test_each_setting_tells_the_layer_that_set_it():
    base = {
        "scale": "smoke",
        "train": {"weight": 0.5},
        "envs": {"two_room": {"methods": {"smwm": {"steps": 6}}}},
    }
    found = Configuration(base, ROOT / "config").explained("train", "two_room", "smwm")
    here = "config.yaml or --config"
    assert found["steps"] == (6, f"{here}: envs: two_room: methods: smwm")
    assert found["weight"] == (1.0, "scale/smoke.yaml: methods: smwm")
    assert found["batch_size"] == (16, "scale/smoke.yaml: train")
    assert found["block"] == (5, "default")
    other = Configuration(base, ROOT / "config").explained("train", "two_room", "forward_only")
    assert other["weight"] == (0.5, f"{here}: train")


def test_numbers_given_as_text_on_the_command_line_are_numbers():
    base = {"scale": "smoke", "train": {"steps": "7", "learning_rate": "0.01"}, "seeds": ["4"]}
    configuration = Configuration(base, ROOT / "config")
    settings = configuration.settings("train", "two_room")
    assert (settings["steps"], settings["learning_rate"]) == (7, 0.01)
    assert configuration.seeds("two_room") == [4]


def test_overrides_for_an_environment_keep_what_they_do_not_name(folder):
    text = (folder / "scale" / "smoke.yaml").read_text()
    methods = "{methods: {sigreg: {weight: 0.5}, smwm: {weight: 3}}}"
    changed = text.replace("two_room: {}", f"two_room: {methods}")
    (folder / "scale" / "smoke.yaml").write_text(changed)
    override = {"envs": {"two_room": {"methods": {"smwm": {"weight": 4.0}}}}}
    configuration = Configuration({"scale": "smoke", **override}, folder)
    weights = {m: configuration.settings("train", "two_room", m)["weight"] for m in METHODS}
    assert (weights["smwm"], weights["sigreg"]) == (4.0, 0.5)


def test_a_whole_float_is_an_integer():
    configuration = Configuration({"scale": "smoke", "train": {"steps": 7.0}}, ROOT / "config")
    assert "--steps 7 " in configuration.flags("train", "two_room")


def test_flags_are_those_of_the_command_line():
    flags = Configuration({"scale": "smoke"}, ROOT / "config").flags("model", "two_room")
    assert flags.startswith("--encoder cnn --resize 0 --channels 4 8 --patch 14 ")
    assert "--projector 8 --output linear --latent-dim 8 --width 16 --depth 2" in flags


def test_flags_reach_a_shell_as_they_are():
    source = 'it\'s $(touch hacked) "here"; #.h5'
    base = {"scale": "smoke", "collect": {"source": source}}
    flags = Configuration(base, ROOT / "config").flags("collect", "two_room")
    words = subprocess.run(["sh", "-c", f"printf '%s\\n' {flags}"], capture_output=True, text=True)
    assert words.stdout.splitlines()[-2:] == ["--source", source]


def test_a_method_may_change_the_model_for_itself():
    base = {"scale": "smoke", "methods": {"smwm": {"weight": 2}, "ema": {"output": "layer_norm"}}}
    chosen = Configuration(base, ROOT / "config")
    outputs = [chosen.settings("model", "two_room", m)["output"] for m in ("smwm", "ema")]
    assert outputs == ["linear", "layer_norm"]
    assert chosen.settings("train", "two_room", "smwm")["weight"] == 2
    assert "output" not in chosen.settings("train", "two_room", "ema")


def test_a_sweep_replaces_what_it_varies():
    configuration = Configuration({"scale": "smoke"}, ROOT / "config")
    usual = configuration.flags("train", "two_room", "smwm")
    changed = configuration.flags("train", "two_room", "smwm", weight="0.1", steps=7)
    assert changed == usual.replace("--weight 1.0", "--weight 0.1").replace(
        "--steps 20", "--steps 7"
    )


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ({"scal": "smoke"}, r"unknown key 'scal' \(did you mean 'scale'\?\), allowed: "),
        ({"scale": "huge"}, "scale: 'huge' is unknown, allowed: .*laptop"),
        ({"train": {"stepz": 3}}, r"train: unknown key 'stepz' \(did you mean 'steps'\?\)"),
        ({"train": {"steps": 0}}, "train.steps: 0 is not allowed, it must be at least 1"),
        ({"train": {"learning_rate": "1e-3"}}, "train.learning_rate: '1e-3'.*write 0.001"),
        ({"train": {"steps": "many"}}, "train.steps: 'many' .* must be of type integer$"),
        (
            {"train": {"weight": float("nan")}},
            "train.weight: nan is not allowed, it must be finite",
        ),
        ({"planner": {"elites": 500, "samples": 20}}, "two_room: planner.elites: 500 .* at most"),
        (
            {"train": {"precision": "half"}},
            r"train.precision: 'half'.*\['auto', 'float32', 'bfloat16'\]",
        ),
        ({"methods": {"magic": {}}}, "methods: unknown key 'magic', allowed: ema, forward_only"),
        ({"envs": {"maze": {}}}, "envs: unknown key 'maze', allowed: cube"),
        ({"envs": {"two_room": {"planer": {}}}}, r"envs.two_room: unknown key 'planer' \(did"),
        ({"seeds": []}, "seeds: .* must have at least 1 entry"),
        ({"seeds": [1, 1]}, "seeds: .* must not repeat"),
        ({"collect": {"source": "{env}.h5"}}, r"two_room: collect.source: .*braces for wildcards"),
        ({"device": "tpu"}, "device: 'tpu' is not allowed"),
        ([], "must be of type object"),
    ],
)
def test_bad_configuration_is_one_clear_line(base, words):
    refused(base, words)


def test_bad_scale_file_is_named(folder):
    (folder / "scale" / "smoke.yaml").write_text("train: {steps: many}")
    refused({"scale": "smoke"}, r"scale/smoke\.yaml: train\.steps: 'many' is not", folder)
    (folder / "scale" / "smoke.yaml").write_text("train: {")
    refused({"scale": "smoke"}, r"scale/smoke\.yaml: not readable as YAML", folder)
    (folder / "scale" / "smoke.yaml").write_text("train: {steps: 3}")
    refused({"scale": "smoke"}, r"scale/smoke\.yaml: seeds: is missing", folder)
    (folder / "scale" / "smoke.yaml").write_text("a: !!python/object/apply:os.getcwd []")
    refused({"scale": "smoke"}, "not readable as YAML", folder)


def test_aliases_of_aliases_and_huge_numbers_are_refused():
    many = [1, 2]
    for _ in range(40):
        many = [many, many]
    refused({"scale": "smoke", "seeds": many}, "aliases of aliases")
    within = {}
    within["train"] = within
    refused(within, "aliases of aliases")
    refused({"scale": "smoke", "train": {"steps": 10**300}}, "train.steps: 10+ is not allowed")
