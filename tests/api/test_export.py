import subprocess
import sys

import pytest

import smwm
from conftest import TINY_MODEL
from smwm.__main__ import main
from smwm.models.checkpoint import save_model
from smwm.models.world_model import WorldModel


def test_the_command_writes_a_folder_that_loads(tmp_path, capsys):
    pytest.importorskip("huggingface_hub")
    save_model(tmp_path / "m.pt", WorldModel(TINY_MODEL, 16, 10), {"env": "two_room"})
    words = ["export", "--checkpoint", str(tmp_path / "m.pt"), "--out", str(tmp_path / "out")]
    assert main(words) == 0
    assert "README.md is the model's card" in capsys.readouterr().out
    assert smwm.load(tmp_path / "out").provenance == {"env": "two_room"}


def test_what_is_no_checkpoint_is_one_line(tmp_path, capsys):
    pytest.importorskip("huggingface_hub")
    assert main(["export", "--checkpoint", "none.pt", "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == "smwm export: none.pt: no such checkpoint\n"
    assert not (tmp_path / "out").exists()


def test_without_the_extra_it_is_named(tmp_path):
    code = (
        "import sys; sys.modules['safetensors'] = None; from smwm.__main__ import main; "
        "sys.exit(main(['export', '--checkpoint', 'none.pt', '--out', 'out']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stderr == (
        "smwm export: the module safetensors is not installed: install smwm with its extra [hub]\n"
    )
