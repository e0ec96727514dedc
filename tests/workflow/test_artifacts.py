"""DVC beside Snakemake, on a real workflow run, a real clone and real remotes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from smwm.workflow.artifacts import INCOMPLETE, METADATA, SEEN, metadata_path
from workflow_runs import figures, fresh_copy, planned, run_all, snakemake

pytestmark = pytest.mark.timeout(1800)  # the first test runs the whole workflow at scale smoke

DVC = [sys.executable, "-m", "dvc"]
PULLED = {
    "collect", "train", "train_weight", "tasks", "tasks_far", "plan", "plan_weight", "plan_far",
    "decode",
}  # fmt: skip

CHANGED = (
    "--config", "scale=smoke",
    "methods={smwm: {weight: 1.0}, sigreg: {weight: 2.0}, forward_only: {}, random: {}}",
)  # fmt: skip


def run(*words, cwd, env=None):
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def git(folder, *words):
    who = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    return run("git", *who, *words, cwd=folder)


def publish(folder):
    words = [sys.executable, "-m", "smwm", "publish", "--scale", "smoke"]
    env = os.environ | {"PYTHONPATH": str(folder / "src")}
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, env=env)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A repository with a finished and published run."""
    folder = fresh_copy(tmp_path_factory.mktemp("dvc") / "published")
    shutil.copytree(ROOT / ".dvc", folder / ".dvc", ignore=shutil.ignore_patterns("tmp", "cache"))
    for name in (".dvcignore", ".gitattributes"):
        shutil.copy(ROOT / name, folder)
    ignored = (ROOT / ".gitignore").read_text().replace("/figures/smoke/", "")
    (folder / ".gitignore").write_text(ignored)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "code")
    run_all(folder)
    done = publish(folder)
    assert done.returncode == 0, done.stderr
    git(folder, "commit", "--quiet", "-m", "results")
    return folder


@pytest.fixture
def clone(published, tmp_path):
    folder = tmp_path / "clone"
    git(published, "clone", "--quiet", str(published), str(folder))
    return folder


def test_pulled_data_is_neither_collected_nor_trained_again(published, clone):
    run(*DVC, "pull", "--quiet", cwd=clone)
    assert not planned(clone) & PULLED
    assert run_all(clone) == figures(published)
    assert snakemake(clone, "-n")[1].count("Nothing to be done") == 1


def test_a_changed_weight_retrains_that_method_alone(clone):
    run(*DVC, "pull", "--quiet", cwd=clone)
    status, output = snakemake(clone, "-n", "-p", *CHANGED)
    assert status == 0, output
    trained = [line for line in output.splitlines() if "training " in line]
    assert trained
    assert all("training sigreg on two_room" in line for line in trained)


def test_own_results_are_kept_in_a_copied_folder_and_replaced_one_by_one(clone, tmp_path):
    run(*DVC, "pull", "--quiet", cwd=clone)
    model = Path("data/checkpoints/smoke/two_room/sigreg/seed0.pt")
    curves = model.with_suffix(".csv")
    pulled = (clone / model).read_bytes()
    status, output = snakemake(clone, "--cores", "2", str(model), *CHANGED)
    assert status == 0, output
    own, own_curves = (clone / model).read_bytes(), (clone / curves).read_bytes()
    assert own != pulled
    copy = tmp_path / "copy"
    shutil.copytree(clone, copy, symlinks=True, copy_function=shutil.copy)  # new time stamps
    status, output = snakemake(copy, "-n", "-p", *CHANGED)
    assert status == 0, output
    assert "training " not in output
    (copy / model).unlink()
    (copy / model).write_bytes(own[: len(own) // 2])
    status, output = snakemake(copy, "-n", "-p", *CHANGED)
    assert status != 0
    (line,) = (line for line in output.splitlines() if f"{model}: is damaged" in line)
    assert "--force" not in line
    (copy / model).rename(copy / "aside.pt")
    run(sys.executable, "-m", *line.split("`")[1].split(), cwd=copy)
    assert (copy / model).read_bytes() == pulled
    assert (copy / curves).read_bytes() == own_curves
    status, output = snakemake(copy, "-n", "-p", *CHANGED)
    assert status == 0, output
    assert "training sigreg on two_room, seed 0" in output


def test_a_clone_that_converts_line_ends_holds_the_same_bytes(published, tmp_path):
    folder = tmp_path / "converted"
    words = ["clone", "--quiet", "-c", "core.autocrlf=true", str(published), str(folder)]
    git(published, *words)
    names = git(published, "ls-files", "-z").split("\0")[:-1]
    assert any(name.startswith("store/") for name in names)
    changed = [n for n in names if (folder / n).read_bytes() != (published / n).read_bytes()]
    assert not changed
    words, env = ["sh", "workflow/setup.sh", ".venv"], os.environ | {"TORCH": "none"}
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, env=env)
    assert done.stderr == "setup: TORCH=none is not allowed, it may be cpu or empty\n"
    run(*DVC, "pull", "--quiet", cwd=folder)
    assert not planned(folder) & PULLED


def test_changed_code_reruns_what_uses_it(clone):
    run(*DVC, "pull", "--quiet", cwd=clone)
    path = clone / "src" / "smwm" / "training" / "train.py"
    path.write_text(path.read_text() + "\n# changed\n")
    assert planned(clone) & PULLED == PULLED - {"collect", "tasks", "tasks_far", "decode"}


def test_make_pull_keeps_what_was_made_at_other_scales(clone):
    own = clone / "results/mine/note.txt", clone / "data/checkpoints/mine/model.pt"
    for path in own:
        path.parent.mkdir(parents=True)
        path.write_text("mine")
    run("make", "-o", f"{sys.prefix}/.ready", "pull", f"VENV={sys.prefix}", cwd=clone)
    assert [path.read_text() for path in own] == ["mine"] * 2
    assert planned(clone) & PULLED == set()


def test_a_part_can_be_pulled(clone):
    run(*DVC, "pull", "--quiet", "data/checkpoints/smoke/two_room/smwm", cwd=clone)
    files = {p.relative_to(clone / "data").parts[0] for p in (clone / "data").rglob("*.*")}
    assert files == {"checkpoints"}
    assert (clone / "data/checkpoints/smoke/two_room/smwm/seed0.pt").is_file()


def test_what_a_killed_run_was_making_is_not_called_damaged(clone):
    run(*DVC, "pull", "--quiet", cwd=clone)
    assert planned(clone) & PULLED == set()
    name = "data/checkpoints/smoke/two_room/smwm/seed0.pt"
    (clone / name).unlink()  # it may be a link into DVC's cache
    (clone / name).write_bytes(b"half of a new one")
    marker = clone / metadata_path(name, INCOMPLETE)
    marker.parent.mkdir(exist_ok=True)
    marker.touch()
    (clone / SEEN).write_text("{")
    assert "train" in planned(clone)


@pytest.mark.parametrize("damage", ["cut", "other"])
def test_a_damaged_file_is_named_and_not_trained_on(clone, damage):
    run(*DVC, "pull", "--quiet", cwd=clone)
    path = clone / "data/datasets/smoke/two_room/train.h5"
    content = path.read_bytes()
    path.unlink()  # it may be a link into DVC's cache
    path.write_bytes(content[: len(content) // 2] if damage == "cut" else content[::-1])
    status, output = snakemake(clone, "-n")
    assert status != 0
    words = "data/datasets/smoke/two_room/train.h5: is damaged or half pulled"
    assert [line for line in output.splitlines() if words in line]
    assert "Traceback" not in output


def test_unreadable_records_are_one_clear_line(clone):
    run(*DVC, "pull", "--quiet", cwd=clone)
    path = clone / "data" / "records.json"
    path.unlink()
    path.write_text('{"a": 1}')
    status, output = snakemake(clone, "-n")
    assert status != 0
    assert "data/records.json: not the records of published files" in output
    assert "Traceback" not in output


def test_results_older_than_their_code_are_not_published(published, tmp_path):
    folder = tmp_path / "older"
    shutil.copytree(published, folder, symlinks=True)
    before = (folder / "data.dvc").read_bytes()
    path = folder / "src" / "smwm" / "training" / "train.py"
    path.write_text(path.read_text() + "\n# changed\n")
    refused = publish(folder)
    assert refused.returncode == 2
    assert "uncommitted changes in src/smwm/training/train.py" in refused.stderr
    git(folder, "commit", "--quiet", "-am", "change")
    refused = publish(folder)
    assert refused.returncode == 2
    assert "older than the code or settings" in refused.stderr
    assert (folder / "data.dvc").read_bytes() == before


def test_a_file_made_with_other_code_is_not_published(published, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(published, folder, symlinks=True)
    name = "data/checkpoints/smoke/two_room/smwm/seed0.pt"
    path = folder / metadata_path(name)
    record = json.loads(path.read_text())
    record["input_checksums"]["src/smwm/training/train.py"] = "sha256:" + 64 * "0"
    path.write_text(json.dumps(record))
    refused = publish(folder)
    assert refused.returncode == 2
    assert "older than the code" in refused.stderr or f"{name}: was made with" in refused.stderr


def test_another_scale_s_changed_file_is_not_published(published, tmp_path):
    folder = tmp_path / "scales"
    shutil.copytree(published, folder, symlinks=True)
    other = folder / "data/checkpoints/laptop/model.pt"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"made here today")
    record = folder / metadata_path("data/checkpoints/laptop/model.pt")
    record.write_text(json.dumps({"endtime": other.stat().st_mtime}))
    path = folder / "data/records.json"
    records = json.loads(path.read_text())
    entry = {"sha256": 64 * "0", "record": {"endtime": 1.0}}
    path.unlink()  # it may be a link into DVC's cache
    path.write_text(json.dumps(records | {"data/checkpoints/laptop/model.pt": entry}))
    refused = publish(folder)
    assert refused.returncode == 2
    assert "laptop/model.pt: differs from what was published" in refused.stderr


def test_a_file_that_no_run_made_is_not_published(published, tmp_path):
    folder = tmp_path / "extra"
    shutil.copytree(published, folder, symlinks=True)
    (folder / "data/checkpoints/smoke/two_room/smwm/seed9.pt").write_bytes(b"from elsewhere")
    refused = publish(folder)
    assert refused.returncode == 2
    assert "seed9.pt: no run made it" in refused.stderr


def test_records_are_found_where_snakemake_keeps_them(published):
    name = "data/checkpoints/smoke/two_room/smwm/seed0.pt"
    record = json.loads((published / metadata_path(name)).read_text())
    assert record["rule"] == "train"
    assert len(metadata_path("x" * 500).relative_to(METADATA).parts) == 3


@pytest.fixture
def webdav(tmp_path):
    """The address of a WebDAV server on loopback that stores in a folder."""
    from cheroot import wsgi
    from wsgidav.wsgidav_app import WsgiDAVApp

    (tmp_path / "remote").mkdir()
    app = WsgiDAVApp(
        {
            "provider_mapping": {"/": str(tmp_path / "remote")},
            "simple_dc": {"user_mapping": {"*": True}},
            "logging": {"enable": False},
            "verbose": 0,
        }
    )
    server = wsgi.Server(("127.0.0.1", 0), app)
    server.prepare()
    from threading import Thread

    thread = Thread(target=server.serve)
    thread.start()
    yield f"webdav://127.0.0.1:{server.bind_addr[1]}"
    server.stop()
    thread.join()


def test_push_and_pull_through_a_real_server(published, tmp_path, webdav):
    folder = tmp_path / "pushing"
    shutil.copytree(published, folder, symlinks=True)
    run(*DVC, "remote", "add", "far", webdav, cwd=folder)
    run(*DVC, "push", "--quiet", "--remote", "far", cwd=folder)
    other = tmp_path / "pulling"
    git(published, "clone", "--quiet", str(published), str(other))
    shutil.rmtree(other / "store")
    run(*DVC, "remote", "add", "far", webdav, cwd=other)
    run(*DVC, "pull", "--quiet", "--remote", "far", cwd=other)
    assert not planned(other) & PULLED
    for path in (published / "data").rglob("*.pt"):
        assert (other / path.relative_to(published)).read_bytes() == path.read_bytes()
