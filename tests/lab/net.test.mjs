// Gradients against PyTorch's: the fixture is written by tests/book/test_lab.py at test time.
import assert from "node:assert";
import fs from "node:fs";
import test from "node:test";
import { net } from "./modules.mjs";

const fixtures = process.env.LAB_FIXTURES ? JSON.parse(fs.readFileSync(process.env.LAB_FIXTURES)) : [];

for (const one of fixtures) {
  test(`gradients of ${one.width}x${one.height}, ${one.classes} classes are PyTorch's`, () => {
    const shape = net.plan(one.height, one.width, one.classes);
    const weights = Float32Array.from(one.weights);
    assert.strictEqual(weights.length, shape.at.at(-1));
    const images = Uint8Array.from(one.images), rows = one.labels.map((_, row) => row);
    const scale = net.scaleOf(images, one.height * one.width, rows);
    assert.ok(Math.abs(scale.mean - one.scale[0]) < 1e-9 && Math.abs(scale.sd - one.scale[1]) < 1e-9);
    const { grads, loss } = net.gradient(shape, weights, images, one.labels, rows, scale);
    assert.ok(Math.abs(loss - one.loss) < 1e-4, `${loss} ${one.loss}`);
    let most = 0;
    grads.forEach((g, i) => (most = Math.max(most, Math.abs(g - one.grads[i]))));
    assert.ok(most < 1e-4, `off by ${most}`);
  });
}

test("a net learns what can be learned, and the same from the same seed", () => {
  const side = 14, n = 60, rand = net.random(1), labels = Array.from({ length: n }, (_, i) => i % 3);
  const images = Uint8Array.from({ length: n * side * side }, (_, i) =>
    100 + 20 * rand() + 15 * labels[Math.floor(i / (side * side))],
  );
  const task = { images, height: side, width: side, labels, classes: 3, rows: labels.map((_, i) => i), epochs: 15, seed: 4 };
  const losses = () => [...net.train(task)].map((step) => step.loss);
  const [first, second] = [losses(), losses()];
  assert.deepStrictEqual(first, second);
  assert.ok(first.at(-1) < 0.3 * first[0]);
  const last = [...net.train(task)].at(-1);
  const right = labels.filter((label, row) => last.name(row) === label).length;
  assert.ok(right > 0.9 * n, `${right} of ${n}`);
});

test("random numbers are even, and an order holds each row once", () => {
  const rand = net.random(7), drawn = Array.from({ length: 20000 }, rand);
  assert.ok(Math.abs(drawn.reduce((a, b) => a + b) / 20000 - 0.5) < 0.01);
  assert.ok(Math.min(...drawn) >= 0 && Math.max(...drawn) < 1);
  assert.deepStrictEqual([...net.shuffled(50, rand)].sort((a, b) => a - b), Array.from({ length: 50 }, (_, i) => i));
});
