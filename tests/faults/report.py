"""Run every case with many seeds and write how each ended: docs/reliability.md."""

import argparse
import os
import platform
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from cases import CASES
from runs import LINE, OTHER, SAME, EndingError, ImpossibleError
from stages import Workshop

from smwm.__main__ import STAGES
from smwm.system.files import write_bytes
from smwm.system.progress import Progress
from smwm.system.provenance import code_version

FAILED, SKIPPED = "failed", "not possible here"
ENDINGS = (SAME, LINE, OTHER, FAILED, SKIPPED)
TEXT = """# What faults end in

Each case disturbs one stage, in its smallest form. It must end in exactly the bytes of an
undisturbed run, or in one clear line on standard error that names the file or key, with a status
that is not 0, no traceback, and nothing that was there before torn or changed. Damage may also end
in another result, where the damaged file still decodes.

- **kill -9**: of the whole process group, at a moment drawn uniformly from the undisturbed run's
  duration; then the same command again. Every file is compared, hidden ones too.
- **interrupts**: SIGINT of the process group, as Ctrl-C sends it, or SIGTERM of the stage alone, at
  such a moment from the program's first lines on. Within five seconds the stage and all that it
  started have ended, with status 130 or 143 and one line that says so, and no half file is left;
  then the same command again, compared as after a kill.
- **disk full**, **file size limit**: room for a random share of what the stage writes. Each file of
  an earlier result must be as it was, or whole and new; a dataset's card may be gone.
- **folder not writable**: a file system mounted so that it may only be read.
- **copied folder**: a finished stage's files under new time stamps, older and newer ones in any
  order; then the same command again.
- **converted line ends**: all lines of a text end in CR LF, or some at random. The result must be
  that of the text as it was.
- **cut**, **flipped bit**: of a whole file, at a random place.
- **crafted**: wrong types, shapes and numbers, pickles with a payload, bombs. No payload may run.

{total}

| stage | fault | tried | {columns} |
|---|---|---|{rules}|
{rows}

{failures}## Where these numbers come from

Code `{code}`, {system}, Python {python}.
Where kills and full disks strike depends on the machine's speed, all else on the seeds alone.
To run it again: `make faults SEEDS={seeds}`, or

```sh
python tests/faults/report.py --seeds {seeds} --out docs/reliability.md
```
"""


def try_all(seeds, jobs):
    """Endings counted by (stage, kind of fault); and (case, seed, reason) of those that failed.

    Every process has a folder and inputs of its own, and tries each `jobs`-th case.
    """
    counts = {(case.stage, case.kind): Counter() for case in CASES}
    failures = []
    if jobs == 1:
        parts = [try_part(0, 1, seeds)]
    else:
        with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
            parts = list(pool.map(try_part, range(jobs), [jobs] * jobs, [seeds] * jobs))
    for found, failed in parts:
        for key, count in found.items():
            counts[key] += count
        failures += failed
    return counts, sorted(failures)


def try_part(part, jobs, seeds):
    """The same for the cases `part`, `part` + `jobs` and so on."""
    tries = [(case, seed) for case in CASES for seed in range(seeds if case.random else 1)]
    tries = tries[part::jobs]
    counts, failures = defaultdict(Counter), []
    with (
        tempfile.TemporaryDirectory() as folder,
        Progress(f"faults {part + 1}/{jobs}", len(tries), "cases") as progress,
    ):
        workshop = Workshop(Path(folder))
        for case, seed in tries:
            try:
                ending = case.run(workshop, seed)
            except ImpossibleError:
                ending = SKIPPED
            except EndingError as error:
                ending = FAILED
                failures.append((case.name, seed, str(error).replace(folder, "...")))
                print("failed:", *failures[-1], file=sys.stderr, flush=True)
            counts[case.stage, case.kind][ending] += 1
            progress.advance(note=f"{len(failures)} failed")
    return counts, failures


def describe(counts, failures, seeds):
    """The report as Markdown."""
    total = sum(counts.values(), Counter())
    rows = [
        "| " + " | ".join([*key, str(count.total()), *(str(count[e]) for e in ENDINGS)]) + " |"
        for key, count in counts.items()
    ]
    failed = [f"- {name}, seed {seed}: `{reason}`" for name, seed, reason in failures]
    endings = ", ".join(f"{total[ending]} {ending}" for ending in ENDINGS)
    return TEXT.format(
        total=f"Of {total.total()} cases, with {seeds} seeds of each random one: {endings}.",
        columns=" | ".join(ENDINGS),
        rules="|".join(["---"] * len(ENDINGS)),
        rows="\n".join(rows),
        failures="\n".join(["## Failed", "", *failed, "", ""]) if failed else "",
        code=code_version(*(module for module, _ in STAGES.values())),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        seeds=seeds,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="of each random case")
    parser.add_argument("--out", type=Path, required=True, help="report to write (.md)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    arguments = parser.parse_args()
    counts, failures = try_all(arguments.seeds, arguments.jobs)
    write_bytes(arguments.out, describe(counts, failures, arguments.seeds).encode())
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
