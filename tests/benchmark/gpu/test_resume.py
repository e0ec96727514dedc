import pytest

from smwm.benchmark.gpu import resume as module
from smwm.benchmark.gpu.resume import losses, resume


@pytest.mark.slow
def test_a_killed_training_ends_as_one_that_was_not(kit):
    rows = resume(kit)
    assert [(row.measured, row.verdict) for row in rows] == [(0, "pass"), (0, "pass")]
    assert "went on from step" in rows[0].note


@pytest.mark.slow
def test_a_training_that_begins_anew_is_found(kit, monkeypatch):
    train = module.train

    def forgetful(kit, out):
        out.with_name(f".{out.name}.restart").unlink(missing_ok=True)
        return train(kit, out)

    monkeypatch.setattr(module, "train", forgetful)
    with pytest.raises(RuntimeError, match="began anew"):
        resume(kit)


def test_losses_are_read_from_the_curves(tmp_path):
    (tmp_path / "log.csv").write_text("step,loss,forward\n1,0.5,0.1\n2,0.25,0.1\n")
    assert losses(tmp_path / "log.csv") == [0.5, 0.25]


def test_a_training_that_fails_says_why(kit, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "command", lambda kit, out: ["sh", "-c", "echo no >&2; exit 2"])
    with pytest.raises(RuntimeError, match="smwm train: no"):
        module.train(kit, tmp_path / "m.pt")
