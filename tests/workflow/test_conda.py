"""The conda environments: they parse, agree with the lock file, and leave the jobs as they are.

Creating them needs conda and its channels; a stand-in makes them from the packages that are here.
"""

import re
import subprocess
import sys

import pytest
import rattler
import yaml

import conda_stand_in
from conftest import ROOT
from smwm.config.configuration import Configuration
from smwm.workflow.results import drawings
from smwm.workflow.run import Run
from workflow_runs import figures, fresh_copy

RULE = r"^(?:use )?rule |^ +rule:"
PATHS = sorted((ROOT / "workflow" / "envs").glob("*.yaml"))


def dependencies(path):
    """Those of conda and those of pip."""
    content = yaml.safe_load(path.read_text())
    assert content.keys() - {"name"} == {"channels", "dependencies"}
    assert content["channels"] == ["conda-forge"]
    texts = [entry for entry in content["dependencies"] if isinstance(entry, str)]
    pip = [
        pin for entry in content["dependencies"] if isinstance(entry, dict) for pin in entry["pip"]
    ]
    return texts, pip


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_specification_parses_and_is_pinned(path):
    conda, pip = dependencies(path)
    assert conda
    for text in conda:
        spec = rattler.MatchSpec(text, strict=True)
        assert text == "pip" or spec.version is not None
    assert ("pip" in conda) == bool(pip)


def test_a_wrong_specification_does_not_parse():
    with pytest.raises(Exception, match="unable to parse version spec"):
        rattler.MatchSpec("numpy>=", strict=True)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_versions_are_those_of_the_lock(path):
    lock = (ROOT / "requirements.lock").read_text().splitlines()
    pins = conda_stand_in.pins(path)
    assert pins.pop("python") == "3.11"
    pins.pop("pip", None)
    for name, version in pins.items():
        assert any(line.split(" ;")[0] == f"{name}=={version}" for line in lock), name


def test_every_stage_of_a_rule_names_an_environment_that_is_there():
    text = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    rules = re.split(RULE, text, flags=re.MULTILINE)[1:]
    assert len(rules) > 15
    for rule in rules:
        named = re.search(r'conda:\n\s+f?"\.\./envs/(.+)\.yaml"', rule)
        assert named or "shell:" not in rule, rule.splitlines()[0]  # variants take the pattern's
        choice = re.findall(r"'(\w+)'", named[1]) or [named[1]] if named else []
        assert {ROOT / "workflow/envs" / f"{name}.yaml" for name in choice} <= set(PATHS)


def test_pictures_of_scenes_have_the_simulators():
    """A variant of a rule without an environment of its own has that of its pattern."""
    needing = [
        rule.split("\n\n\n")[0]
        for path in (ROOT / "workflow/rules").glob("*.smk")
        for rule in re.split(RULE, path.read_text(), flags=re.MULTILINE)[1:]
    ]
    needing = [rule for rule in needing if "environment_module" in rule and "figures/{" in rule]
    assert len(needing) == 3  # each figure's pattern, the page and the page's variant
    for rule in needing:
        inherits = "conda:" not in rule and rule.startswith("explore as")
        chosen = "{'scenes' if drawing.scenes else 'figures'}" in rule
        assert chosen or "envs/scenes.yaml" in rule or inherits, rule
    drawn = drawings(Run(Configuration({"scale": "smoke"}, ROOT / "config")))
    assert [name for name, drawing in drawn.items() if drawing.scenes] == [
        name for name, drawing in drawn.items() if {"tasks", "data"} & set(drawing.inputs)
    ]


def test_conda_leaves_the_jobs_as_they_are(tmp_path):
    env = conda_stand_in.install(tmp_path / "conda")

    def jobs(*words):
        command = [sys.executable, "-m", "snakemake", "-n", "--config", "scale=smoke", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        return re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.MULTILINE)

    plain = jobs("--forceall")
    assert len(plain) > 20
    assert jobs("--forceall", "--sdm", "conda") == plain
    assert jobs("--forceall", "--use-conda") == plain


@pytest.mark.timeout(1800)  # environments are made, then a small workflow runs in them
def test_each_stage_finds_what_it_imports_in_its_environment_and_the_package_in_the_sources(
    tmp_path,
):
    """Snakemake too: its own environment has neither simulators nor plots to lend."""
    env = conda_stand_in.install(tmp_path / "conda")
    conda_stand_in.create(ROOT / "workflow/envs/host.yaml", tmp_path / "host")
    host = tmp_path / "host" / "bin" / "python"
    del env["PYTHONPATH"]  # as in a user's shell
    missing = "import importlib.util as u; print(*map(u.find_spec, ['smwm', 'mujoco', 'pandas']))"
    words = [host, "-c", missing]
    found = subprocess.run(words, capture_output=True, text=True, env=env).stdout.split()
    assert found == ["None"] * 3

    folder = fresh_copy(tmp_path / "clone")
    words = [host, "-m", "snakemake", "--cores", "2", "--use-conda", "--config", "scale=smoke"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(figures(folder).values())
