from dataclasses import asdict

import pytest
from jsonschema import Draft202012Validator

from conftest import ROOT
from smwm.config.configuration import Configuration
from smwm.config.settings import json_schema
from smwm.config.sweeps import SWEEPS, LambdaSweep, Scaling
from smwm.errors import InputError


def configuration(**values):
    return Configuration({"scale": "smoke", **values}, ROOT / "config")


@pytest.mark.parametrize("name", SWEEPS)
def test_defaults_are_allowed(name):
    values = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(SWEEPS[name]()).items()
    }
    assert not list(Draft202012Validator(json_schema(SWEEPS[name])).iter_errors(values))


def test_a_sweep_has_the_types_of_its_settings():
    sweep = configuration(lambda_sweep={"weights": [0, 1], "seeds": [2], "steps": 1000.0}).sweep(
        "lambda_sweep"
    )
    assert sweep.weights == (0.0, 1.0)
    assert all(isinstance(weight, float) for weight in sweep.weights)
    assert (sweep.seeds, sweep.steps) == ((2,), 1000)
    assert isinstance(sweep.steps, int)


def test_what_is_not_said_keeps_its_default():
    sweep = configuration(horizon_sweep={"offsets": [7]}).sweep("horizon_sweep")
    assert sweep.offsets == (7,)
    assert sweep.methods == SWEEPS["horizon_sweep"]().methods
    assert sweep.iterations == 2  # of the scale


def test_environments_and_methods_that_the_run_lacks_are_left_out():
    chosen = {"envs": {"reacher": {}, "push_t": {}}, "methods": {"smwm": {}, "random": {}}}
    wanted = {"envs": ["two_room", "push_t"], "methods": ["sigreg", "random", "smwm"]}
    sweep = configuration(**chosen, horizon_sweep=wanted).sweep("horizon_sweep")
    assert sweep.envs == ("push_t",)
    assert sweep.methods == ("random", "smwm")
    assert configuration(**chosen, lambda_sweep={"envs": ["cube"]}).sweep("lambda_sweep").envs == ()


def test_models_of_the_weights_are_trained_as_long_as_the_main_ones_unless_said():
    assert LambdaSweep().training() == {}
    assert LambdaSweep(steps=1500).training() == {"steps": 1500}
    for scale in ("gpu", "paper"):
        chosen = Configuration({"scale": scale}, ROOT / "config")
        sweep = chosen.sweep("lambda_sweep")
        for env in sweep.envs:
            main = chosen.flags("train", env, "smwm", weight=7.0)
            assert chosen.flags("train", env, "smwm", weight=7.0, **sweep.training()) == main


def test_training_and_data_grow_one_at_a_time_from_the_main_models():
    sweep = Scaling(steps=(4.0, 0.5), data=(0.25, 1.0))
    assert sweep.variants() == [(0.5, 1), (1, 1), (4, 1), (1, 0.25)]


@pytest.mark.parametrize("scale", ["gpu", "paper"])
def test_the_budget_of_the_weights_is_the_paper_s(scale):
    chosen = Configuration({"scale": scale}, ROOT / "config")
    sweep = chosen.sweep("lambda_sweep")
    for env in sweep.envs:
        main = chosen.settings("tasks", env)
        assert main["budget"] == 50
        budget = 150 if env in ("two_room", "push_t") else 50
        assert main | sweep.tasks(env) == main | {"budget": budget}


def test_long_environments_and_their_budget_can_be_chosen():
    sweep = configuration(lambda_sweep={"long_envs": ["cube"], "long_budget": 70}).sweep(
        "lambda_sweep"
    )
    assert sweep.tasks("cube") == {"budget": 70}
    assert sweep.tasks("two_room") == {}


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("lambda_sweep", {"envs": ["two_rooms"]}, "lambda_sweep.envs.0: 'two_rooms' is not all"),
        ("horizon_sweep", {"methods": ["smvm"]}, "horizon_sweep.methods.0: 'smvm' is not allowed"),
        ("lambda_sweep", {"weights": [1, -0.5]}, "lambda_sweep.weights.1: -0.5 is not allowed"),
        ("lambda_sweep", {"weights": []}, "lambda_sweep.weights"),
        ("lambda_sweep", {"steps": -1}, "lambda_sweep.steps: -1 is not allowed, it must be at"),
        ("lambda_sweep", {"long_budget": 0}, "it must be at least 1"),
        ("lambda_sweep", {"weights": [float("inf")]}, "it must be finite"),
        ("horizon_sweep", {"offsets": [0]}, "it must be at least 1"),
        ("scaling", {"data": [2]}, "scaling.data.0: 2 is not allowed"),
        ("scaling", {"steps": [0]}, "scaling.steps.0: 0 is not allowed"),
        ("scaling", {"methods": ["random"]}, "'random' is not allowed"),
        ("horizon_sweep", {"offset": [5]}, "did you mean 'offsets'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(name, values, words):
    with pytest.raises(InputError) as error:
        configuration(**{name: values})
    assert words in str(error.value)
    assert "\n" not in str(error.value)
