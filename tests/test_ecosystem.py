"""What other programs read of the repository agrees with the repository."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest
import yaml

from conftest import ROOT
from smwm import __version__
from smwm.figures.report import metrics
from smwm.system.opengl import PACKAGES

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.search(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)[1].split())
INSTALL = "sudo apt-get update && sudo apt-get install --yes "


def read_yaml(path):
    # of YAML 1.1, where the key `on` is true
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)


def jobs(path):
    return read_yaml(path)["jobs"].items()


def commands(job):
    """Every command of a job, with each value of its matrix."""
    matrix = job.get("strategy", {}).get("matrix", {})
    for step in job["steps"]:
        for value in matrix.get("target", [""]):
            yield from step.get("run", "").replace("${{ matrix.target }}", value).splitlines()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_command_of_a_workflow_is_a_target_or_installs_what_renders(path):
    found = 0
    for _, job in jobs(path):
        assert "timeout-minutes" in job
        for command in commands(job):
            if command.startswith(INSTALL):
                assert command.removeprefix(INSTALL).split() == list(PACKAGES)
            else:
                make, target = command.split()
                assert make == "make"
                assert target in TARGETS
            found += 1
    assert found >= 2


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit_and_may_only_read(path):
    text = path.read_text()
    assert all(
        re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used)
        for used in re.findall(r"uses: (.*)", text)
    )
    assert read_yaml(path)["permissions"] == {"contents": "read"}


def test_lint_tests_and_docs_run_on_changes_and_conda_every_week():
    ci, weekly = (dict(jobs(ROOT / f".github/workflows/{name}.yml")) for name in ("ci", "weekly"))
    assert {c for job in ci.values() for c in commands(job)} >= {
        "make lint", "make test", "make docs",
    }  # fmt: skip
    assert read_yaml(ROOT / ".github/workflows/ci.yml")["env"] == {"TORCH": "cpu"}
    assert "make conda" in commands(weekly["conda"])
    recipe = MAKEFILE.split("\nconda:\n")[1].split("\n\n")[0]
    assert "snakemake --cores $(CORES) --use-conda --config scale=$(or $(SCALE),smoke)" in recipe


def test_hooks_use_the_programs_of_the_environment():
    (repo,) = read_yaml(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repo["repo"] == "local"  # nothing is fetched
    programs = [Path(hook["entry"].split()[0]) for hook in repo["hooks"]]
    assert len(programs) == 3
    for hook, program in zip(repo["hooks"], programs, strict=True):
        assert hook["language"] == "system"
        assert program.parent == Path(".venv/bin")
        assert Path(sys.executable).with_name(program.name).is_file()


def test_image_has_what_renders_and_the_lock():
    text = (ROOT / "Dockerfile").read_text()
    installed = re.search(r"--no-install-recommends \\\n\s+(.*?) \\\n", text)[1].split()
    assert {*PACKAGES, "git", "make"} == set(installed)
    assert "--requirement requirements.lock" in text
    for line in re.findall(r"^COPY (\S+) ", text, re.MULTILINE):
        assert (ROOT / line).exists()


def test_the_catalogue_finds_the_workflow_and_its_usage():
    usage = read_yaml(ROOT / ".snakemake-workflow-catalog.yml")["usage"]
    assert usage.keys() == {"mandatory-flags", "software-stack-deployment", "report"}
    assert usage["mandatory-flags"].keys() == {"desc", "flags"}
    assert usage["software-stack-deployment"]["conda"] == "true"
    assert usage["software-stack-deployment"]["report"] == usage["report"] == "true"
    assert (ROOT / "config/README.md").is_file()
    words = ["-n", "--forceall", "--quiet", "host", "--snakefile", "workflow/Snakefile"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *words, "--config", "scale=smoke"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    counts = dict(re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.MULTILINE))
    assert counts["default"] == counts["report"] == "1"


def test_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = read_yaml(ROOT / "CITATION.cff")
    assert {project["version"], citation["version"]} == {__version__}
    assert f"`v{__version__}`" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_citation_and_bibtex_name_the_same_paper():
    (paper,) = read_yaml(ROOT / "CITATION.cff")["references"]
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    entry = text.split("```bibtex\n")[1].split("```")[0].replace('{\\"o}', "ö")
    names = [f"{author['family-names']}, {author['given-names']}" for author in paper["authors"]]
    assert f"author = {{{' and '.join(names)}}}" in entry
    assert f"title = {{{paper['title']}}}" in entry
    assert f"year = {{{paper['year']}}}" in entry
    number = re.search(r"eprint = \{(.*)\}", entry)[1]
    assert paper["url"].endswith(number)
    assert f"10.48550/arXiv.{number}" in [entry["value"] for entry in paper["identifiers"]]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """The committed files that DVC reads, without data."""
    folder = tmp_path_factory.mktemp("dvc")
    shutil.copytree(ROOT / ".dvc", folder / ".dvc", ignore=shutil.ignore_patterns("tmp", "cache"))
    shutil.copytree(ROOT / "figures/laptop", folder / "figures/laptop")
    for name in ("dvc.yaml", "data.dvc", "results.dvc", ".dvcignore", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


def dvc(folder, *words):
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *words], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_dvc_shows_the_metrics_of_the_committed_table(repository):
    shown = json.loads(dvc(repository, "metrics", "show", "--json"))
    table = pd.read_csv(ROOT / "figures/laptop/replication.csv")
    assert shown[""]["data"]["figures/laptop/metrics.json"]["data"] == metrics(table)


def test_dvc_draws_every_plot_that_is_registered(repository):
    names = [name for plot in read_yaml(ROOT / "dvc.yaml")["plots"] for name in plot]
    assert len(names) == 3
    dvc(repository, "plots", "show", "--out", "plots")
    page = (repository / "plots/index.html").read_text(encoding="utf-8")
    specifications = re.findall(r"var spec = (\{.*?\});\n", page)
    assert [json.loads(text)["title"] for text in specifications] == names
    for text in specifications:
        assert "<DVC_" not in text
        assert len(json.loads(text)["data"]["values"]) > 5


def test_dvc_versions_data_and_results_as_without_metrics(repository, tmp_path):
    without = tmp_path / "without"
    shutil.copytree(repository, without)
    (without / "dvc.yaml").unlink()
    assert set(json.loads(dvc(repository, "status", "--json"))) == {"data.dvc", "results.dvc"}
    for words in (["status", "--json"], ["stage", "list", "--all"], ["data", "status", "--json"]):
        assert dvc(repository, *words) == dvc(without, *words)
