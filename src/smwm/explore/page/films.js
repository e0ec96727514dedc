// Recorded episodes: a film, its goal, and its path through the latent.
"use strict";

const FRAME_MS = 120;
const REST = 12; // frames that the last image stays

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

// One episode as a figure, and how to show a step of it.
function filmOf(film, label, frame) {
  const figure = element("figure", "film");
  const outcome = film.solved ? "solved" : "failed";
  if (film.task === null) {
    figure.append(element("p", "none", `${label} ${outcome} none of the tasks.`));
    return { figure, length: 0, show() {} };
  }
  figure.append(
    element("figcaption", "", `${label} ${outcome} task ${film.task} after ${film.steps} steps`),
  );
  const [episode, goal, latent] = [0, 1, 2].map(() => element("canvas", ""));
  for (const canvas of [episode, goal, latent]) {
    const stage = element("div", "stage");
    stage.append(canvas);
    figure.append(stage);
  }
  const names = [`${film.label}: the episode`, "its goal", "both in the latent"];
  for (const [i, canvas] of [episode, goal, latent].entries()) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", names[i]);
  }
  const image = new Image();
  const draw = (canvas, index) => {
    canvas.width = canvas.height = film.size;
    const from = index * film.size;
    canvas
      .getContext("2d")
      .drawImage(image, 0, from, film.size, film.size, 0, 0, film.size, film.size);
  };
  const points = film.around.map((point) => ({ point, colour: FAINT }));
  image.src = film.strip;
  const loaded = image.decode();
  return {
    figure,
    length: film.steps + REST,
    async show(step) {
      await loaded;
      const now = Math.min(step, film.steps);
      draw(episode, now);
      draw(goal, film.steps + 1);
      drawLatent(latent, frame, {
        points,
        lines: [],
        foreseen: [],
        trail: film.path.slice(0, now + 1),
        agent: film.path[now],
        goal: film.path.at(-1),
      });
    },
  };
}

// Shows films, all at the same time, until it is called again.
function reel(container) {
  let shown = [];
  let step = 0;
  let rolling = true;
  const draw = () => shown.forEach((film) => film.show(step));
  setInterval(() => {
    if (!rolling || !shown.length) return;
    step = (step + 1) % Math.max(1, ...shown.map((film) => film.length));
    draw();
  }, FRAME_MS);
  return {
    draw,
    show(films, label, frame) {
      shown = films.map((film) => filmOf(film, label, frame));
      step = 0;
      container.replaceChildren(...shown.map((film) => film.figure));
      draw();
    },
    roll(on) {
      rolling = on;
    },
  };
}
