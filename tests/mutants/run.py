"""Make each mistake of mutants.yaml in a copy of the project: does the test that it names fail?

One process a mistake, forked from this one, which has the large libraries loaded and nothing of
the project: `make mutants`, or

    python tests/mutants/run.py --only planning --jobs 1
"""

import argparse
import compileall
import importlib
import os
import platform
import py_compile
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("mutants.yaml")
COPIED = (
    "Makefile", "Snakefile", "config", "profiles", "pyproject.toml", "requirements.lock",
    "resources", "src", "tests", "workflow",
)  # fmt: skip
# Forked processes share what is loaded; MuJoCo must wait for the project's choice of a backend.
PRELOADED = (
    "torch", "h5py", "matplotlib.figure", "numpy", "pandas", "pytest", "scipy.stats",
    "sklearn.neural_network", "statsmodels.stats.proportion",
)  # fmt: skip
CAUGHT, SURVIVED, BROKEN = "caught", "survived", "broken"
ENDINGS = {0: SURVIVED, 1: CAUGHT}  # pytest's exit status; others: it did not get to the test
LEAST = 0.95  # share caught
TEXT = """# What the tests notice

Each row is a deliberate mistake, made in a copy of the project by replacing one text in one file,
and the test that must fail of it: {caught}: it did; {survived}: it passed; {broken}: it could not
be run, or fails without the mistake. `tests/mutants/mutants.yaml` holds the texts.

**{total}**

| file | mistake | test | result |
|---|---|---|---|
{rows}

{system}, Python {python}: {seconds:.1f} s a mistake on {jobs} processes. To run it again:
`make mutants`.
"""


class Mutant(NamedTuple):
    """A mistake: `old`, which `file` holds once, becomes `new`, and `test` must fail."""

    file: str
    mistake: str
    old: str
    new: str
    test: str

    @property
    def path(self) -> Path:
        return ROOT / self.file

    def source(self) -> str:
        """The file with the mistake. Raises ValueError unless it holds `old` once."""
        text = self.path.read_text()
        if text.count(self.old) != 1:
            raise ValueError(f"{self.file}: holds {self.old!r} {text.count(self.old)} times")
        return text.replace(self.old, self.new)


def read_mutants(path: Path = TABLE) -> list[Mutant]:
    """The table, which is ordered by file."""
    by_file = yaml.safe_load(path.read_text())
    return [Mutant(file, **row) for file, rows in by_file.items() for row in rows]


def copy_project(folder: Path) -> Path:
    """What tests need, compiled so that a changed source is seen whatever its time stamp."""
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    by_content = py_compile.PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(folder / "src", quiet=1, invalidation_mode=by_content)
    return folder


class Failures:
    """Write the names of tests that fail to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed:
            with self._path.open("a") as file:
                file.write(f"{report.nodeid}\n")


def start(folder: Path, *words: str) -> int:
    """Start pytest in a copy of the project, its output in a file there; the process's number."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    try:
        log = os.open(folder / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(folder)
        import pytest

        options = ["-q", "-p", "no:cacheprovider", "--timeout=300", f"--basetemp={folder}/tmp"]
        status = int(pytest.main([*options, *words], [Failures(folder / "failures.txt")]))
        sys.stdout.flush()
    except BaseException:
        status = 70
    os._exit(status)


def failing(folder: Path, tests: list[str]) -> set[str]:
    """Which of the tests fail without any mistake. Raises SystemExit if they cannot be run."""
    status = os.waitstatus_to_exitcode(os.waitpid(start(folder, *tests), 0)[1])
    if status not in ENDINGS:
        output = (folder / "output.txt").read_text()
        sys.exit(f"mutants: the tests cannot be run:\n{output[-2000:]}")
    failures = folder / "failures.txt"
    names = failures.read_text().splitlines() if failures.exists() else []
    return {test for test in tests for name in names if name == test or name.startswith(f"{test}[")}


def try_all(mutants: list[Mutant], folders: list[Path]) -> dict[Mutant, str]:
    """How each ended; one process at a time in each folder."""
    left, running, results = list(reversed(mutants)), {}, {}
    while left or running:
        while left and folders:
            mutant, folder = left.pop(), folders.pop()
            (folder / mutant.file).write_text(mutant.source())
            running[start(folder, "-x", mutant.test)] = mutant, folder
        child, status = os.wait()
        mutant, folder = running.pop(child)
        results[mutant] = ENDINGS.get(os.waitstatus_to_exitcode(status), BROKEN)
        shutil.copy2(mutant.path, folder / mutant.file)
        folders.append(folder)
        what = f"{results[mutant]}: {mutant.file}: {mutant.mistake}"
        print(f"{len(results)}/{len(mutants)} {what}", flush=True)
    return results


def describe(results: dict[Mutant, str], seconds: float, jobs: int) -> str:
    """The report, in the table's order."""
    rows = [
        f"| {mutant.file.removeprefix('src/smwm/')} | {mutant.mistake} "
        f"| {mutant.test.removeprefix('tests/')} | {result} |"
        for mutant, result in results.items()
    ]
    return TEXT.format(
        caught=CAUGHT, survived=SURVIVED, broken=BROKEN, total=total(results),
        rows="\n".join(rows), system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(), seconds=seconds / len(results), jobs=jobs,
    )  # fmt: skip


def total(results: dict[Mutant, str]) -> str:
    counts = Counter(results.values())
    others = "".join(f", {counts[how]} {how}" for how in (SURVIVED, BROKEN) if counts[how])
    return f"{counts[CAUGHT]} of {len(results)} caught{others}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--only", default="", help="mistakes whose file or words hold this text")
    parser.add_argument("--table", type=Path, default=TABLE, help="mistakes to make (.yaml)")
    parser.add_argument("--out", type=Path, help="report to write (.md)")
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    chosen = [m for m in read_mutants(arguments.table) if arguments.only in f"{m.file} {m.mistake}"]
    if not chosen:
        sys.exit(f"mutants: none holds {arguments.only!r}")
    for name in PRELOADED:
        importlib.import_module(name)

    with tempfile.TemporaryDirectory(prefix="mutants-") as temporary:
        folders = [copy_project(Path(temporary) / str(i)) for i in range(arguments.jobs)]
        tests = list(dict.fromkeys(mutant.test for mutant in chosen))
        print(f"{len(tests)} tests without a mistake", flush=True)
        broken = failing(folders[0], tests)
        begin = time.monotonic()
        tried = try_all([mutant for mutant in chosen if mutant.test not in broken], folders)
        seconds = time.monotonic() - begin
    results = {mutant: tried.get(mutant, BROKEN) for mutant in chosen}
    for mutant, result in results.items():
        if result != CAUGHT:
            print(f"{result}: {mutant.file}: {mutant.mistake}: {mutant.test}")
    print(total(results), f"{seconds / len(results):.1f} s each", sep=", ")
    if arguments.out:
        arguments.out.write_text(describe(results, seconds, arguments.jobs))
    return 0 if Counter(results.values())[CAUGHT] >= LEAST * len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
