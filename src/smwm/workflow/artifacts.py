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
import shlex
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from smwm.errors import InputError
from smwm.system.files import sha256, write_json

RECORDS = Path("data/records.json")
METADATA = Path(".snakemake/metadata")
INCOMPLETE = Path(".snakemake/incomplete")  # markers of what is being made, or was when killed
SEEN = Path(".snakemake/contents.json")  # hash of each file that a record is about, as last seen
DATA = ("datasets", "checkpoints")  # folders of data/<...>/<scale>
# Folders of results/<scale>.
RESULTS = ("tasks", "planning", "lambda_sweep", "horizon_sweep", "scaling", "decoded")
CODE = ("Snakefile", "config", "src", "workflow")


def metadata_path(file: str, folder: Path = METADATA) -> Path:
    """Where Snakemake keeps what it knows of `file`."""
    name = urlsafe_b64encode(file.encode()).decode()
    parts = [name[i : i + 254] for i in range(0, len(name), 254)]
    return folder.joinpath(*("@" + part for part in parts[:-1]), parts[-1])


def take_records() -> None:
    """Give Snakemake the records of files that were pulled and not made here.

    A hash tells what a file is, as in a copied folder all time stamps are new; it is computed
    where size or time stamp are not as last seen. Raises InputError naming a file that is neither
    as published nor as a run of this folder made it. Files that a run is making, or was when it
    was killed, are left alone.
    """
    if not RECORDS.is_file():
        return
    seen, damaged = read_seen(), []
    for name, entry in read_records(RECORDS).items():
        file = Path(name)
        if not file.is_file() or metadata_path(name, INCOMPLETE).exists():
            continue
        before, stat = seen.get(name, {}), file.stat()
        state = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
        content = before["sha256"] if state.items() <= before.items() else sha256(file)
        ended, published = ended_at(metadata_path(name)), entry["record"]["endtime"]
        recorded = None  # hash of what Snakemake's record is about
        if ended is not None and ended == before.get("ended"):
            recorded = before["sha256"]
        elif ended is not None and abs(ended - stat.st_mtime) < 1e-3:
            recorded = content
        if content == entry["sha256"]:
            if recorded != content or ended < published:
                write_json(metadata_path(name), entry["record"])
                ended = published
        # The record of a run here whose end nobody looked at is believed.
        elif recorded != content and (recorded or ended in (None, published)):
            damaged.append(name)
            continue
        seen[name] = state | {"sha256": content, "ended": ended}
    write_json(SEEN, seen)
    if damaged:
        name, more = damaged[0], f" (and {len(damaged) - 1} more)" if damaged[1:] else ""
        raise InputError(
            f"{name}{more}: is damaged or half pulled, neither as published nor as made here; "
            f"move it away, then `dvc pull {shlex.quote(name)}` brings the published file, or the "
            f"workflow makes it again; both replace nothing else"
        )


def read_seen() -> dict[str, dict[str, Any]]:
    """What was looked at before; nothing if that cannot be read."""
    try:
        seen = json.loads(SEEN.read_text(encoding="utf-8"))
        complete = all({"sha256", "ended"} <= entry.keys() for entry in seen.values())
    except (OSError, ValueError, AttributeError):
        return {}
    return seen if complete else {}


def ended_at(path: Path) -> float | None:
    """When the run ended whose record Snakemake keeps at `path`, in seconds; None without one."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))["endtime"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_records(path: Path) -> dict[str, dict[str, Any]]:
    """Published records by file. Raises InputError naming a file that holds none."""
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
        for entry in records.values():
            if len(entry["sha256"]) != 64 or not entry["record"]["endtime"] > 0:
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
