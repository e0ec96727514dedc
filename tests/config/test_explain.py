from conftest import ROOT
from smwm.__main__ import main
from smwm.config.explain import describe
from smwm.methods import METHODS


def shown(capsys, *words):
    status = main(["settings", "--config", str(ROOT / "config"), *words])
    output = capsys.readouterr()
    return status, output.out.splitlines(), output.err


def test_the_config_readme_explains_every_key():
    """Renew with: python -m smwm settings"""
    text = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    assert describe().strip() in text
    for key in ("scale", "device", "seeds", "methods", "envs", "description"):
        assert f"`{key}`" in text
    assert all(f"`{method}`" in text for method in METHODS)


def test_each_resolved_setting_stands_beside_the_layer_that_set_it(capsys):
    status, lines, _ = shown(capsys, "--scale", "laptop", "--env", "reacher", "--method", "smwm")
    assert status == 0
    found = {key: (value, origin) for key, value, origin in (line.split(None, 2) for line in lines
             if line.startswith("train."))}  # fmt: skip
    assert found["train.steps"][1] == "scale/laptop.yaml: envs: reacher: train"
    assert found["train.weight"] == ("1.0", "scale/laptop.yaml: methods: smwm")
    assert found["train.block"] == ("5", "default")
    assert any(line.startswith("planner.samples") for line in lines)


def test_worlds_have_their_own_layer(capsys):
    _, lines, _ = shown(capsys, "--scale", "laptop", "--env", "coupled")
    (line,) = (line for line in lines if line.startswith("train.frames"))
    assert line.split(None, 2)[1:] == ["2", "scale/laptop.yaml: representation: train"]


def test_unknown_places_and_lone_flags_are_refused_in_a_line(capsys):
    status, _, error = shown(capsys, "--env", "nowhere")
    assert status == 2
    assert "'nowhere' is no environment or world of this scale: two_room" in error
    status, _, error = shown(capsys, "--method", "smwm")
    assert status == 2
    assert "--env: is needed" in error
