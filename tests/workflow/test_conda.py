"""The conda environments: they parse, agree with the lock file, and leave the jobs as they are.

Creating them needs conda and its channels and is not tested.
"""

import json
import os
import re
import subprocess
import sys

import pytest
import rattler
import yaml

from conftest import ROOT

PATHS = sorted((ROOT / "workflow" / "envs").glob("*.yaml"))
NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}  # on conda-forge: on PyPI


def dependencies(path):
    """Those of conda and those of pip."""
    content = yaml.safe_load(path.read_text())
    assert content.keys() == {"channels", "dependencies"}
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
    conda, pip = dependencies(path)
    free = ("pip", "python=3.11")
    pins = [text.replace("=", "==") for text in conda if text not in free] + pip
    for pin in pins:
        name, version = pin.split("==")
        pinned = f"{NAMES.get(name, name)}=={version}"
        assert any(line.split(" ;")[0] == pinned for line in lock), pin


def test_every_stage_of_a_rule_names_an_environment_that_is_there():
    text = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    rules = re.split(r"^rule ", text, flags=re.MULTILINE)[1:]
    running = [rule for rule in rules if "shell:" in rule]
    assert len(running) > 20
    for rule in running:
        named = re.search(r'conda:\n\s+"\.\./envs/(\w+)\.yaml"', rule)
        assert named, rule.splitlines()[0]
        assert ROOT / "workflow/envs" / f"{named[1]}.yaml" in PATHS


def test_conda_leaves_the_jobs_as_they_are(tmp_path):
    """Even a dry run asks conda where it is: a stand-in answers that and nothing else."""
    info = {"conda_prefix": str(tmp_path), "platform": "linux-64"}
    answers = {
        "info": json.dumps(info),
        "--version": "conda 26.1.0",
        "config": json.dumps({"get": {"channel_priority": "strict"}}),
    }
    cases = "\n".join(f"{word}) echo '{text}' ;;" for word, text in answers.items())
    conda = tmp_path / "conda"
    conda.write_text(f'#!/bin/sh\ncase "$1" in\n{cases}\n*) exit 1 ;;\nesac\n')
    conda.chmod(0o755)
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}

    def jobs(*words):
        command = [sys.executable, "-m", "snakemake", "-n", "--config", "scale=smoke", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        return re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.MULTILINE)

    plain = jobs("--forceall")
    assert len(plain) > 20
    assert jobs("--forceall", "--sdm", "conda") == plain
