"""Commands' words that depend on a job: files as flags, quoted for a shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping


def as_flags(files: Mapping[str, str | Iterable[str]]) -> str:
    """Files by flag, in order; a flag without files is left out, and so is `code`.

    Rules name their inputs by the flags that hand them over. Those named `code` are the package's
    files, which no command takes.
    """
    words = []
    for flag, given in files.items():
        several = [given] if isinstance(given, str) else list(given)
        if several and flag != "code":
            words += [f"--{flag}", *several]
    return shlex.join(words)
