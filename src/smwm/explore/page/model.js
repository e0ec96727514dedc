// A trained world model: images to latents, latents and action blocks to the next latents.
// Matrices are Float32Arrays, one row after the other.
"use strict";

function loadTensor({ shape, kind, data }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const numbers =
    kind === "float16"
      ? Float32Array.from(new Uint16Array(bytes.buffer), fromHalf)
      : new Float32Array(bytes.buffer);
  return { shape, numbers };
}

// A number in IEEE half precision, given by its 16 bits.
function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  return sign * (exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14);
}

// Rows (n, inputs) times weights (inputs, outputs) plus bias. Inputs that are zero, as half of
// those behind a ReLU are, cost nothing; four at a time keep the sums in registers.
function multiply(rows, n, weights, bias) {
  const outputs = bias.length;
  const inputs = weights.length / outputs;
  const result = new Float32Array(n * outputs);
  const used = new Int32Array(inputs + 3);
  const sums = new Float64Array(outputs);
  for (let row = 0; row < n; row++) {
    const from = row * inputs;
    let count = 0;
    for (let i = 0; i < inputs; i++) if (rows[from + i] !== 0) used[count++] = i;
    sums.set(bias);
    let k = 0;
    for (; k + 3 < count; k += 4) {
      const [a, b, c, d] = [used[k], used[k + 1], used[k + 2], used[k + 3]];
      const [p, q, r, s] = [rows[from + a], rows[from + b], rows[from + c], rows[from + d]];
      const [A, B, C, D] = [a * outputs, b * outputs, c * outputs, d * outputs];
      for (let j = 0; j < outputs; j++) {
        sums[j] +=
          p * weights[A + j] + q * weights[B + j] + r * weights[C + j] + s * weights[D + j];
      }
    }
    for (; k < count; k++) {
      const [value, at] = [rows[from + used[k]], used[k] * outputs];
      for (let j = 0; j < outputs; j++) sums[j] += value * weights[at + j];
    }
    result.set(sums, row * outputs);
  }
  return result;
}

// The error function by formula 7.1.26 of Abramowitz and Stegun: wrong by 1.5e-7 at most.
const ERF = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = ERF.reduceRight((sum, factor) => t * (factor + sum), 0);
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

// Each kind of layer: its description to a function of {values, n, side}; images are
// (side, side, channels), anything else has n rows.
const LAYERS = {
  linear({ weight, bias }) {
    const { shape, numbers } = loadTensor(weight);
    const [outputs, inputs] = shape;
    const turned = new Float32Array(numbers.length);
    for (let o = 0; o < outputs; o++)
      for (let i = 0; i < inputs; i++) turned[i * outputs + o] = numbers[o * inputs + i];
    const shift = loadTensor(bias).numbers;
    return (x) => ({ ...x, values: multiply(x.values, x.n, turned, shift) });
  },

  // One matrix product: a row holds what the filter sees at one place.
  convolution({ weight, bias, stride, padding }) {
    const { shape, numbers } = loadTensor(weight);
    const [outputs, channels, width] = shape;
    const turned = new Float32Array(numbers.length);
    let at = 0;
    for (let o = 0; o < outputs; o++)
      for (let c = 0; c < channels; c++)
        for (let place = 0; place < width * width; place++)
          turned[(place * channels + c) * outputs + o] = numbers[at++];
    const shift = loadTensor(bias).numbers;
    return ({ values, side }) => {
      const next = Math.floor((side + 2 * padding - width) / stride) + 1;
      const patches = new Float32Array(next * next * width * width * channels);
      for (let y = 0, to = 0; y < next; y++)
        for (let x = 0; x < next; x++)
          for (let v = y * stride - padding, down = 0; down < width; down++, v++)
            for (let u = x * stride - padding, across = 0; across < width; across++, u++) {
              if (u >= 0 && v >= 0 && u < side && v < side) {
                const from = (v * side + u) * channels;
                for (let c = 0; c < channels; c++) patches[to + c] = values[from + c];
              }
              to += channels;
            }
      return { values: multiply(patches, next * next, turned, shift), n: 1, side: next };
    };
  },

  // To one row, channel by channel.
  flatten:
    () =>
    ({ values, side }) => {
      const channels = values.length / side ** 2;
      const row = new Float32Array(values.length);
      for (let place = 0; place < side ** 2; place++)
        for (let c = 0; c < channels; c++)
          row[c * side ** 2 + place] = values[place * channels + c];
      return { values: row, n: 1 };
    },

  batch_norm(layer) {
    const [factor, shift] = [layer.factor, layer.shift].map((part) => loadTensor(part).numbers);
    const at = (i) => i % factor.length;
    return (x) => ({ ...x, values: x.values.map((v, i) => v * factor[at(i)] + shift[at(i)]) });
  },

  layer_norm:
    ({ eps }) =>
    (x) => {
      const values = x.values.slice();
      const width = values.length / x.n;
      for (let row = 0; row < x.n; row++) {
        const part = values.subarray(row * width, (row + 1) * width);
        const mean = part.reduce((sum, v) => sum + v, 0) / width;
        const variance = part.reduce((sum, v) => sum + (v - mean) ** 2, 0) / width;
        part.forEach((v, i) => (part[i] = (v - mean) / Math.sqrt(variance + eps)));
      }
      return { ...x, values };
    },

  relu: () => (x) => {
    const { values } = x;
    for (let i = 0; i < values.length; i++) if (values[i] < 0) values[i] = 0;
    return x;
  },
  gelu: () => (x) => ({ ...x, values: x.values.map((v) => (v * (1 + erf(v * Math.SQRT1_2))) / 2) }),
  tanh: () => (x) => ({ ...x, values: x.values.map(Math.tanh) }),
};

function loadModel(description) {
  const { size, pixel_scale: scale, pixel_shift: shift } = description;
  const build = (layers) => layers.map((entry) => LAYERS[entry.layer](entry));
  const [encoder, forward] = [build(description.encoder), build(description.forward)];
  const through = (layers, x) => layers.reduce((value, layer) => layer(value), x).values;
  const blockSize = description.action_mean.length;

  // An image (size, size, 3) of bytes to its latent.
  const encode = (image) =>
    through(encoder, {
      values: Float32Array.from(image, (p) => p / scale - shift),
      n: 1,
      side: size,
    });

  // n latents and n normalised action blocks to the n next latents.
  function predict(latents, blocks, n) {
    const width = latents.length / n;
    const rows = new Float32Array(n * (width + blockSize));
    for (let row = 0; row < n; row++) {
      rows.set(latents.subarray(row * width, (row + 1) * width), row * (width + blockSize));
      const block = blocks.subarray(row * blockSize, (row + 1) * blockSize);
      rows.set(block, row * (width + blockSize) + width);
    }
    return through(forward, { values: rows, n });
  }

  // A latent's first two principal components.
  const project = (latent) =>
    description.directions.map((direction) =>
      direction.reduce((sum, d, i) => sum + d * (latent[i] - description.mean[i]), 0),
    );

  const normalised = (value) =>
    Float32Array.from(
      description.action_mean,
      (mean, i) => (value - mean) / description.action_std[i],
    );
  const denormalise = (block) =>
    block.map(
      (a, i) => a * description.action_std[i % blockSize] + description.action_mean[i % blockSize],
    );

  return {
    size,
    blockSize,
    encode,
    predict,
    project,
    denormalise,
    low: normalised(-1),
    high: normalised(1),
  };
}
