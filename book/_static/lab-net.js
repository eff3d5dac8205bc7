// LeNet-5 in plain JavaScript, as confoundlab/models/lenet.py has it: 5x5x6, pool, 5x5x16, pool, 120,
// 84, k; ReLU, the largest of 2x2 pixels, softmax with cross entropy, Adam at 0.001, batches of 32.
// One function, so that its text can be given to a worker, which may read no file from the disk.
"use strict";
function labNet() {
  const MARGIN_TO = 16; // pixels: smaller crops get a margin of the mean
  const RATE = 1e-3, BATCH = 32, B1 = 0.9, B2 = 0.999, TINY = 1e-8;

  // mulberry32: the same numbers from a seed on every machine
  function random(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  function shuffled(n, rand) {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(rand() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  // Sizes of the layers, and where each layer's numbers begin in the one array of weights.
  function plan(height, width, classes) {
    const h = Math.max(height, MARGIN_TO), w = Math.max(width, MARGIN_TO);
    const h1 = h - 4, w1 = w - 4, p1 = h1 >> 1, q1 = w1 >> 1;
    const h2 = p1 - 4, w2 = q1 - 4, p2 = h2 >> 1, q2 = w2 >> 1;
    const flat = 16 * p2 * q2;
    const sizes = [6 * 25, 6, 16 * 150, 16, 120 * flat, 120, 84 * 120, 84, classes * 84, classes];
    const fans = [25, 25, 150, 150, flat, flat, 120, 120, 84, 84];
    const at = [0];
    for (const size of sizes) at.push(at.at(-1) + size);
    return { height, width, h, w, h1, w1, p1, q1, h2, w2, p2, q2, flat, classes, sizes, fans, at };
  }

  // PyTorch's own beginning: even numbers up to 1 / sqrt(inputs), either sign.
  function initial(shape, rand) {
    const weights = new Float32Array(shape.at.at(-1));
    shape.sizes.forEach((size, layer) => {
      const bound = 1 / Math.sqrt(shape.fans[layer]);
      for (let i = 0; i < size; i++) weights[shape.at[layer] + i] = bound * (2 * rand() - 1);
    });
    return weights;
  }

  // Mean and deviation of the pixels that train, all together, in units of 255.
  function scaleOf(images, pixels, rows) {
    let sum = 0, squares = 0;
    for (const row of rows)
      for (let i = row * pixels; i < (row + 1) * pixels; i++) {
        const value = images[i] / 255;
        sum += value;
        squares += value * value;
      }
    const n = rows.length * pixels, mean = sum / n;
    return { mean, sd: Math.sqrt(Math.max(0, squares / n - mean * mean)) || 1 };
  }

  function workspace(s) {
    return {
      x: new Float32Array(s.h * s.w), c1: new Float32Array(6 * s.h1 * s.w1),
      a1: new Float32Array(6 * s.p1 * s.q1), i1: new Int32Array(6 * s.p1 * s.q1),
      c2: new Float32Array(16 * s.h2 * s.w2), a2: new Float32Array(s.flat), i2: new Int32Array(s.flat),
      f1: new Float32Array(120), f2: new Float32Array(84), out: new Float64Array(s.classes),
      d1: new Float32Array(6 * s.p1 * s.q1), d2: new Float32Array(s.flat), e1: new Float32Array(120),
      e2: new Float32Array(84),
    };
  }

  // A row of the kernel at a time, five pixels held in variables: each is read once.
  function convolve(into, from, weights, matrix, bias, outs, ins, h, w, inH, inW) {
    for (let o = 0; o < outs; o++) {
      const begin = o * h * w;
      into.fill(weights[bias + o], begin, begin + h * w);
      for (let i = 0; i < ins; i++)
        for (let ky = 0; ky < 5; ky++) {
          const own = matrix + ((o * ins + i) * 5 + ky) * 5;
          const w0 = weights[own], w1 = weights[own + 1], w2 = weights[own + 2], w3 = weights[own + 3], w4 = weights[own + 4];
          for (let y = 0, at = begin; y < h; y++) {
            let source = i * inH * inW + (y + ky) * inW;
            let p0 = from[source], p1 = from[source + 1], p2 = from[source + 2], p3 = from[source + 3];
            source += 4;
            for (const end = at + w; at < end; at++, source++) {
              const p4 = from[source];
              into[at] += w0 * p0 + w1 * p1 + w2 * p2 + w3 * p3 + w4 * p4;
              p0 = p1;
              p1 = p2;
              p2 = p3;
              p3 = p4;
            }
          }
        }
    }
  }

  // The largest of 2x2 pixels, if above 0: pooling and ReLU at once. `where` keeps its place, or -1.
  function pool(into, where, from, channels, h, w) {
    const p = h >> 1, q = w >> 1;
    for (let c = 0, at = 0; c < channels; c++)
      for (let y = 0; y < p; y++)
        for (let x = 0, one = c * h * w + 2 * y * w; x < q; x++, at++, one += 2) {
          let best = one;
          if (from[one + 1] > from[best]) best = one + 1;
          if (from[one + w] > from[best]) best = one + w;
          if (from[one + w + 1] > from[best]) best = one + w + 1;
          const most = from[best];
          into[at] = most > 0 ? most : 0;
          where[at] = most > 0 ? best : -1;
        }
  }

  // Four sums side by side do not wait for each other.
  function dense(into, from, weights, matrix, bias, outs, ins, relu) {
    for (let o = 0; o < outs; o++) {
      let a = weights[bias + o], b = 0, c = 0, d = 0, i = 0, at = matrix + o * ins;
      for (; i + 3 < ins; i += 4, at += 4) {
        a += weights[at] * from[i];
        b += weights[at + 1] * from[i + 1];
        c += weights[at + 2] * from[i + 2];
        d += weights[at + 3] * from[i + 3];
      }
      for (; i < ins; i++, at++) a += weights[at] * from[i];
      const sum = a + b + (c + d);
      into[o] = relu && sum < 0 ? 0 : sum;
    }
  }

  // Chances of the classes for one image; what backward needs stays in the workspace.
  function forward(s, weights, k, images, row, scale) {
    const { at } = s, top = (s.h - s.height) >> 1, left = (s.w - s.width) >> 1;
    if (s.h > s.height || s.w > s.width) k.x.fill(0);
    for (let y = 0; y < s.height; y++)
      for (let x = 0; x < s.width; x++)
        k.x[(y + top) * s.w + x + left] =
          (images[(row * s.height + y) * s.width + x] / 255 - scale.mean) / scale.sd;
    convolve(k.c1, k.x, weights, at[0], at[1], 6, 1, s.h1, s.w1, s.h, s.w);
    pool(k.a1, k.i1, k.c1, 6, s.h1, s.w1);
    convolve(k.c2, k.a1, weights, at[2], at[3], 16, 6, s.h2, s.w2, s.p1, s.q1);
    pool(k.a2, k.i2, k.c2, 16, s.h2, s.w2);
    dense(k.f1, k.a2, weights, at[4], at[5], 120, s.flat, true);
    dense(k.f2, k.f1, weights, at[6], at[7], 84, 120, true);
    dense(k.out, k.f2, weights, at[8], at[9], s.classes, 84, false);
    const most = Math.max(...k.out);
    let total = 0;
    for (let c = 0; c < s.classes; c++) total += k.out[c] = Math.exp(k.out[c] - most);
    for (let c = 0; c < s.classes; c++) k.out[c] /= total;
    return k.out;
  }

  function backDense(error, from, weights, grads, matrix, bias, outs, ins, below) {
    if (below) below.fill(0);
    for (let o = 0; o < outs; o++) {
      const e = error[o];
      if (!e) continue;
      grads[bias + o] += e;
      for (let i = 0, at = matrix + o * ins; i < ins; i++, at++) {
        grads[at] += e * from[i];
        if (below) below[i] += e * weights[at];
      }
    }
  }

  // From pooled units with a gradient back to the weights of a convolution, and below it.
  function backConvolve(error, where, from, weights, grads, matrix, bias, ins, h, w, inH, inW, below) {
    if (below) below.fill(0);
    for (let unit = 0; unit < error.length; unit++) {
      const e = error[unit], place = where[unit];
      if (place < 0 || !e) continue;
      const o = Math.floor(place / (h * w)), y = Math.floor((place % (h * w)) / w), x = place % w;
      grads[bias + o] += e;
      for (let i = 0; i < ins; i++)
        for (let ky = 0; ky < 5; ky++) {
          let at = matrix + ((o * ins + i) * 5 + ky) * 5, source = i * inH * inW + (y + ky) * inW + x;
          for (let kx = 0; kx < 5; kx++, at++, source++) {
            grads[at] += e * from[source];
            if (below) below[source] += e * weights[at];
          }
        }
    }
  }

  // Add the gradient of one image's loss, by `share`; return the loss.
  function backward(s, weights, grads, k, label, share) {
    const { at } = s, loss = -Math.log(Math.max(k.out[label], 1e-30));
    for (let c = 0; c < s.classes; c++) k.out[c] = share * (k.out[c] - (c === label));
    backDense(k.out, k.f2, weights, grads, at[8], at[9], s.classes, 84, k.e2);
    for (let i = 0; i < 84; i++) if (k.f2[i] <= 0) k.e2[i] = 0;
    backDense(k.e2, k.f1, weights, grads, at[6], at[7], 84, 120, k.e1);
    for (let i = 0; i < 120; i++) if (k.f1[i] <= 0) k.e1[i] = 0;
    backDense(k.e1, k.a2, weights, grads, at[4], at[5], 120, s.flat, k.d2);
    backConvolve(k.d2, k.i2, k.a1, weights, grads, at[2], at[3], 6, s.h2, s.w2, s.p1, s.q1, k.d1);
    backConvolve(k.d1, k.i1, k.x, weights, grads, at[0], at[1], 1, s.h1, s.w1, s.h, s.w, null);
    return loss;
  }

  // One step of Adam. Apart, because engines leave the body of a generator unoptimised.
  function adam(weights, grads, first, second, step) {
    const unbiased = Math.sqrt(1 - B2 ** step), rate = (RATE / (1 - B1 ** step)) * unbiased, tiny = TINY * unbiased;
    for (let i = 0; i < weights.length; i++) {
      const g = grads[i], mean = first[i] + (1 - B1) * (g - first[i]), square = second[i] + (1 - B2) * (g * g - second[i]);
      first[i] = mean;
      second[i] = square;
      weights[i] -= (rate * mean) / (Math.sqrt(square) + tiny);
    }
  }

  // The mean gradient of some images, and their mean loss: for tests against PyTorch.
  function gradient(s, weights, images, labels, rows, scale) {
    const grads = new Float32Array(weights.length), k = workspace(s);
    let loss = 0;
    for (const row of rows) {
      forward(s, weights, k, images, row, scale);
      loss += backward(s, weights, grads, k, labels[row], 1 / rows.length) / rows.length;
    }
    return { grads, loss };
  }

  // Train, an epoch a step of the generator: yields the loss of each, returns a function that names.
  function* train({ images, height, width, labels, classes, rows, epochs, seed }) {
    const rand = random(seed * 7919 + 17), s = plan(height, width, classes), k = workspace(s);
    const weights = initial(s, rand), scale = scaleOf(images, height * width, rows);
    const grads = new Float32Array(weights.length);
    const first = new Float32Array(weights.length), second = new Float32Array(weights.length);
    const name = (row) => {
      const chances = forward(s, weights, k, images, row, scale);
      let best = 0;
      for (let c = 1; c < classes; c++) if (chances[c] > chances[best]) best = c;
      return best;
    };
    for (let epoch = 0, step = 0; epoch < epochs; epoch++) {
      const order = shuffled(rows.length, rand).map((i) => rows[i]);
      let loss = 0;
      for (let begin = 0; begin < order.length; begin += BATCH) {
        const some = order.slice(begin, begin + BATCH);
        grads.fill(0);
        for (const row of some) {
          forward(s, weights, k, images, row, scale);
          loss += backward(s, weights, grads, k, labels[row], 1 / some.length) / order.length;
        }
        adam(weights, grads, first, second, ++step);
      }
      yield { epoch: epoch + 1, loss, name };
    }
  }

  return { random, shuffled, plan, initial, scaleOf, gradient, train };
}
