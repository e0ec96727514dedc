// Two rooms joined by a door, as smwm.envs.two_room has them, and the distractor of
// smwm.envs.distracted. A state is {x, y, dot}: the agent in pixels of the frame, and nothing or
// a dot {x, y, dx, dy} in shares of the image's side.
"use strict";

function twoRooms(g) {
  const clip = (value, low, high) => Math.min(Math.max(value, low), high);
  const inWall = (x, y) =>
    Math.abs(x - g.WALL_X) < g.WALL_REACH && Math.abs(y - g.DOOR_Y) > g.DOOR_REACH;
  const face = (x) => (x < g.WALL_X ? g.WALL_LEFT : g.WALL_RIGHT);

  // Where a step ends decides: whoever ends in the wall is put before the face where it began.
  function step(state, action) {
    const x = clip(state.x + g.SPEED * clip(action[0], -1, 1), g.LOW, g.HIGH);
    const y = clip(state.y + g.SPEED * clip(action[1], -1, 1), g.LOW, g.HIGH);
    return { x: inWall(x, y) ? face(state.x) : x, y, dot: state.dot && fly(state.dot) };
  }

  function fly(dot) {
    const [low, high] = [g.DOT.RADIUS, 1 - g.DOT.RADIUS];
    const [x, y] = [dot.x + dot.dx, dot.y + dot.dy];
    return {
      x: clip(x, low, high),
      y: clip(y, low, high),
      dx: x < low || x > high ? -dot.dx : dot.dx,
      dy: y < low || y > high ? -dot.dy : dot.dy,
    };
  }

  // The nearest place where an agent may be put.
  function allowed(x, y) {
    [x, y] = [clip(x, g.LOW, g.HIGH), clip(y, g.LOW, g.HIGH)];
    return { x: inWall(x, y) ? face(x) : x, y };
  }

  function randomPlace(uniform) {
    const left = uniform() < 0.5;
    const [low, high] = left ? [g.LOW, g.WALL_LEFT] : [g.WALL_RIGHT, g.HIGH];
    return { x: low + (high - low) * uniform(), y: g.LOW + (g.HIGH - g.LOW) * uniform() };
  }

  function randomDot(uniform) {
    const [place, heading] = [() => g.DOT.RADIUS + (1 - 2 * g.DOT.RADIUS) * uniform(), uniform()];
    const [dx, dy] = [Math.cos(2 * Math.PI * heading), Math.sin(2 * Math.PI * heading)];
    return { x: place(), y: place(), dx: g.DOT.SPEED * dx, dy: g.DOT.SPEED * dy };
  }

  const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
  const reached = (state, goal) => distance(state, goal) < g.SUCCESS_DISTANCE;

  // The image that a model sees: size x size x 3 bytes, computed in single precision.
  function render(state, size) {
    const f = Math.fround;
    const rooms = emptyRooms(size);
    const image = new Uint8ClampedArray(size * size * 3);
    const falloff = (centre) =>
      Float32Array.from({ length: size }, (_, i) => {
        const pixel = (i + 0.5) * (g.FRAME / size) - 0.5;
        return Math.exp(-0.5 * ((pixel - centre) / g.RADIUS) ** 2);
      });
    const [across, down] = [falloff(state.x), falloff(state.y)];
    for (let row = 0, at = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const room = rooms[row * size + column];
        const agent = f(down[row] * across[column]);
        const cover = state.dot ? dotCover(state.dot, row, column, size) : 0;
        for (let channel = 0; channel < 3; channel++, at++) {
          const seen = Math.floor(f(f(room + f(agent * f(g.AGENT_COLOUR[channel] - room))) + 0.5));
          image[at] = Math.floor(f(f(seen + f(cover * f(g.DOT.COLOUR[channel] - seen))) + 0.5));
        }
      }
    }
    return image;
  }

  // How much of a pixel the distractor covers: its edge is smooth over a pixel.
  function dotCover(dot, row, column, size) {
    const away = Math.hypot((column + 0.5) / size - dot.x, (row + 0.5) / size - dot.y);
    return Math.fround(clip((g.DOT.RADIUS - away) * size + 0.5, 0, 1));
  }

  // Brightness of the empty scene: black walls on white, smooth by area.
  const scenes = new Map();
  function emptyRooms(size) {
    if (scenes.has(size)) return scenes.get(size);
    const cover = (low, high) =>
      Array.from({ length: size }, (_, i) => {
        const [left, right] = [(i * g.FRAME) / size, ((i + 1) * g.FRAME) / size];
        return Math.max(Math.min(right, high) - Math.max(left, low), 0) * (size / g.FRAME);
      });
    const outer = cover(g.BORDER - g.LINE, g.FRAME - g.BORDER + g.LINE);
    const inner = cover(g.BORDER, g.FRAME - g.BORDER);
    const wall = cover(g.WALL_X - g.WALL_THICKNESS / 2, g.WALL_X + g.WALL_THICKNESS / 2);
    const door = cover(g.DOOR_Y - g.DOOR_HALF_SIZE, g.DOOR_Y + g.DOOR_HALF_SIZE);
    const scene = Float32Array.from({ length: size * size }, (_, i) => {
      const [x, y] = [i % size, Math.floor(i / size)];
      const lines = outer[y] * outer[x] - inner[y] * inner[x];
      return 255 * (1 - lines - (inner[y] - door[y]) * wall[x]);
    });
    scenes.set(size, scene);
    return scene;
  }

  return { step, fly, allowed, randomPlace, randomDot, distance, reached, render };
}
