import assert from "node:assert";
import test from "node:test";
import { settings } from "./modules.mjs";

const sets = { objects: {}, xrays: {}, cells: {} };
const begin = settings.read("", sets);
const plain = (one) => JSON.parse(JSON.stringify(one));

test("a link holds all that was chosen", () => {
  const state = settings.read("", sets);
  Object.assign(state, { set: "xrays", layout: "two", how: "sessions", mask: "drawn", epochs: 7, seed: 42 });
  state.box = { left: 50, top: 3, width: 14, height: 31 };
  state.dials.noise = 0.25;
  for (const place of [0, 65, 4095]) state.drawn[place] = 1;
  const again = settings.read(settings.link(state), sets);
  assert.deepStrictEqual(plain(again), plain(state));
  assert.ok(settings.link(state).length < 1500);
});

test("what is painted over survives, whatever it is", () => {
  for (let seed = 1; seed < 30; seed++) {
    const drawn = Uint8Array.from({ length: 64 * 64 }, (_, i) => Number((i * seed * 7919) % 13 < seed % 5));
    assert.deepStrictEqual([...settings.unpacked(settings.packed(drawn))], [...drawn]);
  }
});

test("a link that lies changes nothing but what it may", () => {
  for (const hash of [
    "", "#", "#lab=", "#lab=%", "#lab=null", "#lab=[]", "#lab=7", "#other", "#lab={", `#lab=${"x".repeat(10 ** 5)}`,
    `#lab=${encodeURIComponent(JSON.stringify({ set: "__proto__", layout: "constructor", epochs: 1e9, seed: -1, mask: 3,
      box: { left: "0", width: 1e9 }, dials: { lamp: 7 }, drawn: "z9999.z9999.", how: null }))}`,
  ])
    assert.deepStrictEqual(plain(settings.read(hash, sets)), plain(begin), hash.slice(0, 60));
  const wide = settings.read(`#lab=${encodeURIComponent(JSON.stringify({ box: { left: 60, width: 32, height: 2, top: 64 } }))}`, sets);
  assert.deepStrictEqual(plain(wide.box), { left: 32, top: 52, width: 32, height: 12 });
});

test("the middle of a box hides a quarter of it, and what is painted hides itself", () => {
  const box = { left: 8, top: 4, width: 16, height: 12 };
  const hidden = settings.mask({ mask: "middle", box });
  assert.strictEqual(hidden.reduce((a, b) => a + b, 0), 8 * 6);
  assert.ok(hidden[7 * 64 + 12] && !hidden[6 * 64 + 12] && !hidden[7 * 64 + 11]);
  assert.strictEqual(settings.mask({ mask: "none", box }).reduce((a, b) => a + b, 0), 0);
  const drawn = new Uint8Array(64 * 64).fill(1);
  assert.strictEqual(settings.mask({ mask: "drawn", box, drawn }), drawn);
});

test("the command names the corner in which the box lies", () => {
  const box = { left: 45, top: 2, width: 14, height: 18 };
  const said = settings.command({ box, layout: "two", seed: 3 }, { study: "coil" });
  for (const part of ["run coil", "sessions=twice", "crop_corner=top-right", "crop_size=18", "seed=3"])
    assert.ok(said.includes(part), part);
  assert.ok(!settings.command({ box, layout: "class", seed: 3 }, { study: "rnai", images: [1] }).includes("sessions"));
});
