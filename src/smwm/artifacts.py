"""Data and models that travel by DVC, and what made them: `smwm publish`.

Snakemake decides by its own records, in `.snakemake/metadata`, whether a file is up to date:
with which parameters, code and inputs it was made. A clone that pulled its data has none.
`smwm publish` puts the records, with hashes of inputs and of the files themselves, into
`data/records.json`, and the workflow takes them from there: what was pulled is neither made again
nor believed without a look at its hash, and a changed setting reruns just what it concerns.
"""

from __future__ import annotations

import argparse
import functools
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
INCOMPLETE = Path(".snakemake/incomplete")  # markers of what is being made, or was when killed
SEEN = Path(".snakemake/pulled.json")  # size and time of each file whose hash was found right
DATA = ("datasets", "checkpoints")  # folders of data/<...>/<scale>
RESULTS = ("tasks", "planning", "lambda_sweep", "horizon_sweep", "decoded")  # of results/<scale>
CODE = ("Snakefile", "config", "src", "workflow")


def metadata_path(file: str, folder: Path = METADATA) -> Path:
    """Where Snakemake keeps what it knows of `file`."""
    name = urlsafe_b64encode(file.encode()).decode()
    parts = [name[i : i + 254] for i in range(0, len(name), 254)]
    return folder.joinpath(*("@" + part for part in parts[:-1]), parts[-1])


def take_records() -> None:
    """Give Snakemake the records of files that were pulled and not made here.

    Raises InputError naming a file whose content is not what was published. Files that this
    folder's own runs made have records already, and those that a run is making will have: both
    are left alone.
    """
    if not RECORDS.is_file():
        return
    published = read_records(RECORDS)
    seen = read_seen()
    for name, entry in published.items():
        file = Path(name)
        if not file.is_file() or metadata_path(name, INCOMPLETE).exists():
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


def read_seen() -> dict[str, list[int]]:
    """What was looked at before; nothing if that cannot be read."""
    try:
        seen = json.loads(SEEN.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return seen if isinstance(seen, dict) else {}


def made_here(file: Path) -> bool:
    """Whether a run in this folder wrote `file` as it is now."""
    path = metadata_path(str(file))
    if not path.is_file():
        return False
    try:
        ended = json.loads(path.read_text(encoding="utf-8"))["endtime"]
    except (ValueError, KeyError, TypeError):
        return False
    return abs(ended - file.stat().st_mtime) < 1e-3


def read_records(path: Path) -> dict[str, dict[str, Any]]:
    """Published records by file. Raises InputError naming a file that holds none."""
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
        if not all(len(entry["sha256"]) == 64 and entry["record"] for entry in records.values()):
            raise ValueError("an entry lacks its hash or record")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not the records of published files ({error})") from error
    return records


def collect_records(scale: str) -> dict[str, dict[str, Any]]:
    """Record and hash of every file of `scale` that DVC versions.

    Raises InputError naming a file that no run of this folder made, or made from other inputs
    than those of today.
    """
    folders = [Path("data", name, scale) for name in DATA]
    folders += [Path("results", scale, name) for name in RESULTS]
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()]
    names = [str(file) for file in files if not file.name.startswith(".")]
    if not names:
        raise InputError(f"data: holds nothing of scale {scale}, run the workflow first")
    left_out = ignored_by_dvc(names)
    hash_of = functools.cache(sha256)
    records = {}
    for name in names:
        if name in left_out:
            continue
        path = metadata_path(name)
        if not path.is_file():
            raise InputError(f"{name}: no run made it; remove it, or run the workflow")
        record = json.loads(path.read_text(encoding="utf-8"))
        inputs = [source for source in record["input"] or [] if Path(source).is_file()]
        sums = {source: f"sha256:{hash_of(source)}" for source in inputs}
        for source, before in (record.get("input_checksums") or {}).items():
            if sums.get(source, before) != before:
                raise InputError(
                    f"{name}: was made with another {source}; run what makes it again, or remove it"
                )
        record["input_checksums"] = sums
        records[name] = {"sha256": hash_of(name), "record": record}
    return records


def ignored_by_dvc(names: list[str]) -> set[str]:
    """Those of `names` that .dvcignore leaves out."""
    words = [sys.executable, "-m", "dvc", "check-ignore", *names]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode > 1:  # 1: none is ignored
        raise InputError(f"dvc check-ignore failed: {done.stderr.strip().splitlines()[-1]}")
    return set(done.stdout.splitlines())


def records_of_others(mine: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Published records of files that are there and not among `mine`.

    Raises InputError naming a file that is not what was published: DVC would add it as it is.
    """
    published = read_records(RECORDS) if RECORDS.is_file() else {}
    others = {n: entry for n, entry in published.items() if n not in mine and Path(n).is_file()}
    for name, entry in others.items():
        if sha256(name) != entry["sha256"]:
            raise InputError(f"{name}: differs from what was published; publish its scale first")
    return others


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
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
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
    records = collect_records(scale)
    write_json(RECORDS, records_of_others(records) | records)
    dvc = [sys.executable, "-m", "dvc"]
    output_of(*dvc, "add", "--quiet", "data", "results")
    output_of(*dvc, "push", "--quiet", *(["--remote", remote] if remote else []))
    staged = ["data.dvc", "results.dvc", ".dvc", "figures", "store"]
    output_of("git", "add", *(name for name in staged if Path(name).exists()))
    print("published: commit with `git commit -m 'Results of ...'`")


def run(arguments: argparse.Namespace) -> None:
    publish(arguments.scale, arguments.targets, arguments.remote)
