"""Everything that runs on a GPU runs on a simulated one, with the CPU's numbers and no stall."""

import inspect
import textwrap
from dataclasses import replace
from functools import wraps

import numpy as np
import pytest
import torch

import devices
from conftest import ROOT, TINY_MODEL
from devices import MisplacedError, OnGpu, StallError, no_stalls, simulated_gpu
from smwm.analysis import decode, embed
from smwm.config.configuration import Configuration
from smwm.data import worlds
from smwm.data.dataset import Trajectories
from smwm.data.windows import Windows
from smwm.envs import make_environment
from smwm.methods import TRAINED
from smwm.models.world_model import ModelSettings, WorldModel
from smwm.planning import cem, evaluate, latent
from smwm.planning.cem import PlannerSettings
from smwm.system import device, speed
from smwm.training import objectives, train
from smwm.training.train import TrainSettings

CPU = torch.device("cpu")


def scale_model(scale, **changes):
    """A scale's model for images of the scale's size; `changes` to its settings."""
    chosen = Configuration({"scale": scale}, ROOT / "config")
    settings = ModelSettings(**chosen.settings("model", "push_t", "smwm"))
    return replace(settings, **changes), chosen.settings("collect", "push_t")["image_size"]


MODELS = {
    "laptop": scale_model("laptop"),
    "paper": scale_model("paper", vit_depth=2, blocks=2),  # alike blocks make alike mistakes
    "sprites": (ModelSettings(encoder="keypoints", channels=(16, 32), output="tanh"), 64),
}
PRECISIONS = {"laptop": "bfloat16", "paper": "float32", "sprites": "bfloat16"}


def without_stalls(function):
    @wraps(function)
    def watched(*args, **kwargs):
        with no_stalls():
            return function(*args, **kwargs)

    return watched


def step(device, method="smwm", size="laptop"):
    """Two training steps: the terms of the loss, and the weights after them."""
    torch.manual_seed(0)
    settings = TrainSettings(projections=16)
    shape, side = MODELS[size]
    model = WorldModel(shape, side, 10)
    helper = train.prepare(method, model)
    parts = torch.nn.ModuleList([model] if helper is None else [model, helper])
    parts.to(device, memory_format=torch.channels_last)
    learned = [weights for weights in parts.parameters() if weights.requires_grad]
    optimiser = torch.optim.AdamW(learned, 1e-3, fused=True)
    pixels = torch.randint(0, 256, (2, 2, side, side, 3), dtype=torch.uint8).to(device)
    actions = torch.randn(2, 1, 10).to(device)
    for _ in range(2):
        terms, _ = without_stalls(train.training_step)(
            method, model, helper, optimiser, pixels, actions, settings, PRECISIONS[size]
        )
    return [x.detach() for x in (*terms.values(), *parts.state_dict().values())]


def plan(device, size="laptop", **changes):
    """A controller's actions for two copies of two_room."""
    torch.manual_seed(0)
    shape, side = MODELS[size]
    model = WorldModel(shape, side, 10).eval()
    settings = PlannerSettings(samples=8, iterations=3, elites=4, precision="bfloat16", **changes)
    environment = make_environment("two_room", 2)
    environment.restore(np.array([[30.0, 40.0], [60.0, 150.0]]))
    control = evaluate.latent_planner(model, settings, 0, device)
    goals = environment.render(side)[::-1].copy()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "plan_to_goal", without_stalls(latent.plan_to_goal))
        return control(environment, goals, 0)


def embedding(device, size="laptop"):
    torch.manual_seed(0)
    shape, side = MODELS[size]
    model = WorldModel(shape, side, 10).eval()
    pixels = np.random.default_rng(0).integers(0, 256, (5, side, side, 3), np.uint8)
    data = Trajectories(pixels, np.zeros((5, 2)), None, np.array([5]), np.array([0]), {})
    return embed.embed(model, data, 4, device)["latents"]


def decoder(device, batch=8):
    """Weights of a decoder that was trained on latents of dots."""
    torch.manual_seed(0)
    settings = decode.DecodeSettings(decoder_epochs=1, decoder_batch=batch)
    model = WorldModel(TINY_MODEL, 64, 2).eval()
    trained = decode.train_decoder(model, worlds.pairs("single_dot", 0, 8, 0), settings, 0, device)
    return [x.detach() for x in trained.state_dict().values()]


def equal(a, b):
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b)
    assert all(isinstance(x, OnGpu) for x in b)
    return all(torch.equal(x, y.cpu()) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("size", MODELS)
@pytest.mark.parametrize("method", TRAINED)
def test_a_training_step_computes_what_it_does_on_the_cpu(method, size):
    expected = step(CPU, method, size)
    with simulated_gpu() as gpu:
        assert equal(expected, step(gpu, method, size))


@pytest.mark.parametrize("size", MODELS)
@pytest.mark.parametrize("use", [plan, embedding])
def test_models_in_use_compute_what_they_do_on_the_cpu(use, size):
    expected = use(CPU, size=size)
    with simulated_gpu() as gpu:
        assert np.array_equal(expected, use(gpu, size=size))


def test_the_papers_planner_plans_what_it_does_on_the_cpu():
    paper = {"candidates": "free", "returns": "mean"}
    expected = plan(CPU, **paper)
    with simulated_gpu() as gpu:
        assert np.array_equal(expected, plan(gpu, **paper))


def test_a_decoder_learns_what_it_does_on_the_cpu():
    expected = decoder(CPU)
    with simulated_gpu() as gpu:
        assert equal(expected, decoder(gpu))


@pytest.fixture
def run(train_data, tmp_path, monkeypatch):
    """Trains on a device in a folder: the bytes of the model and of its log."""
    monkeypatch.setitem(speed.SIDE, "cuda", 8)  # a simulated GPU's rate is of no interest
    settings = TrainSettings(
        steps=6, batch_size=8, projections=8, log_every=2, save_every=3, precision="float32"
    )

    def run(device, method="smwm", folder="run", **changes):
        out, log = tmp_path / folder / "model.pt", tmp_path / folder / "log.csv"
        used = replace(settings, **changes)
        train.train(method, train_data, out, log, 0, used, TINY_MODEL, {}, device)
        return out.read_bytes(), log.read_bytes()

    return run


@pytest.mark.parametrize("method", TRAINED)
def test_a_run_is_the_cpus_also_after_a_restart(run, tmp_path, monkeypatch, method):
    expected = run(CPU, method)
    schedule = train.schedule

    def cut_short(step, settings):
        if step == 5:
            raise KeyboardInterrupt
        return schedule(step, settings)

    with simulated_gpu() as gpu:
        assert run(gpu, method, "whole") == expected
        with monkeypatch.context() as patch:
            patch.setattr(train, "schedule", cut_short)
            with pytest.raises(KeyboardInterrupt):
                run(gpu, method, "cut")
        assert (tmp_path / "cut" / ".model.pt.restart").exists()
        assert run(gpu, method, "cut") == expected


def stalls_of(work, *args, **kwargs):
    """How often the GPU waits for its host in `work`."""
    with simulated_gpu() as gpu:
        work(gpu, *args, **kwargs)
        return len(devices.stalls)


def steps_stall(run, method="smwm"):
    """Raise StallError if a run of more steps waits more often, with no more lines in its log."""
    rarely = {"log_every": 99, "save_every": 99}
    few, many = (stalls_of(run, method, steps=steps, **rarely) for steps in (3, 5))
    if many > few:
        raise StallError(f"{many - few} stalls in two steps: {devices.stalls}")


def batches_stall(_):
    """The same for a decoder that learns from as many images in more batches."""
    few, many = (stalls_of(decoder, batch) for batch in (8, 4))
    if many > few:
        raise StallError(f"{many - few} stalls in two batches: {devices.stalls}")


@pytest.mark.parametrize("method", TRAINED)
def test_no_step_between_two_lines_of_the_log_stalls(run, method):
    steps_stall(run, method)


def test_no_batch_of_a_decoder_stalls():
    batches_stall(None)


def plant(patch, function, old, new):
    """Change the source of `function`, which holds `old` once, wherever it was imported to."""
    function = inspect.unwrap(function)
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1
    namespace = {}
    exec(source.replace(old, new), function.__globals__, namespace)
    changed = inspect.unwrap(namespace[function.__name__])
    patch.setattr(function, "__code__", changed.__code__)


def on_gpu(use, *args, **kwargs):
    """`use` on a simulated GPU, as something that a mistake may break."""

    def work(_):
        with simulated_gpu() as gpu:
            use(gpu, *args, **kwargs)

    return work


MISTAKES = {  # by what is wrong: a function, its text, the mistake, what shows it and how
    "made without a device: SIGReg's knots": (
        objectives._epps_pulley, "knots, device=latents.device", "knots",
        on_gpu(step, "sigreg"), MisplacedError,
    ),
    "made without a device: SIGReg's directions": (
        objectives._epps_pulley, "projections, device=latents.device", "projections",
        on_gpu(step, "sigreg"), MisplacedError,
    ),
    "made without a device: a mask of covariances": (
        objectives.covariance, "(matrix - own)", "(matrix * (1 - torch.eye(matrix.shape[-1])))",
        on_gpu(step, "pldm"), MisplacedError,
    ),
    "made without a device: where nothing is controlled": (
        objectives.pldm, "batch.latents.new_zeros(())", "torch.zeros(1)",
        on_gpu(step, "pldm"), MisplacedError,
    ),
    "made without a device: the planner's deviation": (
        cem.plan, "settings.initial_std, device=device", "settings.initial_std",
        on_gpu(plan), MisplacedError,
    ),
    "made without a device: the planner's numbers of problems": (
        cem.plan, "torch.arange(problems, device=device)", "torch.arange(problems)",
        on_gpu(plan), StallError,
    ),
    "made without a device: a decoder's order": (
        decode.train_decoder, "len(latents), device=device", "len(latents)",
        batches_stall, StallError,
    ),
    "made without a device: the windows of a batch": (
        Windows.sample, "(count,), device=self.starts.device", "(count,)",
        steps_stall, StallError,
    ),
    "left on the CPU: ImageNet's deviations": (
        WorldModel.encode, "div_(self.pixel_scale)", "div_(ENCODERS['vit'].scale)",
        on_gpu(step, size="paper"), MisplacedError,
    ),
    "left on the CPU: the images of goals": (
        evaluate.latent_planner, "goal_pixels).to(device)", "goal_pixels)",
        on_gpu(plan), MisplacedError,
    ),
    "left on the CPU: bounds of actions": (
        evaluate.action_bounds, ".to(model.action_mean)", ".float()",
        on_gpu(plan), MisplacedError,
    ),
    "left on the CPU: images to embed": (
        embed.embed, "data.pixels[batch]).to(device)", "data.pixels[batch])",
        on_gpu(embedding), MisplacedError,
    ),
    "left on the CPU: the model that embeds": (
        embed.embed, "model.to(device)", "model.cpu()",
        on_gpu(embedding), MisplacedError,
    ),
    "left on the CPU: a decoder": (
        decode.train_decoder, "data.image_size).to(device)", "data.image_size)",
        on_gpu(decoder), MisplacedError,
    ),
    "left on the CPU: the moving average": (
        train.train, "[model] if helper is None else [model, helper]", "[model]",
        lambda run: steps_stall(run, "ema"), MisplacedError,
    ),
    "a generator of the CPU": (
        evaluate.latent_planner, "torch.Generator(device)", "torch.Generator()",
        on_gpu(plan), MisplacedError,
    ),
    "autocast of the CPU": (
        device.autocast, "torch.autocast(device.type, ", "torch.autocast('cpu', ",
        on_gpu(step), MisplacedError,
    ),
    "numpy reads the GPU": (
        embed.embed, ".cpu().numpy()", ".numpy()",
        on_gpu(embedding), MisplacedError,
    ),
    "a stall: ends by a list of positions": (
        objectives._epps_pulley, "weights[0] /= 2", "weights[[0]] /= 2",
        on_gpu(step, "sigreg"), StallError,
    ),
    "a stall: numbers of the host": (
        objectives._epps_pulley, "weights[0] /= 2",
        "weights -= torch.tensor([0.1], device=t.device)",
        on_gpu(step, "sigreg"), StallError,
    ),
    "a stall: a norm that is looked at": (
        train.training_step, "settings.gradient_clip)",
        "settings.gradient_clip, error_if_nonfinite=True)",
        on_gpu(step), StallError,
    ),
    "a stall: a loss that is read": (
        train.training_step, "optimiser.step()", "optimiser.step(); terms['loss'].item()",
        on_gpu(step), StallError,
    ),
    "a stall: the momentum is read": (
        objectives.TargetEncoder.follow, "own.is_floating_point()", "own.any()",
        on_gpu(step, "ema"), StallError,
    ),
    "a stall: better plans by a mask": (
        cem.plan, "best_cost = torch.where(better, elite_costs[:, 0], best_cost)",
        "best_cost[better] = elite_costs[:, 0][better]",
        on_gpu(plan), StallError,
    ),
    "a stall: bounds that are copied anew": (
        latent.goal_distance, "reached = model.rollout(starts, blocks)",
        "reached = model.rollout(starts, blocks.cpu().to(blocks.device))",
        on_gpu(plan), StallError,
    ),
    "a stall: each step's loss is checked": (
        train.train, "if logs or device.type == \"cpu\":", "if True:",
        steps_stall, StallError,
    ),
    "a stall: each batch's error is shown": (
        decode.train_decoder, "error.backward()", "error.backward(); error.item()",
        batches_stall, StallError,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found(run, monkeypatch, name):
    function, old, new, work, error = MISTAKES[name]
    plant(monkeypatch, function, old, new)
    with pytest.raises(error):
        work(run)
