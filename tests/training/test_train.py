import csv
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch

from conftest import TINY_MODEL
from smwm.__main__ import main
from smwm.data.windows import Windows
from smwm.errors import InputError
from smwm.methods import TRAINED
from smwm.models.checkpoint import load_model, load_tensors
from smwm.models.world_model import WorldModel
from smwm.system.device import choose_device, choose_precision, data_device
from smwm.training.objectives import loss_terms
from smwm.training.train import (
    TrainSettings,
    is_trained,
    losses,
    prepare,
    schedule,
    train,
)

EXACT = "donot_use_mm_for_euclid_dist"
SETTINGS = TrainSettings(steps=12, batch_size=8, frames=3, projections=8, log_every=4, save_every=5)


def run(data, folder, settings=SETTINGS, method="smwm", seed=0):
    out, log = folder / "model.pt", folder / "log.csv"
    train(method, data, out, log, seed, settings, TINY_MODEL, {"seed": seed})
    return out, log


def contents(paths):
    return [path.read_bytes() for path in paths]


@pytest.mark.parametrize("method", TRAINED)
def test_same_seed_same_bytes_other_seed_others(train_data, tmp_path, method):
    first = contents(run(train_data, tmp_path / "a", method=method))
    assert first == contents(run(train_data, tmp_path / "b", method=method))
    assert first[1] != contents(run(train_data, tmp_path / "c", method=method, seed=1))[1]


@pytest.mark.parametrize("last", [0.0, 1e30])
def test_the_unused_last_action_of_an_episode_changes_no_byte(train_data, tmp_path, last):
    actions = train_data.actions.copy()
    assert np.isnan(actions[30::31]).all()
    actions[30::31] = last  # as files of others may have it
    first = contents(run(train_data, tmp_path / "a"))
    assert first == contents(run(replace(train_data, actions=actions), tmp_path / "b"))


def test_provenance_counts_the_episodes_that_have_a_window(dataset_folder, tmp_path, capsys):
    path = shutil.copy(dataset_folder / "train.h5", tmp_path / "data.h5")
    with h5py.File(path, "a") as file:
        file["ep_len"][:2] = 10, 11
    words = f"train --data {path} --method smwm --out {tmp_path}/m.pt --log {tmp_path}/m.csv"
    words += " --steps 2 --batch-size 4 --channels 4 --width 8 --frames 3 --block 5"
    assert main(words.split()) == 0
    assert load_model(tmp_path / "m.pt")[1]["episodes"] == 5
    assert "left out: 1 of 6 episodes, of 9 to 9 actions" in capsys.readouterr().out


def test_a_share_of_the_episodes_is_trained_on(dataset_folder, tmp_path):
    words = f"train --data {dataset_folder}/train.h5 --method smwm --out {tmp_path}/m.pt"
    words += f" --log {tmp_path}/m.csv --steps 2 --batch-size 4 --channels 4 --width 8"
    assert main([*words.split(), "--data-share", "0.5"]) == 0
    provenance = load_model(tmp_path / "m.pt")[1]
    assert (provenance["episodes"], provenance["settings"]["data_share"]) == (3, 0.5)


@pytest.mark.parametrize("method", TRAINED)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_interrupted_run_ends_with_the_same_bytes(
    train_data, tmp_path, monkeypatch, method, precision
):
    settings = replace(SETTINGS, precision=precision)
    whole = contents(run(train_data, tmp_path / "whole", settings, method))

    class StoppedError(Exception):
        pass

    def stop_at_eight(step, settings):
        if step == 8:
            raise StoppedError
        return schedule(step, settings)

    with monkeypatch.context() as patch:
        patch.setattr("smwm.training.train.schedule", stop_at_eight)
        with pytest.raises(StoppedError):
            run(train_data, tmp_path / "cut", settings, method)
    assert (tmp_path / "cut" / ".model.pt.restart").exists()

    steps = []
    monkeypatch.setattr(
        "smwm.training.train.schedule", lambda step, s: steps.append(step) or schedule(step, s)
    )
    assert contents(run(train_data, tmp_path / "cut", settings, method)) == whole
    assert steps == list(range(6, 13))  # from the restart point at step 5
    assert sorted(path.name for path in (tmp_path / "cut").iterdir()) == ["log.csv", "model.pt"]


def test_restart_point_of_another_run_is_not_used(train_data, tmp_path, monkeypatch):
    expected = contents(run(train_data, tmp_path / "a", seed=1))
    monkeypatch.setattr("smwm.training.train.save_model", lambda *_: None)
    monkeypatch.setattr("pathlib.Path.unlink", lambda *_, **__: None)
    run(train_data, tmp_path / "b", seed=0)
    monkeypatch.undo()
    restart = tmp_path / "b" / ".model.pt.restart"
    assert load_tensors(restart, {"provenance"})["provenance"] == {"seed": 0}
    assert contents(run(train_data, tmp_path / "b", seed=1)) == expected
    restart.write_bytes(b"damaged")
    assert contents(run(train_data, tmp_path / "b", seed=1)) == expected


def test_a_finished_run_is_known_by_its_origin(train_data, tmp_path):
    out, log = run(train_data, tmp_path)
    assert is_trained(out, log, {"seed": 0})
    assert not is_trained(out, log, {"seed": 1})
    assert not is_trained(tmp_path / "none.pt", log, {"seed": 0})


@pytest.mark.slow
def test_killed_process_goes_on(dataset_folder, tmp_path):
    def start(out):
        flags = "--steps 400 --batch-size 32 --save-every 20 --channels 4 8 --width 16"
        return subprocess.Popen(
            [sys.executable, "-m", "smwm", "train", "--method", "smwm", *flags.split(),
             "--data", dataset_folder / "train.h5", "--out", tmp_path / out / "m.pt",
             "--log", tmp_path / out / "m.csv", "--device", "cpu"],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    assert start("whole").communicate()[1].startswith("train smwm seed 0: 0/400")
    killed = start("killed")
    deadline = time.monotonic() + 120
    while not (tmp_path / "killed" / ".m.pt.restart").exists():
        assert killed.poll() is None, "ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert not (tmp_path / "killed" / "m.pt").exists()

    first_line = start("killed").communicate()[1].splitlines()[0]
    assert not first_line.startswith("train smwm seed 0: 0/400")
    for name in ("m.pt", "m.csv"):
        whole, cut = (tmp_path / run / name for run in ("whole", "killed"))
        assert whole.read_bytes() == cut.read_bytes()


def test_log_holds_terms_spread_and_rank(train_data, tmp_path):
    _, log = run(train_data, tmp_path)
    rows = list(csv.DictReader(log.read_text().splitlines()))
    assert [row["step"] for row in rows] == ["4", "5", "8", "10", "12"]
    assert set(rows[0]) == {
        "step", "loss", "forward", "regulariser", "gradient_norm", "embedding_std",
        "effective_rank",
    }  # fmt: skip
    assert all(1 <= float(row["effective_rank"]) <= 6 for row in rows)


def test_the_last_step_is_logged_whatever_its_number(train_data, tmp_path):
    _, log = run(train_data, tmp_path, replace(SETTINGS, steps=11))
    rows = list(csv.DictReader(log.read_text().splitlines()))
    assert [row["step"] for row in rows] == ["4", "5", "8", "10", "11"]


def watch(monkeypatch, look):
    """Let `look` see the model and the batch that the loss of each training step is made of."""

    def seen(method, model, batch, weight):
        look(model, batch)
        return loss_terms(method, model, batch, weight)

    monkeypatch.setattr("smwm.training.train.loss_terms", seen)


def test_steps_are_those_of_adamw_under_the_settings(train_data, tmp_path, monkeypatch):
    """Decay, moments, clipping, schedule and weight as they are written down here."""
    settings = replace(
        SETTINGS, steps=5, weight=3.0, learning_rate=0.01, weight_decay=0.5, warm_up=0.4,
        gradient_clip=0.4, precision="float32", log_every=1,
    )  # fmt: skip
    weights, gradients = [], []

    def look(model, batch):
        terms = loss_terms("smwm", model, batch, 0.0)
        loss = terms["forward"] + settings.weight * terms["regulariser"]
        own = list(model.parameters())
        weights.append([part.detach().clone() for part in own])
        gradients.append(torch.autograd.grad(loss, own, retain_graph=True))

    watch(monkeypatch, look)
    out, log = tmp_path / "m.pt", tmp_path / "m.csv"
    trained = train("smwm", train_data, out, log, 0, settings, TINY_MODEL, {})
    weights.append([part.detach() for part in trained.parameters()])
    norms = [math.sqrt(sum(part.square().sum().item() for part in step)) for step in gradients]
    assert min(norms) < 0.5 * max(norms)  # else clipping would hardly show in AdamW's steps
    rows = csv.DictReader(log.read_text().splitlines())
    assert [float(row["gradient_norm"]) for row in rows] == pytest.approx(norms, rel=1e-4)
    first = second = [torch.zeros_like(part) for part in weights[0]]
    for step, share in enumerate((0.5, 1.0, 0.75, 0.25, 0.0), start=1):
        rate = settings.learning_rate * share
        scale = min(1.0, settings.gradient_clip / norms[step - 1])
        clipped = [scale * part for part in gradients[step - 1]]
        first = [0.9 * m + 0.1 * g for m, g in zip(first, clipped, strict=True)]
        second = [0.999 * v + 0.001 * g**2 for v, g in zip(second, clipped, strict=True)]
        for w, m, v, after in zip(weights[step - 1], first, second, weights[step], strict=True):
            move = (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
            expected = w - rate * settings.weight_decay * w - rate * move
            torch.testing.assert_close(after, expected, rtol=1e-4, atol=2e-6)


def test_the_loss_sees_normalised_actions_and_batches_as_set(train_data, tmp_path, monkeypatch):
    batches = []
    watch(monkeypatch, lambda model, batch: batches.append(batch))
    data = replace(train_data, actions=40 + 3 * train_data.actions)
    settings = replace(SETTINGS, batch_size=9, frames=4, block=2, projections=5)
    run(data, tmp_path, settings, "sigreg")
    mean, std = data.action_statistics()
    windows = Windows.of(data, settings.frames, settings.block)
    raw = windows.gather(windows.starts)[1].flatten(0, 1).numpy()
    known = torch.from_numpy((raw - np.tile(mean, 2)) / np.tile(std, 2))
    assert len(batches) == 12
    for batch in batches:
        assert batch.projections == 5
        assert batch.latents.shape == (9, 4, 6)
        assert batch.pixels.shape == (9, 4, 16, 16, 3)
        apart = torch.cdist(batch.actions.flatten(0, 1), known, compute_mode=EXACT)
        assert apart.min(1).values.max() < 1e-4


def test_the_moving_average_follows_after_every_step(train_data, tmp_path, monkeypatch):
    encoders, averages = [], []

    def look(model, batch):
        for kept, module in ((encoders, model), (averages, batch.helper.model)):
            kept.append(module.encoder[0].weight.detach().clone())

    watch(monkeypatch, look)
    run(train_data, tmp_path, method="ema")
    assert torch.equal(averages[0], encoders[0])
    assert not torch.equal(averages[-1], averages[0])
    for before, encoder, after in zip(averages, encoders[1:], averages[1:], strict=False):
        torch.testing.assert_close(after, 0.99 * before + 0.01 * encoder)


def test_actions_are_normalised_with_the_training_split(train_data, tmp_path):
    out, _ = run(train_data, tmp_path)
    model, _ = load_model(out)
    mean, std = train_data.action_statistics()
    np.testing.assert_allclose(model.action_mean, np.tile(mean, 5), atol=1e-6)
    np.testing.assert_allclose(model.action_std, np.tile(std, 5), atol=1e-6)


def test_an_action_that_never_moves_keeps_a_deviation_of_one(train_data, tmp_path):
    data = replace(train_data, actions=train_data.actions * [1, 0] + [0, 7])
    run(data, tmp_path)
    model, _ = load_model(tmp_path / "model.pt")
    assert model.action_mean[1::2].tolist() == [7] * 5
    assert model.action_std[1::2].tolist() == [1] * 5
    assert (model.action_std[::2] != 1).all()


def test_training_lowers_the_loss(train_data, tmp_path):
    settings = replace(SETTINGS, steps=150, batch_size=32, log_every=10)
    _, log = run(train_data, tmp_path, settings)
    losses = [float(row["loss"]) for row in csv.DictReader(log.read_text().splitlines())]
    assert losses[-1] < 0.95 * losses[0]


def test_breakdown_stops_with_one_clear_line_and_keeps_old_results(train_data, tmp_path):
    out, log = run(train_data, tmp_path)
    before = contents([out, log])
    broken = replace(SETTINGS, learning_rate=1e30, gradient_clip=1e30, warm_up=0.0)
    with pytest.raises(InputError, match=r"training of smwm broke down: .* not finite by step 2"):
        run(train_data, tmp_path, broken)
    assert contents([out, log]) == before
    assert not (tmp_path / ".model.pt.restart").exists()


def test_windows_are_those_of_the_settings(train_data, tmp_path):
    """Episodes of 30 actions: three frames 11 actions apart lie in one, their blocks do not."""
    settings = replace(SETTINGS, block=11)
    assert all(contents(run(train_data, tmp_path, settings)))
    with pytest.raises(InputError, match="no episode has the 32 actions"):
        run(train_data, tmp_path, replace(settings, window="blocks"))


SMALL = {
    "cnn": TINY_MODEL,
    "keypoints": replace(TINY_MODEL, encoder="keypoints", projector=0, output="tanh"),
    "vit": replace(
        TINY_MODEL, encoder="vit", patch=8, vit_width=12, vit_depth=1, forward_model="transformer",
        blocks=1, heads=2, head_dim=4, mlp_width=8, dropout=0.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "encoder"), [*((method, "cnn") for method in TRAINED), ("smwm", "keypoints"),
                            ("ema", "vit")],
)  # fmt: skip
def test_losses_compile_to_one_graph_with_the_same_gradients(method, encoder):
    """Before a backend makes code of it: nothing of a step is left to Python."""
    torch.compiler.reset()  # it compiles a function anew for few models
    torch.manual_seed(0)
    model = WorldModel(SMALL[encoder], 16, 10)
    helper = prepare(method, model)
    settings = TrainSettings(projections=8)
    pixels = torch.randint(0, 256, (4, 3, 16, 16, 3), dtype=torch.uint8)
    batch = method, model, helper, pixels, torch.randn(4, 2, 10), settings, "bfloat16"
    results = []
    for compute in (losses, torch.compile(losses, backend="aot_eager", fullgraph=True)):
        torch.manual_seed(1)
        terms, latents = compute(*batch)
        model.zero_grad()
        terms["loss"].backward()
        gradients = [w.grad for w in model.parameters() if w.grad is not None]
        results.append([*terms.values(), latents, *gradients])
    for eager, compiled in zip(*results, strict=True):
        torch.testing.assert_close(compiled, eager)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a compiler")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own
def test_a_compiled_run_is_the_same_up_to_rounding(train_data, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    torch.compiler.reset()
    rows = []
    for mode in ("none", "default"):
        settings = replace(SETTINGS, compile=mode, precision="float32")
        _, log = run(train_data, tmp_path / mode, settings)
        rows.append(np.loadtxt(log, delimiter=",", skiprows=1))
    assert list((tmp_path / "cache").rglob("*.cpp"))
    np.testing.assert_allclose(rows[1], rows[0], rtol=1e-3)


def test_schedule_warms_up_and_ends_at_zero():
    settings = TrainSettings(steps=100, warm_up=0.1)
    values = [schedule(step, settings) for step in range(1, 101)]
    assert values[4] == pytest.approx(0.5)
    assert max(values) == pytest.approx(1.0)
    assert values[-1] == pytest.approx(0.0)
    assert values[9:] == sorted(values[9:], reverse=True)
    assert all(math.isfinite(value) for value in values)


def test_precision_is_chosen_by_what_the_hardware_computes_in(monkeypatch):
    cpu = torch.device("cpu")
    assert choose_precision("float32", cpu) == "float32"
    assert choose_precision("bfloat16", cpu) == "bfloat16"
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True}, raising=False)
    assert choose_precision("auto", cpu) == "bfloat16"
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict, raising=False)
    assert choose_precision("auto", cpu) == "float32"


def test_images_stay_in_main_memory_where_the_gpu_is_too_small(monkeypatch):
    gpu, cpu = torch.device("cuda"), torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 2000))
    assert data_device(gpu, 500) == gpu
    assert data_device(gpu, 501) == cpu
    assert data_device(cpu, 10**12) == cpu


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_missing_gpu_is_said():
    assert choose_device("auto").type == "cpu"
    with pytest.raises(InputError, match="cuda is not available on this machine, allowed: auto"):
        choose_device("cuda")


def test_a_frozen_encoder_stays_as_the_seed_made_it(train_data, tmp_path):
    short, _ = run(train_data, tmp_path / "a", replace(SETTINGS, steps=5), "frozen")
    long, _ = run(train_data, tmp_path / "b", SETTINGS, "frozen")
    (first, _), (second, _) = load_model(short), load_model(long)
    for name, weights in first.state_dict().items():
        same = torch.equal(weights, second.state_dict()[name])
        assert same == (not name.startswith("forward_model")), name


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_frozen_encoder_sees_each_image_once(train_data, tmp_path, monkeypatch, precision):
    """The losses are those of an encoder that sees every batch anew."""
    settings = replace(SETTINGS, precision=precision, log_every=1)
    shape = replace(TINY_MODEL, output="tanh")
    seen, encode = [], WorldModel.encode

    def counted(model, pixels):
        seen.append(pixels[..., 0, 0, 0].numel())
        return encode(model, pixels)

    monkeypatch.setattr(WorldModel, "encode", counted)
    monkeypatch.setattr("smwm.training.train.ENCODED", 100)

    def logged(name):
        out, log = tmp_path / f"{name}.pt", tmp_path / f"{name}.csv"
        train("frozen", train_data, out, log, 0, settings, shape, {})
        rows = list(csv.DictReader(log.read_text().splitlines()))
        return np.array([[float(value) for value in row.values()] for row in rows])

    once = logged("once")
    assert seen == [100, 86]
    monkeypatch.setattr("smwm.training.train.encoded", lambda windows, *_: windows)
    np.testing.assert_allclose(once, logged("anew"), rtol=1e-6)
    assert seen[2:] == [8 * 3] * 12


@pytest.mark.parametrize("method", ["ema", "pldm"])
def test_what_guards_against_collapse_does(train_data, tmp_path, method):
    """Latents of the trained model keep apart; with the forward loss alone they fall together."""
    settings = replace(SETTINGS, steps=150, batch_size=32, learning_rate=3e-3)
    model = replace(TINY_MODEL, output="layer_norm" if method == "ema" else "linear")
    pixels = torch.from_numpy(train_data.pixels[:64])

    def spread(name):
        out = tmp_path / f"{name}.pt"
        train(name, train_data, out, tmp_path / "log.csv", 0, settings, model, {})
        return load_model(out)[0].encode(pixels).std(0).mean().item()

    assert spread(method) > 5 * spread("forward_only")
