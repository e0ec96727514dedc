import subprocess
import sys

import pytest

# Pages that the system clears while 64 MB are taken and freed ten times, after a first time.
COUNT = """
import ctypes, resource, sys, torch
from smwm.system.memory import keep_memory
if sys.argv[1] == "keep" and not (keep_memory() and ctypes.CDLL(None).mallopt(-3, 2**30)):
    sys.exit(3)
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        torch.empty(2**24).fill_(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults(); print(faults())
"""


def faults(word):
    done = subprocess.run([sys.executable, "-c", COUNT, word], capture_output=True, text=True)
    if done.returncode == 3:
        pytest.skip("not glibc's malloc, or an older one")
    return int(done.stdout)


def test_memory_is_not_cleared_again():
    before = faults("default")
    if before < 10 * 2**26 // 4096 / 2:
        pytest.skip("this system's pages are huge, or its malloc keeps memory by itself")
    assert faults("keep") < before / 10


def test_an_older_malloc_gets_what_it_takes_or_nothing(monkeypatch):
    from smwm.system import memory

    for most, asked in ((2**25, [-3, -3, -1]), (2**17, [-3, -3])):
        calls = []

        class Libc:
            @staticmethod
            def mallopt(option, size, most=most, calls=calls):
                calls.append(option)
                return int(option == -1 or size <= most)

        monkeypatch.setattr(memory.ctypes, "CDLL", lambda name, libc=Libc: libc)
        assert memory.keep_memory() == (asked[-1] == -1)
        assert calls == asked


def test_elsewhere_nothing_is_done(monkeypatch):
    from smwm.system.memory import keep_memory

    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_memory() is False
