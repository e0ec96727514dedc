"""The page in a real Chromium: it computes what Python computes, and a reader can play."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from browser import chromium, require_chromium
from conftest import TINY_MODEL
from smwm.__main__ import main
from smwm.config.settings import flag
from smwm.data.collect import CollectSettings, collect
from smwm.data.dataset import read_dataset
from smwm.envs import make_environment
from smwm.explore.networks import network
from smwm.models.checkpoint import load_model, save_model
from smwm.models.world_model import ModelSettings, WorldModel
from smwm.planning.cem import PlannerSettings, plan
from smwm.planning.episodes import choose
from smwm.planning.evaluate import random_controller, run_tasks
from smwm.planning.latent import goal_distance
from smwm.planning.paths import save_paths
from smwm.planning.tasks import TaskSettings, draw_tasks, save_tasks
from smwm.training.train import TrainSettings, train

SIZE = 32
PLANNER = PlannerSettings(samples=100, iterations=6, elites=15, horizon=5, execute=1)
ENVS = ("two_room", "two_room_distractor")
# Starts and goals (x, y): in both rooms, and through the door.
TASKS = (
    ((45, 170), (75, 75)),
    ((150, 40), (190, 130)),
    ((180, 180), (140, 110)),
    ((70, 49), (155, 55)),
    ((60, 120), (35, 40)),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Small models of both methods, as checkpoints: good enough to find near goals."""
    folder = tmp_path_factory.mktemp("trained")
    collection = CollectSettings(episodes=100, steps=60, image_size=SIZE)
    collect("two_room", folder / "data", collection, workers=1)
    data = read_dataset(folder / "data" / "train.h5")
    settings = TrainSettings(steps=1000, batch_size=64, weight=1.0, precision="float32")
    shape = ModelSettings(channels=(8, 16), latent_dim=16, width=64)
    for method in ("smwm", "forward_only"):
        provenance = {"env": "two_room", "method": method, "seed": 0}
        out, log = (folder / f"{method}.{ending}" for ending in ("pt", "csv"))
        train(method, data, out, log, 0, settings, shape, provenance)
    return folder


@pytest.fixture(scope="module")
def distracted(tmp_path_factory):
    """An untrained model of the variant with a distractor."""
    path = tmp_path_factory.mktemp("distracted") / "model.pt"
    model = WorldModel(TINY_MODEL, SIZE, 10)
    save_model(path, model, {"env": "two_room_distractor", "method": "smwm", "seed": 0})
    return path


def write_page(path, *checkpoints):
    words = ["explore", "--checkpoints", *map(str, checkpoints), "--out", str(path)]
    for key, value in asdict(PLANNER).items():
        words += [flag(key), str(value)]
    assert main(words) == 0
    return path


@pytest.fixture(scope="module")
def file(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "a page with späces.html"
    return write_page(path, trained / "smwm.pt", trained / "forward_only.pt")


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    require_chromium()
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(tab, file):
    """The page in a wide window; afterwards nothing may have gone wrong or out."""
    tab.open(file)
    yield tab
    assert tab.complaints == []
    assert [url for url in tab.requests if url.split(":")[0] not in ("file", "data", "blob")] == []


def states_of(env, count=12):
    environment = make_environment(env, count)
    environment.reset([np.random.default_rng(i) for i in range(count)])
    return environment


def in_page(state):
    """A state as the page writes it."""
    x, y, *dot = (float(value) for value in state)
    return {
        "x": x,
        "y": y,
        "dot": dict(zip(("x", "y", "dx", "dy"), dot, strict=True)) if dot else None,
    }


def answer(page, expression, **values):
    """JavaScript on values; arrays come back as lists."""
    given = "".join(f"const {name} = {json.dumps(value)};" for name, value in values.items())
    return page.run(f"(async () => {{ {given} return {expression}; }})()")


@pytest.mark.parametrize("env", ENVS)
@pytest.mark.parametrize("size", [32, 64])
def test_the_page_draws_what_the_environment_draws(page, env, size):
    environment = states_of(env)
    states = [in_page(state) for state in environment.states()]
    drawn = answer(
        page, f"states.map((state) => Array.from(world.render(state, {size})))", states=states
    )
    wanted = environment.render(size).reshape(len(states), -1).astype(int)
    difference = np.abs(np.array(drawn) - wanted)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


@pytest.mark.parametrize("env", ENVS)
def test_the_page_steps_as_the_environment(page, env):
    """Long random walks, most of them along walls and through the door."""
    environment = states_of(env, 20)
    starts = environment.states()
    rng = np.random.default_rng(0)
    starts[10:, :2] = [112, 49] + rng.uniform(-20, 20, (10, 2)) * (starts[10:, :1] > 0)
    environment.restore(starts)
    actions = rng.uniform(-1.5, 1.5, (20, 300, 2)).astype(np.float32)
    walked = answer(
        page,
        "starts.map((start, i) => actions[i].reduce((passed, action) =>"
        " [...passed, world.step(passed.at(-1), action)], [start]))",
        starts=[in_page(state) for state in starts],
        actions=actions.astype(float).tolist(),
    )
    for step in range(actions.shape[1]):
        environment.step(actions[:, step])
        for walk, state in zip(walked, environment.states(), strict=True):
            here, there = walk[step + 1], in_page(state)
            assert here.keys() == there.keys()
            flat = [[s["x"], s["y"], *(s["dot"] or {}).values()] for s in (here, there)]
            np.testing.assert_allclose(*flat, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"channels": (4, 8, 12), "projector": 0},
        {"output": "tanh", "depth": 3},
        {"output": "layer_norm"},
    ],
)
def test_latents_and_predictions_are_pythons(page, changes, tmp_path):
    torch.manual_seed(0)
    model = WorldModel(replace(TINY_MODEL, **changes), SIZE, 10)
    for module in model.modules():  # a projector that has seen data
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    save_model(tmp_path / "m.pt", model, {})
    model, _ = load_model(tmp_path / "m.pt")
    environment = states_of("two_room")
    blocks = torch.randn(12, 10)
    with torch.inference_mode():
        latents = model.encode(torch.from_numpy(environment.render(SIZE)))
        predicted = model.predict(latents, blocks)
    found = answer(
        page,
        """(() => {
          const model = loadModel(description);
          const latents = states.map((state) => model.encode(world.render(state, model.size)));
          const rows = (lists) => Float32Array.from(lists.flatMap((list) => Array.from(list)));
          const next = model.predict(rows(latents), rows(blocks), states.length);
          return { latents: latents.map((one) => Array.from(one)), next: Array.from(next) };
        })()""",
        description={**network(model), "mean": [], "directions": []},
        states=[in_page(state) for state in environment.states()],
        blocks=blocks.tolist(),
    )
    scale = latents.std().item()
    np.testing.assert_allclose(found["latents"], latents, rtol=1e-3, atol=1e-3 * scale)
    predicted = predicted.flatten()
    tolerance = 1e-3 * predicted.std().item()
    np.testing.assert_allclose(found["next"], predicted, rtol=1e-3, atol=tolerance)


def test_the_grid_lies_where_the_page_sees_its_positions(page):
    seen = page.run("""(async () => {
      const lattice = scenes.two_room.smwm.lattice;
      const states = lattice.map(([x, y]) => ({ x, y, dot: null }));
      const { points } = await ask("see", { env: "two_room", method: "smwm", states });
      return points.map((point, i) => [...point, ...lattice[i].slice(2)]);
    })()""")
    here, there = np.split(np.array(seen), 2, axis=1)
    np.testing.assert_allclose(here, there, rtol=0, atol=2e-3 * there.std())


def test_the_grid_is_turned_as_the_rooms_lie(page):
    lattice = np.array(page.run("scenes.two_room.smwm.lattice"))
    assert np.corrcoef(lattice[:, 0], lattice[:, 2])[0, 1] > 0.5
    assert np.corrcoef(lattice[:, 1], lattice[:, 3])[0, 1] < -0.5  # upwards


def test_the_page_plans_as_well_as_python(page, trained):
    model, _ = load_model(trained / "smwm.pt")
    environment = states_of("two_room")
    starts = environment.states()
    goals = starts + np.clip(np.roll(starts, 1, axis=0) - starts, -40, 40)
    low, high = model.normalise(torch.tensor([[-1.0], [1.0]]).expand(2, 10))
    with torch.inference_mode():
        start = model.encode(torch.from_numpy(environment.render(SIZE)))
        environment.restore(goals)
        goal = model.encode(torch.from_numpy(environment.render(SIZE)))
    cost = goal_distance(model, start, goal)
    ours = plan(cost, low, high, len(start), PLANNER, torch.Generator().manual_seed(0))
    theirs = answer(
        page,
        """(() => {
          const model = loadModel(scenes.two_room.smwm);
          const see = (state) => model.encode(world.render(state, model.size));
          return Promise.all(starts.map(async (start, i) => Array.from(
            await plan(model, see(start), see(goals[i]), 5, content.planner, i))));
        })()""",
        starts=[in_page(state) for state in starts],
        goals=[in_page(state) for state in goals],
    )
    theirs = torch.tensor(theirs).reshape(ours.shape)
    assert (theirs >= low - 1e-5).all()
    assert (theirs <= high + 1e-5).all()
    with torch.inference_mode():
        costs = [cost(plans[:, None]).mean().item() for plans in (ours, theirs)]
    assert costs[1] < 1.2 * costs[0]


def centre(page, selector):
    """The middle of an element, in CSS pixels of the window."""
    return page.run(f"""(() => {{
      const box = document.querySelector('{selector}').getBoundingClientRect();
      return [box.left + box.width / 2, box.top + box.height / 2];
    }})()""")


def on_screen(page, place):
    """Where a place (x, y) of the frame is in the window."""
    return page.run(f"""(() => {{
      const box = document.querySelector('#rooms').getBoundingClientRect();
      const {{ share }} = roomsView(geometry);
      return [box.left + box.width * share({place[0]}), box.top + box.height * share({place[1]})];
    }})()""")


def switch_to(page, method):
    page.run(f"document.querySelector('.methods input[value={method}]').click()")


def test_a_dragged_goal_is_reached_with_the_inverse_term_and_not_without(page):
    reached = {}
    page.run("void (stepMs = 0)")
    for method in ("smwm", "forward_only"):
        switch_to(page, method)
        outcomes = []
        for (x, y), goal in TASKS:
            page.run(f"void (task.agent = {{ x: {x}, y: {y} }}, place(), draw())")
            page.drag(centre(page, "#goal"), on_screen(page, goal))
            page.wait("run.outcome")
            outcomes.append(page.run("run.outcome"))
            words = page.run("document.querySelector('#status').textContent")
            steps = page.run("run.trail.length - 1")
            if outcomes[-1] == "reached":
                assert words.endswith(f"reached the goal in {steps} steps.")
                assert steps <= 100
            else:
                assert "gave up after 100 steps" in words
                assert steps == 100
        reached[method] = outcomes.count("reached")
    assert reached["smwm"] >= 4
    assert reached["forward_only"] <= 2


def test_a_collapsed_latent_is_said_and_drawn_as_one(page):
    width = "lattices['two_room/{}'].frame.width"
    assert page.run(width.format("smwm")) == 1
    assert page.run(width.format("forward_only")) < 0.02
    switch_to(page, "forward_only")
    assert "Collapsed" in page.run("document.querySelector('#spread').textContent")
    switch_to(page, "smwm")
    assert "Collapsed" not in page.run("document.querySelector('#spread').textContent")


@pytest.mark.parametrize("touch", [False, True])
@pytest.mark.parametrize("name", ["agent", "goal"])
def test_finger_and_mouse_drag(page, file, touch, name):
    page.open(file, *((390, 844) if touch else (1200, 900)), touch=touch)
    page.run("void (stepMs = 1e6)")
    page.run("document.querySelector('#rooms').scrollIntoView()")
    page.drag(centre(page, f"#{name}"), on_screen(page, (150, 150)), touch)
    place = page.run(f"task.{name}")
    assert (place["x"], place["y"]) == pytest.approx((150, 150), abs=2)
    page.drag(centre(page, f"#{name}"), on_screen(page, (110, 160)), touch)  # into the wall
    assert page.run(f"task.{name}.x") in (99.5, 124.5)


def test_a_click_into_the_rooms_puts_the_goal_there(page):
    page.run("void (stepMs = 1e6)")
    spot = on_screen(page, (40, 100))
    page.drag(spot, spot)
    place = page.run("task.goal")
    assert (place["x"], place["y"]) == pytest.approx((40, 100), abs=1)


def test_keys_reach_everything_and_the_focus_is_seen(page):
    page.run("void (stepMs = 1e6)")
    seen = set()
    for _ in range(12):
        page.press("Tab")
        focused = page.run("""(() => {
          const chosen = document.activeElement;
          const shown = chosen.matches("input") ? chosen.nextSibling : chosen;
          const style = getComputedStyle(shown);
          return [chosen.id || chosen.name, style.outlineStyle, parseFloat(style.outlineWidth)];
        })()""")
        if focused[0]:
            assert focused[1] == "solid"
            assert focused[2] >= 2
        seen.add(focused[0])
    assert {"choice1", "agent", "goal", "play", "again", "places"} <= seen
    page.run("document.querySelector('#agent').focus()")
    before = page.run("task.agent.x")
    page.press("ArrowRight")
    assert page.run("task.agent.x") == before + 7


def test_pause_holds_the_run(page):
    page.run("void (stepMs = 20)")
    page.wait("run.trail.length > 3")
    page.run("document.querySelector('#play').click()")
    steps = page.run("new Promise((done) => setTimeout(() => done(run.trail.length), 200))")
    assert page.run("document.querySelector('#play').textContent") == "Play"
    later = page.run("new Promise((done) => setTimeout(() => done(run.trail.length), 400))")
    assert later == steps
    page.run("document.querySelector('#play').click()")
    page.wait(f"run.trail.length > {steps}")


@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_is_cut_off_and_text_is_readable(page, file, width):
    page.open(file, width, 844, touch=width < 500)
    page.wait("run.trail.length > 1")
    assert page.run("document.documentElement.scrollWidth") <= width
    boxes = page.run("""[...document.querySelectorAll(
        "button:not([hidden]), .options label, .stage canvas"
      )].filter((one) => one.offsetParent).map((one) => {
        const { left, right, width, height } = one.getBoundingClientRect();
        return [left, right, width, height];
      })""")
    assert len(boxes) >= 9
    for left, right, *sides in boxes:
        assert left >= 0
        assert right <= width
        assert min(sides) >= 44  # a finger's width
    faint = page.run("""(() => {
      const main = document.querySelector("main");
      const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
      const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
      const light = (colour) => {
        const [r, g, b] = parse(colour).map((v) =>
          v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
      };
      const behind = (one) => {
        const colour = getComputedStyle(one).backgroundColor;
        return parse(colour)[3] === 0 ? behind(one.parentElement) : colour;
      };
      const found = [];
      for (let node; (node = walker.nextNode()); ) {
        const one = node.parentElement;
        if (!node.textContent.trim() || !one.offsetParent) continue;
        const { color, fontSize } = getComputedStyle(one);
        const [a, b] = [light(color), light(behind(one))];
        const contrast = Math.max(a, b) / Math.min(a, b);
        if (contrast < 4.5 || parseFloat(fontSize) < 13) found.push(node.textContent);
      }
      return found;
    })()""")
    assert faint == []


def test_rooms_status_and_controls_are_seen_without_scrolling(page):
    page.wait("run.trail.length > 1")
    assert page.run("document.querySelector('#play').getBoundingClientRect().bottom") <= 900


def test_a_distractor_can_be_switched_on_where_a_model_knows_it(page, trained, distracted, file):
    assert page.run("document.querySelector('#distractors').hidden")
    models = trained / "forward_only.pt", trained / "smwm.pt", distracted
    both = write_page(file.with_name("both.html"), *models)
    page.open(both)
    assert not page.run("document.querySelector('#distractors').hidden")
    assert page.run("run.state.dot") is None
    switch_to(page, "forward_only")  # which no model with a distractor is of
    page.run("document.querySelector('#distractors input[value=two_room_distractor]').click()")
    page.wait("run.trail.length > 1")
    start, now = page.run("[run.trail[0].dot, run.trail.at(-1).dot]")
    assert start != now
    assert not page.run("document.querySelector('#dot').hidden")
    assert page.run("chosen.method") == "smwm"
    off = "document.querySelector('.methods input[value=forward_only]').disabled"
    assert page.run(off)
    page.run("document.querySelector('#distractors input[value=two_room]').click()")
    assert not page.run(off)


def test_films_run_beside_their_latents(page, trained, file):
    """Of the two rooms here: other environments' simulators take longer."""
    folder = file.parent
    data = read_dataset(trained / "data" / "eval.h5")
    tasks = draw_tasks("two_room", data, TaskSettings(tasks=4, budget=20), "hash")
    save_tasks(folder / "tasks.npz", tasks)
    paths = run_tasks(tasks, random_controller(0), "smwm", 0)
    solved = np.array([True, False, False, False])
    save_paths(folder / "paths.npz", replace(paths, solved=solved))
    words = ["--tasks", str(folder / "tasks.npz"), "--paths", str(folder / "paths.npz")]
    page.open(write_page(folder / "films.html", trained / "smwm.pt", *words))
    assert not page.run("document.querySelector('#films').hidden")
    outcomes = page.run("[...document.querySelectorAll('.film')].map((film) => film.textContent)")
    assert [text.split(" task")[0] for text in outcomes] == ["SMWM solved", "SMWM failed"]
    pixels = """new Promise((done) => setTimeout(() => {
      const canvas = document.querySelectorAll('.film')[1].querySelector('canvas');
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
      copy.drawImage(canvas, 0, 0);
      done(Array.from(copy.getImageData(0, 0, canvas.width, canvas.height).data));
    }, 400))"""
    first = np.reshape(page.run(pixels), (SIZE, SIZE, 4))[..., :3]
    episode = choose(tasks, replace(paths, solved=solved))[1]
    shown = episode.images(np.arange(episode.steps + 1)).astype(int)
    assert np.abs(shown - first).max(axis=(1, 2, 3)).min() <= 1  # one of its images
    second = np.reshape(page.run(pixels), (SIZE, SIZE, 4))[..., :3]
    assert not np.array_equal(first, second)
    page.run("document.querySelector('#roll').click()")
    assert page.run(pixels) == page.run(pixels)
