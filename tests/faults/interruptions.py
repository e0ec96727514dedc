"""Faults from outside: a kill, a full disk, a folder that cannot be written."""

import os
import random
import resource
import subprocess
import time
from contextlib import contextmanager

from runs import (
    SAME,
    EndingError,
    ImpossibleError,
    fork_stage,
    interrupt,
    interrupted_line,
    kill,
    one_line,
    require_same,
    run,
    snapshot,
    start,
    wait_for_handlers,
)
from stages import words


def killed(workshop, stage, seed):
    """kill -9 at a moment of the undisturbed run's duration, then the same command again."""
    whole, seconds = workshop.whole(stage), workshop.seconds(stage)
    out = workshop.scratch()
    command = words(stage, workshop.inputs, out)
    process = start(command)
    time.sleep(random.Random(f"{stage} {seed}").uniform(0, seconds))
    kill(process)
    ended = run(command)
    if ended.status != 0:
        raise EndingError(f"after the kill: status {ended.status}, {ended.err[-160:]}")
    require_same(snapshot(out), whole, "differs after a kill")
    return SAME


def interrupted(workshop, stage, number, seed):
    """SIGINT or SIGTERM at such a moment ends the stage in one line; then the same again."""
    whole, seconds = workshop.whole(stage), workshop.seconds(stage)
    out = workshop.scratch()
    command = words(stage, workshop.inputs, out)
    process = start(command)
    wait_for_handlers(process)
    time.sleep(random.Random(f"{stage} {number} {seed}").uniform(0, seconds))
    ended = interrupt(process, number)
    if ended.status != 0:  # it was not done before
        interrupted_line(ended, number, f"smwm {command[0]}: interrupted; the same command ")
        half = [name for name in snapshot(out) if ".tmp" in name]
        if half:
            raise EndingError(f"left half files behind: {', '.join(half[:3])}")
        ended = run(command)
    if ended.status != 0:
        raise EndingError(f"after the interrupt: status {ended.status}, {ended.err[-160:]}")
    require_same(snapshot(out), whole, "differs after an interrupt")
    return SAME


@contextmanager
def small_disk(folder, size):
    """A file system of `size` bytes at `folder`."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise ImpossibleError("there is no mount") from error
    if done.returncode:
        raise ImpossibleError(f"mounting needs root: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def lay_out_earlier(out, whole):
    """An earlier, other result wherever the stage writes, and a file beside it; all that is."""
    for name in [*whole, "bystander"]:
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"an earlier {name}")
    return snapshot(out)


def require_earlier_or_whole(out, before, whole):
    """EndingError unless each file in sight is as before, or as an undisturbed run makes it.

    A stage that writes several files may stop between two. A dataset's card is removed before
    its data change, so that it never describes other data.
    """
    found = snapshot(out)
    torn = [
        name
        for name, content in found.items()
        if not name.rpartition("/")[2].startswith(".")
        and content not in (before.get(name), whole.get(name))
        and not any(part.startswith(".") for part in name.split("/"))
    ]
    lost = [name for name in before if name not in found and not name.endswith("README.md")]
    if torn or lost:
        raise EndingError(f"torn: {torn[:3]}, lost: {lost[:3]}")


def disk_full(workshop, stage, seed):
    """The output's disk holds from a little to nearly all of what the stage writes."""
    whole = workshop.whole(stage)
    out, page = workshop.scratch(), resource.getpagesize()
    need = sum(-(-len(content) // page) for content in whole.values())
    room = random.Random(f"{stage} {seed}").randrange(need)
    earlier = len(whole) + 1  # a page each
    with small_disk(out, (earlier + room) * page):
        before = lay_out_earlier(out, whole)
        ended = fork_stage(words(stage, workshop.inputs, out))
        if ended.status == 0:  # what was there made room
            require_same(
                {n: c for n, c in snapshot(out).items() if n != "bystander"}, whole, "differs"
            )
            return SAME
        require_earlier_or_whole(out, before, whole)
        return one_line(ended, str(out))


def file_limit(workshop, stage, seed):
    """No file may grow beyond a share of the stage's largest, as on a disk with a quota."""
    whole = workshop.whole(stage)
    out = workshop.scratch()
    largest = max(map(len, whole.values()))
    limit = random.Random(f"{stage} {seed}").randrange(largest)
    before = lay_out_earlier(out, whole)
    ended = fork_stage(
        words(stage, workshop.inputs, out),
        before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    require_earlier_or_whole(out, before, whole)
    return one_line(ended, str(out))


def not_writable(workshop, stage, seed):
    """An output folder that only may be read: to root, a file system mounted so."""
    whole = workshop.whole(stage)
    out = workshop.scratch()
    if os.geteuid():
        before = lay_out_earlier(out, whole)
        out.chmod(0o555)
        ended = fork_stage(words(stage, workshop.inputs, out))
        out.chmod(0o755)
    else:
        with small_disk(out, 2**22):
            before = lay_out_earlier(out, whole)
            subprocess.run(["mount", "-o", "remount,ro", str(out)], check=True)
            ended = fork_stage(words(stage, workshop.inputs, out))
            after = snapshot(out)
            require_same(after, before, "changed in a folder that may only be read")
            return one_line(ended, str(out))
    require_same(snapshot(out), before, "changed in a folder that may only be read")
    return one_line(ended, str(out))
