import assert from "node:assert";
import test from "node:test";
import { evidence, net } from "./modules.mjs";

const labels = Array.from({ length: 200 }, (_, i) => i % 4);
const sessionsTwo = labels.map((label, row) => 2 * label + (Math.floor(row / 4) % 2));

test("a random split halves every class", () => {
  const { train, test: held } = evidence.split({ labels, sessions: labels }, "random", 4, net, 1);
  assert.strictEqual(train.length, 100);
  assert.deepStrictEqual([...train, ...held].sort((a, b) => a - b), labels.map((_, row) => row));
  for (let c = 0; c < 4; c++) assert.strictEqual(train.filter((row) => labels[row] === c).length, 25);
});

test("sessions apart share no session, or it is said why that cannot be", () => {
  const { train, test: held } = evidence.split({ labels, sessions: sessionsTwo }, "sessions", 4, net, 1);
  const own = new Set(train.map((row) => sessionsTwo[row]));
  assert.ok(held.length && held.every((row) => !own.has(sessionsTwo[row])));
  assert.match(evidence.split({ labels, sessions: labels }, "sessions", 4, net, 1).why, /one session only/);
});

test("balanced accuracy is fair where one class is nine in ten", () => {
  const uneven = [...Array(90).fill(0), ...Array(10).fill(1)], rows = uneven.map((_, row) => row);
  assert.strictEqual(evidence.balanced(Array(100).fill(0), uneven, 2, rows), 0.5);
  const found = evidence.evidence(Array(100).fill(0), uneven, 2, rows, net, 1);
  assert.ok(found.accuracy === 0.9 && found.estimate === 0.5 && found.dead && found.p > 0.5);
});

test("a test of guesses calls one in twenty, and its interval holds chance", () => {
  let called = 0, held = 0;
  const rows = labels.slice(0, 100).map((_, row) => row), n = 300;
  for (let seed = 0; seed < n; seed++) {
    const rand = net.random(1000 + seed), named = labels.map(() => Math.floor(4 * rand()));
    const found = evidence.evidence(named, labels, 4, rows, net, seed);
    called += found.p <= 0.05;
    held += found.low <= 0.25 && 0.25 <= found.high;
    assert.ok(found.p > 0);
  }
  assert.ok(called <= 27, `${called} of ${n}`); // 5% and three standard errors
  assert.ok(held >= 0.9 * n, `${held} of ${n}`);
});

test("verdicts follow what is in sight, what is empty, and what was found", () => {
  const found = (estimate, low, high, p, dead = false) => ({ estimate, low, high, p, chance: 0.25, dead });
  const said = (one, more) =>
    evidence.verdict(one, { hidden: true, empty: false, layout: "class", how: "random", ...more }).word;
  assert.strictEqual(said(found(0.8, 0.7, 0.9, 0.001), {}), "LEAK");
  assert.strictEqual(said(found(0.25, 0.2, 0.31, 0.6), {}), "NO LEAK FOUND");
  assert.strictEqual(said(found(0.28, 0.2, 0.4, 0.3), {}), "INCONCLUSIVE");
  assert.strictEqual(said(found(0.25, 0.25, 0.25, 1, true), {}), "INCONCLUSIVE");
  assert.strictEqual(said(found(0.8, 0.7, 0.9, 0.001), { empty: true }), "VACUOUS");
  assert.strictEqual(said(found(0.8, 0.7, 0.9, 0.001), { hidden: false }), "NOT IDENTIFIABLE");
  assert.strictEqual(said(found(0.8, 0.7, 0.9, 0.001), { hidden: false, layout: "crossed" }), "not a control");
});

test("what is the same in all pictures is vacuous", () => {
  assert.ok(evidence.vacuous(new Uint8Array(400), 4));
  assert.ok(!evidence.vacuous(Uint8Array.from({ length: 400 }, (_, i) => i === 399), 4));
});

test("where pictures come in movies, the null of movies is asked: no more than 5% are called", () => {
  // each cell of a movie gets the class that the net likes for this movie: no cell is known
  let called = 0, covered = 0;
  const draws = 200, movies = 24, each = 5;
  for (let seed = 1; seed <= draws; seed++) {
    const rand = net.random(seed);
    const labels = [], groups = [], named = [];
    for (let movie = 0; movie < movies; movie++) {
      const label = movie % 2, liked = Number(rand() < 0.5);
      for (let cell = 0; cell < each; cell++) {
        labels.push(label);
        groups.push(movie);
        named.push(rand() < 0.9 ? liked : 1 - liked);
      }
    }
    const found = evidence.evidence(named, labels, 2, [...labels.keys()], net, seed, groups);
    called += found.p <= 0.05;
    covered += found.low <= 0.5 && found.high >= 0.5;
  }
  assert.ok(called <= 20, `${called} of ${draws} called`); // 5%, and what 200 draws allow
  assert.ok(covered >= 0.87 * draws, `${covered} of ${draws} covered`);
});

test("random halves that cut movies are refused a LEAK", () => {
  const found = { estimate: 0.8, low: 0.7, high: 0.9, chance: 1 / 3, p: 0.001, n: 60 };
  const asked = { hidden: true, empty: false, layout: "taken", real: true };
  assert.strictEqual(evidence.verdict(found, { ...asked, how: "random" }).word, "INCONCLUSIVE");
  assert.strictEqual(evidence.verdict(found, { ...asked, how: "sessions" }).word, "LEAK");
});
