// Drawing: the rooms, and the latent beside them.
"use strict";

const INK = "#1c2430",
  AGENT = "#e00000",
  GOAL = "#0b57a4",
  FAINT = "#c3ccd7";
const CORNERS = [
  [47, 111, 214],
  [217, 138, 31],
  [23, 150, 130],
  [184, 62, 140],
]; // by room and height

// The colour of a place: its shares of the way to the right and downwards mix four corners.
function placeColour(right, down) {
  const mixed = [0, 1, 2].map((channel) => {
    const [a, b, c, d] = CORNERS.map((corner) => corner[channel]);
    return Math.round(
      (a * (1 - right) + b * right) * (1 - down) + (c * (1 - right) + d * right) * down,
    );
  });
  return `rgb(${mixed})`;
}

// A context whose unit is a CSS pixel, cleared; `side` is the canvas's width in that unit.
function fresh(canvas) {
  const side = canvas.clientWidth;
  const sharp = Math.round(side * devicePixelRatio);
  if (canvas.width !== sharp) canvas.width = canvas.height = sharp;
  const context = canvas.getContext("2d");
  context.setTransform(sharp / side, 0, 0, sharp / side, 0, 0);
  context.clearRect(0, 0, side, side);
  return { context, side };
}

function disc(context, [x, y], radius, fill, stroke, width = 2) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  if (fill) {
    context.fillStyle = fill;
    context.fill();
  }
  if (stroke) {
    context.strokeStyle = stroke;
    context.lineWidth = width;
    context.stroke();
  }
}

function line(context, points, colour, width, dashes = []) {
  context.beginPath();
  points.forEach(([x, y]) => context.lineTo(x, y));
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = context.lineCap = "round";
  context.setLineDash(dashes);
  context.stroke();
  context.setLineDash([]);
}

// The part of the frame that the page shows: the rooms and a little around their walls.
function roomsView(g) {
  const low = g.BORDER - g.LINE - 2;
  const span = g.FRAME - 2 * low;
  return { low, span, share: (value) => (value + 0.5 - low) / span };
}

// scene: {lattice, agent, goal, trail, ahead}; places are {x, y} in pixels of the frame.
function drawRooms(canvas, g, scene) {
  const { context, side } = fresh(canvas);
  const { low, span, share } = roomsView(g);
  const scale = side / span;
  const at = (value) => (value - low) * scale;
  const spot = ({ x, y }) => [share(x) * side, share(y) * side];
  const box = (left, top, right, bottom) =>
    context.fillRect(at(left), at(top), (right - left) * scale, (bottom - top) * scale);
  context.fillStyle = INK;
  const [outer, inner] = [g.BORDER - g.LINE, g.BORDER];
  box(outer, outer, g.FRAME - outer, g.FRAME - outer);
  context.fillStyle = "#fff";
  box(inner, inner, g.FRAME - inner, g.FRAME - inner);
  context.fillStyle = INK;
  const [left, right] = [g.WALL_X - g.WALL_THICKNESS / 2, g.WALL_X + g.WALL_THICKNESS / 2];
  box(left, inner, right, g.DOOR_Y - g.DOOR_HALF_SIZE);
  box(left, g.DOOR_Y + g.DOOR_HALF_SIZE, right, g.FRAME - inner);
  context.globalAlpha = 0.7;
  for (const { x, y, colour } of scene.lattice) disc(context, spot({ x, y }), 1.3 * scale, colour);
  context.globalAlpha = 1;
  const { x, y } = scene.goal;
  disc(context, spot({ x, y }), g.SUCCESS_DISTANCE * scale, "#0b57a418");
  disc(context, spot({ x, y }), g.RADIUS * scale, "#ffffffb0", GOAL, 3);
  disc(context, spot({ x, y }), 1.6 * scale, GOAL);
  line(context, scene.trail.map(spot), AGENT, 3);
  line(context, scene.ahead.map(spot), INK, 2, [2, 5]);
  if (scene.agent.dot) {
    const { x: across, y: down } = scene.agent.dot;
    const colour = `rgb(${g.DOT.COLOUR})`;
    disc(
      context,
      [at(across * g.FRAME), at(down * g.FRAME)],
      g.DOT.RADIUS * g.FRAME * scale,
      colour,
    );
  }
  disc(context, spot(scene.agent), g.RADIUS * scale, AGENT, "#fff", 1.5);
}

// Lines between neighbours of a lattice [[x, y, u, v], ...], none through the wall.
function latticeLines(lattice) {
  const columns = [...new Set(lattice.map(([x]) => x))].sort((a, b) => a - b);
  const gap = columns[1] - columns[0];
  const near = (difference) => Math.abs(difference - gap) < 0.01 * gap;
  return lattice.flatMap(([x, y, u, v]) =>
    lattice
      .filter(([X, Y]) => (near(X - x) && Y === y) || (near(Y - y) && X === x))
      .map(([, , U, V]) => [
        [u, v],
        [U, V],
      ]),
  );
}

// A square that holds points (u, v): their middle, and half its side.
function frameOf(points) {
  const [low, high] = [Math.min, Math.max].map((most) =>
    [0, 1].map((i) => most(...points.map((p) => p[i]))),
  );
  const half = Math.max(high[0] - low[0], high[1] - low[1]) / 2;
  return { middle: [0, 1].map((i) => (low[i] + high[i]) / 2), half };
}

// The frames of several models' points, as drawn beside each other. Points that are collapsed,
// that is much closer together than another model's, are not enlarged: they get the size of the
// smallest frame that is not; `width` is the share of it that they take.
const COLLAPSED = 0.02;
function framesOf(clouds) {
  const frames = clouds.map(frameOf);
  const halves = frames.map(({ half }) => half).sort((a, b) => a - b);
  const least = halves.find((half) => half >= COLLAPSED * halves.at(-1));
  return frames.map(({ middle, half }) => {
    const drawn = Math.max(half, least);
    return { middle, half: drawn, width: half / drawn };
  });
}

// scene: {points, lines, trail, foreseen, agent, goal}, all (u, v) but points, which have colours;
// frame: what the canvas shows.
function drawLatent(canvas, frame, scene) {
  const { context, side } = fresh(canvas);
  const scale = (0.44 * side) / frame.half;
  const spot = ([u, v]) => [
    side / 2 + (u - frame.middle[0]) * scale,
    side / 2 - (v - frame.middle[1]) * scale,
  ];
  for (const ends of scene.lines) line(context, ends.map(spot), FAINT, 1);
  for (const { point, colour } of scene.points) disc(context, spot(point), side / 130, colour);
  line(context, scene.trail.map(spot), AGENT, 3);
  line(context, scene.foreseen.map(spot), INK, 2, [2, 5]);
  for (const point of scene.foreseen.slice(1)) disc(context, spot(point), 3.5, "#fff", INK, 1.5);
  if (scene.goal) disc(context, spot(scene.goal), 9, "#ffffffb0", GOAL, 3);
  if (scene.agent) disc(context, spot(scene.agent), 7, AGENT, "#fff", 1.5);
}

// An image of size x size x 3 bytes on a canvas of that size.
function drawImage(canvas, bytes, size) {
  canvas.width = canvas.height = size;
  const image = new ImageData(size, size);
  for (let i = 0; i < size * size; i++) {
    image.data.set(bytes.subarray(3 * i, 3 * i + 3), 4 * i);
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}
