"""Files that are whole or absent: atomic writes, locks, content hashes."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from smwm.errors import InputError


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path in the same folder; rename it over `path` if the block succeeds.

    A reader of `path` sees the old file or the new one, never a part of it. The temporary name
    is always the same, so that what a kill leaves behind is overwritten. Raises InputError
    naming `path` if it cannot be written: the system's own words on a full disk name no file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())
        raise InputError(f"{path}: cannot be written ({reason})") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write `content` to `path` atomically."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path | str, content: Any) -> None:
    """Write `content` as indented JSON to `path` atomically."""
    write_bytes(path, (json.dumps(content, indent=1) + "\n").encode())


@contextmanager
def exclusive(path: Path | str) -> Iterator[None]:
    """Hold the right to write `path`; wait for a process that already holds it.

    A workflow that was killed may leave a stage running. Its restart waits for that stage
    here instead of racing it. The kernel releases the lock when its holder dies.
    """
    lock = Path(path).with_name(f".{Path(path).name}.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with lock.open("wb") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"waiting: another process is writing {path}", file=sys.stderr, flush=True)
                fcntl.flock(handle, fcntl.LOCK_EX)
            # The last holder removed the file that was waited for: take its successor.
            if not _is_open(handle, lock):
                continue
            try:
                yield
            finally:
                lock.unlink(missing_ok=True)
            return


def _is_open(handle: IO[bytes], path: Path) -> bool:
    """Whether `path` still names the file behind `handle`."""
    try:
        return os.path.samestat(os.fstat(handle.fileno()), path.stat())
    except FileNotFoundError:
        return False


def sha256(path: Path | str) -> str:
    """Hex SHA-256 of a file's content."""
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
