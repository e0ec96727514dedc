import pytest
import torch

from smwm.errors import InputError
from smwm.system.device import check_compiler, choose_device, choose_precision, free_memory


def test_free_memory_is_read_by_uuid():
    table = "GPU-1f3a-77, 40536\nGPU-9c00-12, 81000\n"
    assert free_memory(table) == {"1f3a-77": 40536, "9c00-12": 81000}


def test_a_gpu_without_a_number_is_left_out():
    assert free_memory("GPU-1f3a-77, [N/A]\nFailed to initialize NVML\n") == {}


def test_a_named_precision_stays_as_it_is():
    for name in ("float32", "bfloat16"):
        assert choose_precision(name, torch.device("cpu")) == name


def test_compiling_needs_a_compiler(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    check_compiler("none")
    with pytest.raises(InputError, match=r"compile: 'default' needs a C\+\+ compiler"):
        check_compiler("default")
    monkeypatch.setattr("shutil.which", lambda name: name if name == "clang++" else None)
    check_compiler("default")


def test_the_cpu_is_a_device_everywhere():
    assert choose_device("cpu") == torch.device("cpu")
