import assert from "node:assert";
import test from "node:test";
import { camera, net } from "./modules.mjs";

const side = 20, classes = 4, variants = 1;
const scenes = new Uint8Array(classes * side * side).fill(60);
scenes.subarray(0, side).fill(0); // a row that a device paints, in one class
const off = { lamp: 0, offset: 0, noise: 0, pattern: 0, stain: 0 };
const taken = (layout, dials, each = [30, 30, 30, 30]) =>
  camera.photograph({ scenes, side, classes, variants }, { layout, dials: { ...off, ...dials }, each, seed: 3 }, net);
const mean = (images, row) => {
  let sum = 0;
  for (let i = row * side * side + side; i < (row + 1) * side * side; i++) sum += images[i];
  return sum / (side * side - side);
};

test("sessions lie as they are laid", () => {
  const labels = [0, 0, 0, 1, 1, 1];
  assert.deepStrictEqual([...camera.layOut(labels, "class")], labels);
  assert.deepStrictEqual([...camera.layOut(labels, "two")], [0, 1, 0, 2, 3, 2]);
  assert.deepStrictEqual([...camera.layOut(labels, "image")], [0, 1, 2, 3, 4, 5]);
  assert.deepStrictEqual([...camera.layOut(labels, "crossed")], [0, 1, 2, 0, 1, 2]);
});

test("with all dials at zero sessions are alike, and noise alone differs", () => {
  const { images, labels } = taken("class", {});
  const means = labels.map((_, row) => mean(images, row));
  assert.ok(Math.max(...means) - Math.min(...means) < 0.6);
});

test("the lamp and the offset move whole sessions, by as much as they say", () => {
  for (const [dial, least] of [["lamp", 30], ["offset", 8]]) {
    const { images, labels } = taken("class", { [dial]: 1 });
    const own = [0, 1, 2, 3].map((label) => mean(images, labels.indexOf(label)));
    assert.ok(Math.max(...own) - Math.min(...own) > least, `${dial}: ${own}`);
  }
});

test("a stain shades one corner, and what a device paints stays black", () => {
  const { images } = taken("class", { stain: 1 });
  const level = (row, y, x) => images[(row * side + y) * side + x];
  const corner = [0, 40, 80, 119].map((row) => level(row, 9, side - 9) - level(row, 18, 2));
  assert.ok(Math.max(...corner) > 20 && Math.min(...corner) < 6, `${corner}`);
  assert.strictEqual(level(0, 0, 5), 0);
});

test("a box is cut where it lies", () => {
  const set = taken("class", {});
  const seen = camera.cut(set, { left: 3, top: 5, width: 12, height: 13 });
  assert.strictEqual(seen.length, 120 * 12 * 13);
  assert.strictEqual(seen[12 * 13 + 12], set.images[side * side + 6 * side + 3]);
});

test("what is hidden is black, and nothing else is", () => {
  const set = taken("class", {});
  const hidden = new Uint8Array(side * side);
  hidden[6 * side + 4] = 1;
  const box = { left: 3, top: 5, width: 12, height: 13 };
  const seen = camera.cut(set, box, hidden), whole = camera.cut(set, box);
  const changed = [...seen.keys()].filter((at) => seen[at] !== whole[at]);
  assert.ok(changed.length > 110 && changed.every((at) => at % (12 * 13) === 12 + 1 && seen[at] === 0));
});
