// The cross-entropy method of smwm.planning.cem on the squared distance between the last
// predicted latent and the goal's.
"use strict";

// Uniform numbers from a seed (mulberry32).
function uniformNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Standard normal numbers (Box and Muller).
function normalNumbers(seed) {
  const uniform = uniformNumbers(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

// The last latents of `n` plans (n, horizon, block) from one start.
function rollout(model, start, plans, n) {
  const horizon = plans.length / n / model.blockSize;
  let latents = new Float32Array(n * start.length);
  for (let row = 0; row < n; row++) latents.set(start, row * start.length);
  const blocks = new Float32Array(n * model.blockSize);
  for (let h = 0; h < horizon; h++) {
    for (let row = 0; row < n; row++) {
      const from = (row * horizon + h) * model.blockSize;
      blocks.set(plans.subarray(from, from + model.blockSize), row * model.blockSize);
    }
    latents = model.predict(latents, blocks, n);
  }
  return latents;
}

function distances(latents, goal, n) {
  return Float64Array.from({ length: n }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < goal.length; i++) sum += (latents[row * goal.length + i] - goal[i]) ** 2;
    return sum;
  });
}

// The best plan (horizon, block) of normalised actions, or null if `stale` after an iteration.
// Between iterations others get their turn, so that a newer question is heard.
async function plan(model, start, goal, horizon, settings, seed, stale = () => false) {
  const { samples, iterations, elites } = settings;
  const free = settings.candidates === "free";
  const length = horizon * model.blockSize;
  const clip = (value, i) =>
    free
      ? value
      : Math.min(Math.max(value, model.low[i % model.blockSize]), model.high[i % model.blockSize]);
  const normal = normalNumbers(seed);
  let mean = new Float32Array(length).map(clip);
  let std = new Float32Array(length).fill(settings.initial_std);
  let [best, bestCost] = [mean, Infinity];
  for (let iteration = 0; iteration < iterations; iteration++) {
    const candidates = Float32Array.from({ length: samples * length }, (_, at) => {
      const i = at % length;
      return clip(mean[i] + (at < length ? 0 : std[i] * normal()), i); // the first is the mean
    });
    const costs = distances(rollout(model, start, candidates, samples), goal, samples);
    const order = Array.from(costs.keys())
      .sort((a, b) => costs[a] - costs[b])
      .slice(0, elites);
    const row = (n) => candidates.subarray(n * length, (n + 1) * length);
    if (costs[order[0]] < bestCost) [best, bestCost] = [row(order[0]).slice(), costs[order[0]]];
    mean = mean.map((_, i) => order.reduce((sum, n) => sum + row(n)[i], 0) / elites);
    std = std.map((_, i) =>
      Math.sqrt(order.reduce((sum, n) => sum + (row(n)[i] - mean[i]) ** 2, 0) / (elites - 1)),
    );
    await new Promise((resolve) => setTimeout(resolve));
    if (stale()) return null;
  }
  return settings.returns === "mean" ? mean : best;
}
