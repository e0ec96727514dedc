"""Data and models that travel by DVC, and what made them: `smwm publish`.

Snakemake decides by its own records, in `.snakemake/metadata`, whether a file is up to date:
with which parameters, code and inputs it was made. A clone that pulled its data has none.
`smwm publish` puts the records, with hashes of inputs and of the files themselves, into
`data/records.json`, and the workflow takes them from there: what was pulled is neither made again
nor believed without a look at its hash, and a changed setting reruns just what it concerns.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from smwm.errors import InputError
from smwm.files import sha256, write_json

RECORDS = Path("data/records.json")
METADATA = Path(".snakemake/metadata")
SEEN = Path(".snakemake/pulled.json")  # size and time of each file whose hash was found right
DATA = ("datasets", "checkpoints")  # folders of data/<...>/<scale>
RESULTS = ("tasks", "planning", "lambda_sweep", "horizon_sweep", "decoded")  # of results/<scale>
CODE = ("Snakefile", "config", "src", "workflow")


def metadata_path(file: str) -> Path:
    """Where Snakemake keeps what it knows of `file`."""
    name = urlsafe_b64encode(file.encode()).decode()
    parts = [name[i : i + 254] for i in range(0, len(name), 254)]
    return METADATA.joinpath(*("@" + part for part in parts[:-1]), parts[-1])


def take_records() -> None:
    """Give Snakemake the records of files that were pulled and not made here.

    Raises InputError naming a file whose content is not what was published. Files that this
    folder's own runs made have records already and are left alone.
    """
    if not RECORDS.is_file():
        return
    published = read_records(RECORDS)
    seen = json.loads(SEEN.read_text()) if SEEN.is_file() else {}
    for name, entry in published.items():
        file = Path(name)
        if not file.is_file():
            continue
        state = [file.stat().st_size, file.stat().st_mtime_ns]
        if seen.get(name) == state or made_here(file):
            continue
        if sha256(file) != entry["sha256"]:
            raise InputError(
                f"{name}: is damaged or half pulled, its hash is not that of the published file; "
                f"`dvc checkout --force` or `dvc pull --force` restores it, or remove it"
            )
        write_json(metadata_path(name), entry["record"])
        seen[name] = state
    write_json(SEEN, seen)


def made_here(file: Path) -> bool:
    """Whether a run in this folder wrote `file` as it is now."""
    path = metadata_path(str(file))
    if not path.is_file():
        return False
    try:
        ended = json.loads(path.read_text())["endtime"]
    except (ValueError, KeyError, TypeError):
        return False
    return abs(ended - file.stat().st_mtime) < 1e-3


def read_records(path: Path) -> dict[str, dict[str, Any]]:
    """Published records by file. Raises InputError naming a file that holds none."""
    try:
        records = json.loads(path.read_text())
        if not all(len(entry["sha256"]) == 64 and entry["record"] for entry in records.values()):
            raise ValueError("an entry lacks its hash or record")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not the records of published files ({error})") from error
    return records


def collect_records(scale: str) -> dict[str, dict[str, Any]]:
    """Record and hash of every file of `scale` that DVC versions.

    Raises InputError naming a file that no run of this folder made.
    """
    hashes: dict[str, str] = {}

    def hash_of(name: str) -> str:
        if name not in hashes:
            hashes[name] = sha256(name)
        return hashes[name]

    records = {}
    folders = [Path("data", name, scale) for name in DATA]
    for folder in folders + [Path("results", scale, name) for name in RESULTS]:
        for file in sorted(folder.rglob("*")):
            if not file.is_file() or file.name.startswith("."):
                continue
            path = metadata_path(str(file))
            if not path.is_file():
                raise InputError(f"{file}: no run made it; remove it, or run the workflow")
            record = json.loads(path.read_text())
            inputs = [name for name in record["input"] or [] if Path(name).is_file()]
            record["input_checksums"] = {name: f"sha256:{hash_of(name)}" for name in inputs}
            records[str(file)] = {"sha256": hash_of(str(file)), "record": record}
    if not records:
        raise InputError(f"data: holds nothing of scale {scale}, run the workflow first")
    return records


def check_up_to_date(scale: str, targets: list[str]) -> None:
    """Raise InputError unless what `targets` make is there, of this very code, committed."""
    dirty = output_of("git", "status", "--porcelain", "--", *CODE)
    if dirty:
        changed = ", ".join(line.split()[-1] for line in dirty.splitlines())
        raise InputError(f"uncommitted changes in {changed}: commit them and run the workflow")
    words = ["-m", "snakemake", *targets, "-n", "--config", f"scale={scale}"]
    planned = output_of(sys.executable, *words)
    if "Nothing to be done" not in planned:
        raise InputError(
            f"results of scale {scale} are not there or older than the code or settings that make "
            f"them: `snakemake {' '.join(targets)} --cores all --config scale={scale}` first"
        )


def output_of(*command: str) -> str:
    """Output of a command. Raises InputError with its last line if it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise InputError(f"{' '.join(command[:3])} failed: {lines[-1]}")
    return done.stdout + done.stderr


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scale", default="laptop", help="whose results (default: %(default)s)")
    parser.add_argument(
        "--targets", nargs="+", default=["all"], help="of the workflow, all of them finished (all)"
    )
    parser.add_argument("--remote", help="DVC remote to push to (default: that of .dvc/config)")


def publish(scale: str, targets: list[str], remote: str | None) -> None:
    """Record, add to DVC, push, and stage for git what a finished run of `scale` made."""
    check_up_to_date(scale, targets)
    others = read_records(RECORDS) if RECORDS.is_file() else {}
    others = {name: entry for name, entry in others.items() if Path(name).is_file()}
    write_json(RECORDS, others | collect_records(scale))
    dvc = [sys.executable, "-m", "dvc"]
    output_of(*dvc, "add", "--quiet", "data", "results")
    output_of(*dvc, "push", "--quiet", *(["--remote", remote] if remote else []))
    staged = ["data.dvc", "results.dvc", ".dvc", "figures", "store"]
    output_of("git", "add", *(name for name in staged if Path(name).exists()))
    print("published: commit with `git commit -m 'Results of ...'`")


def run(arguments: argparse.Namespace) -> None:
    publish(arguments.scale, arguments.targets, arguments.remote)
