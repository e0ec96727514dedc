// The page: what the reader does, and the run that follows from it.
"use strict";

let stepMs = 90; // between two images of a run
const NUDGE = 7; // pixels of the frame that an arrow key moves
const find = (selector) => document.querySelector(selector);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const content = JSON.parse(find("#content").textContent);
const { geometry, methods, scenes, budget } = content;
const world = twoRooms(geometry);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

// The worker answers questions in the order of their arrival, a plan between others.
const engine = [find("#engine").textContent, find("#worker").textContent];
const worker = new Worker(URL.createObjectURL(new Blob(engine, { type: "text/javascript" })));
const waiting = new Map();
let questions = 0;
worker.onmessage = ({ data: { id, answer } }) => {
  waiting.get(id)(answer);
  waiting.delete(id);
};
function ask(kind, question) {
  const id = ++questions;
  worker.postMessage({ id, kind, question });
  return new Promise((resolve) => waiting.set(id, resolve));
}
ask("load", { geometry, scenes, planner: content.planner });

// What the reader has chosen, the run that goes on, and how runs between these places ended.
const chosen = { env: "two_room", method: Object.keys(scenes.two_room)[0] };
let task = { agent: { x: 55, y: 165 }, goal: { x: 165, y: 60 }, seed: 1 };
let run = null;
let playing = !calm;
let outcomes = {};

const sceneOf = () => scenes[chosen.env][chosen.method];
const placed = (place, dot) => ({ ...place, dot: chosen.env === "two_room" ? null : dot });

// Agent and goal as states: the distractor of the goal's image has flown on.
function taskStates() {
  const dot = world.randomDot(uniformNumbers(task.seed));
  let later = dot;
  for (let i = 0; i < content.offset; i++) later = world.fly(later);
  return { agent: placed(task.agent, dot), goal: placed(task.goal, later) };
}

// A run that has not begun: everything as it is placed.
function place() {
  const { agent, goal } = taskStates();
  run = { state: agent, goal, trail: [agent], points: [], ahead: [], foreseen: [], outcome: "" };
  return run;
}

// Let the model see the run's states as they are placed.
async function look(own) {
  const seen = await ask("see", { ...chosen, states: [own.state, own.goal] });
  if (own !== run) return;
  [own.points, own.goalPoint] = [[seen.points[0]], seen.points[1]];
  [own.now, own.wanted] = seen.images;
  draw();
}

// Plan, execute, plan again, until the goal is reached or the budget is spent. The next plan is
// made while the last one is shown.
async function start() {
  const own = place();
  draw();
  await look(own);
  if (own !== run) return;
  if (world.reached(own.state, own.goal)) return finish(own, "there", 0);
  const planFrom = (state, spent) =>
    ask("plan", { ...chosen, state, goal: own.goal, spent, seed: 1000 * task.seed + spent });
  let spent = 0;
  let next = planFrom(own.state, spent);
  while (own === run) {
    const found = await next;
    if (!found || own !== run) return;
    const ahead = follow(own.state, found.actions);
    const length = Math.min(found.execute, budget - spent);
    const arrival = ahead.slice(1, length + 1).findIndex((state) => world.reached(state, own.goal));
    const passed = ahead.slice(1, arrival < 0 ? length + 1 : arrival + 2);
    const seen = await ask("see", { ...chosen, states: passed });
    if (own !== run) return;
    spent += passed.length;
    const over = arrival >= 0 || spent === budget;
    if (!over) next = planFrom(passed.at(-1), spent);
    [own.ahead, own.foreseen] = [ahead, found.foreseen];
    for (const [i, state] of passed.entries()) {
      await pause(stepMs);
      while (!playing && own === run) await pause(stepMs);
      if (own !== run) return;
      own.state = state;
      own.trail.push(state);
      own.points.push(seen.points[i]);
      own.now = seen.images[i];
      draw();
    }
    if (over) return finish(own, arrival >= 0 ? "reached" : "failed", spent);
  }
}

// The states that actions (x and y in turn) lead through, the first included.
function follow(state, actions) {
  const states = [state];
  for (let i = 0; i < actions.length; i += 2)
    states.push(world.step(states.at(-1), [actions[i], actions[i + 1]]));
  return states;
}

function finish(own, outcome, steps) {
  Object.assign(own, { outcome, ahead: [], foreseen: [] });
  if (outcome !== "there") outcomes[`${chosen.env}/${chosen.method}`] = { outcome, steps };
  draw();
}

function statusLine() {
  const { label } = methods[chosen.method];
  const steps = run.trail.length - 1;
  const away = Math.round(world.distance(run.state, run.goal));
  return {
    there: "The agent is at the goal already: drag one of them away.",
    reached: `${label} reached the goal in ${steps} steps.`,
    failed: `${label} gave up after ${steps} steps, ${away} pixels from the goal.`,
    "":
      playing || !steps
        ? `${label}: step ${steps} of at most ${budget}`
        : `Paused at step ${steps}.`,
  }[run.outcome];
}

// Each method's lattice as the page shows it.
const lattices = {};
for (const [env, found] of Object.entries(scenes)) {
  const frames = framesOf(
    Object.values(found).map(({ lattice }) => lattice.map((entry) => entry.slice(2))),
  );
  for (const [i, [method, { lattice, share }]] of Object.entries(found).entries()) {
    lattices[`${env}/${method}`] = {
      share,
      frame: frames[i],
      lines: latticeLines(lattice),
      points: lattice.map(([x, y, u, v]) => ({
        x,
        y,
        point: [u, v],
        colour: placeColour(part(x), part(y)),
      })),
    };
  }
}
const shown = () => lattices[`${chosen.env}/${chosen.method}`];

function part(value) {
  return (value - geometry.LOW) / (geometry.HIGH - geometry.LOW);
}

function draw() {
  const { points, lines, frame } = shown();
  drawRooms(find("#rooms canvas"), geometry, { ...run, agent: run.state, lattice: points });
  drawLatent(find("#latent canvas"), frame, {
    points,
    lines,
    trail: run.points,
    foreseen: run.foreseen,
    agent: run.points.at(-1),
    goal: run.goalPoint,
  });
  if (run.now) drawImage(find("#now"), run.now, sceneOf().size);
  if (run.wanted) drawImage(find("#wanted"), run.wanted, sceneOf().size);
  for (const [name, state] of [
    ["agent", run.state],
    ["goal", run.goal],
  ]) {
    const { share } = roomsView(geometry);
    const handle = find(`#${name}`);
    handle.style.left = `${100 * share(state.x)}%`;
    handle.style.top = `${100 * share(state.y)}%`;
    handle.setAttribute("aria-label", `${name} at ${Math.round(state.x)}, ${Math.round(state.y)}`);
  }
  const status = find("#status");
  const text = statusLine();
  if (status.textContent !== text) status.textContent = text;
  status.className = run.outcome;
  find("#again").hidden = Boolean(run.outcome);
  find("#play").textContent = run.outcome ? "Play again" : playing ? "Pause" : "Play";
  for (const small of document.querySelectorAll(".methods small")) {
    const found = outcomes[`${chosen.env}/${small.dataset.method}`];
    small.textContent = found
      ? `${found.outcome === "reached" ? "✓ goal in" : "✗ gave up after"} ${found.steps} steps`
      : small.dataset.method === chosen.method && !run.outcome
        ? "planning …"
        : "not tried here yet";
  }
}

// A row of radio buttons in `fieldset`; `choose` gets the value.
let groups = 0;
function choices(fieldset, options, value, choose) {
  const name = `choice${++groups}`;
  const row = element("div", "options");
  for (const [key, label, colour] of options) {
    const entry = element("label", "");
    const input = Object.assign(element("input", ""), { type: "radio", name, value: key });
    input.checked = key === value;
    input.onchange = () => choose(key);
    const words = element("span", "", label);
    if (colour) words.style.setProperty("--colour", colour);
    entry.append(input, words);
    row.append(entry);
  }
  fieldset.append(row);
}

function describe() {
  const {
    share,
    frame: { width },
  } = shown();
  const percent = (value) => `${Number((100 * value).toPrecision(2))} %`;
  find("#note").textContent = methods[chosen.method].note;
  find("#dot").hidden = chosen.env === "two_room";
  find("#spread").classList.toggle("failed", width < 1);
  find("#spread").textContent =
    width < 1
      ? `Collapsed: all positions lie within ${percent(width)} of this frame.`
      : `They hold ${percent(share)} of the variance.`;
  for (const input of document.querySelectorAll(".methods input"))
    Object.assign(input, {
      checked: input.value === chosen.method,
      disabled: !(input.value in scenes[chosen.env]),
    });
}

function restart() {
  playing = true;
  describe();
  start();
}

function chooseMethod(method) {
  chosen.method = method;
  restart();
  showFilms();
}

// Move the agent or the goal; the agent begins where it is now.
function moveTo(name, x, y) {
  const agent = { x: run.state.x, y: run.state.y };
  task = { ...task, agent, [name]: world.allowed(x, y) };
  outcomes = {};
  const own = place();
  draw();
  return look(own);
}

// Dragging, by mouse, pen or finger; arrow keys do the same.
for (const name of ["agent", "goal"]) {
  const handle = find(`#${name}`);
  const at = () => (name === "agent" ? run.state : run.goal);
  handle.onpointerdown = (event) => {
    handle.setPointerCapture(event.pointerId);
    moveTo(name, at().x, at().y);
  };
  handle.onpointermove = (event) => {
    if (handle.hasPointerCapture(event.pointerId)) moveTo(name, ...placeOf(event));
  };
  handle.onlostpointercapture = restart;
  handle.onkeydown = ({ key }) => {
    const [dx, dy] =
      { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [];
    if (dx === undefined) return true;
    moveTo(name, at().x + NUDGE * dx, at().y + NUDGE * dy);
    restart();
    return false;
  };
}

function placeOf(event) {
  const box = find("#rooms").getBoundingClientRect();
  const { low, span } = roomsView(geometry);
  return [event.clientX - box.left, event.clientY - box.top].map(
    (v) => low - 0.5 + (span * v) / box.width,
  );
}

find("#rooms canvas").onclick = (event) => {
  moveTo("goal", ...placeOf(event));
  restart();
};
find("#play").onclick = () => {
  if (run.outcome) return restart();
  playing = !playing;
  return draw();
};
find("#again").onclick = restart;
find("#places").onclick = () => {
  const seed = Math.floor(1e6 * Math.random());
  const uniform = uniformNumbers(seed);
  task = { agent: world.randomPlace(uniform), goal: world.randomPlace(uniform), seed };
  outcomes = {};
  restart();
};

// Films of the other environments, with one latent frame for all episodes of a model.
const shownFilms = reel(find(".reel"));
let filmed = content.films[0]?.env;
let rolling = !calm;
function showFilms() {
  const films = content.films.filter(({ env, around }) => env === filmed && around);
  const byMethod = new Map(films.map((film) => [film.method, film.around]));
  const frames = framesOf([...byMethod.values()]);
  const frame = frames[[...byMethod.keys()].indexOf(chosen.method)];
  const own = content.films.filter(({ env, method }) => env === filmed && method === chosen.method);
  shownFilms.show(own, methods[chosen.method].label, frame);
}
find("#roll").onclick = () => {
  rolling = !rolling;
  shownFilms.roll(rolling);
  find("#roll").textContent = rolling ? "Pause" : "Play";
};

for (const fieldset of document.querySelectorAll(".methods")) {
  const options = Object.entries(methods).map(([key, { label, colour }]) => [key, label, colour]);
  choices(fieldset, options, chosen.method, chooseMethod);
}
for (const span of find(".methods").querySelectorAll("span")) {
  const small = element("small", "");
  small.dataset.method = span.previousSibling.value;
  span.append(small);
}
if (Object.keys(scenes).length > 1) {
  find("#distractors").hidden = false;
  const options = Object.keys(scenes).map((env, i) => [env, i ? "with" : "without"]);
  choices(find("#distractors"), options, chosen.env, (env) => {
    chosen.env = env;
    if (!(chosen.method in scenes[env])) chosen.method = Object.keys(scenes[env])[0];
    restart();
  });
}
if (content.films.length) {
  find("#films").hidden = false;
  const worlds = new Map(content.films.map(({ env, label }) => [env, label]));
  choices(find("#worlds"), [...worlds], filmed, (env) => {
    filmed = env;
    showFilms();
  });
  find("#rule").textContent = `Shown are ${content.rule}.`;
  shownFilms.roll(rolling);
  find("#roll").textContent = rolling ? "Pause" : "Play";
  showFilms();
}
const { samples, iterations, elites, horizon } = content.planner;
find("#planner").textContent =
  `${samples} candidates, ${iterations} iterations, ${elites} elites, plans of ${horizon} blocks of actions`;
addEventListener("resize", () => {
  draw();
  shownFilms.draw();
});
describe();
start();
