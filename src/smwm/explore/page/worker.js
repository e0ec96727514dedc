// Answers the page's questions beside it: where states lie in the latent, and what to do next.
"use strict";

let world, settings, scenes, newest;
const models = new Map();

function modelOf(env, method) {
  const key = `${env}/${method}`;
  if (!models.has(key)) models.set(key, loadModel(scenes[env][method]));
  return models.get(key);
}

const ANSWERS = {
  load(content) {
    [world, settings, scenes] = [twoRooms(content.geometry), content.planner, content.scenes];
  },

  // Images and components of states.
  see({ env, method, states }) {
    const model = modelOf(env, method);
    const images = states.map((state) => world.render(state, model.size));
    return { images, points: images.map((image) => model.project(model.encode(image))) };
  },

  // The actions of the next plan, how many of them to execute, and the latents it foresees.
  // What is left of a plan is planned anew, as smwm.planning.evaluate does.
  async plan({ env, method, state, goal, spent, seed }, stale) {
    const model = modelOf(env, method);
    const [start, target] = [state, goal].map((one) => model.encode(world.render(one, model.size)));
    const repeat = model.blockSize / 2;
    const horizon = settings.horizon - (Math.floor(spent / repeat) % settings.horizon);
    const found = await plan(model, start, target, horizon, settings, seed, stale);
    if (!found) return null;
    const foreseen = [start];
    for (let h = 0; h < horizon; h++) {
      const block = found.subarray(h * model.blockSize, (h + 1) * model.blockSize);
      foreseen.push(model.predict(foreseen[h], block, 1));
    }
    return {
      actions: model.denormalise(found),
      execute: repeat * Math.min(settings.execute || horizon, horizon),
      foreseen: foreseen.map(model.project),
    };
  },
};

self.onmessage = async ({ data: { id, kind, question } }) => {
  newest = { ...newest, [kind]: id };
  const answer = await ANSWERS[kind](question, () => newest[kind] !== id);
  self.postMessage({ id, answer });
};
