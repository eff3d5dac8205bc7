// Splits, intervals, a permutation null and a verdict with its reasons, by the package's rules.
"use strict";
function labEvidence() {
  const MARGIN = 0.1; // above chance: a leak smaller than that is not looked for
  const ALPHA = 0.05, DRAWS = 999;

  // Half of the images train. By sessions: whole sessions test, and both sides hold every class.
  function split({ labels, sessions }, how, classes, net, seed) {
    const rand = net.random(seed * 15485863 + 3), train = [], test = [];
    if (how === "random") {
      const taken = Array(classes).fill(0);
      const total = Array(classes).fill(0);
      labels.forEach((label) => total[label]++);
      for (const row of net.shuffled(labels.length, rand)) {
        const label = labels[row];
        (taken[label]++ < total[label] / 2 ? train : test).push(row);
      }
      return { train, test };
    }
    const held = new Map();
    sessions.forEach((session, row) => held.set(session, (held.get(session) ?? []).concat(row)));
    const seen = Array(classes).fill(0);
    let mixed = 0;
    for (const rows of [...held.entries()].sort(([a], [b]) => a - b).map(([, rows]) => rows)) {
      const label = labels[rows[0]], one = rows.every((row) => labels[row] === label);
      const place = one ? seen[label]++ : mixed++;
      (place % 2 ? test : train).push(...rows);
    }
    const every = (rows) => new Set(rows.map((row) => labels[row])).size === classes;
    if (!every(train) || !every(test))
      return { why: "Every class has one session only, so that leaving a session out leaves a class out." };
    return { train, test };
  }

  // Mean share right of the classes: accuracy where classes are even, and fair where they are not.
  function balanced(named, labels, classes, rows) {
    const right = Array(classes).fill(0), of = Array(classes).fill(0);
    for (const row of rows) {
      of[labels[row]]++;
      right[labels[row]] += named[row] === labels[row];
    }
    const there = of.map((n, c) => (n ? right[c] / n : null)).filter((one) => one !== null);
    return there.reduce((a, b) => a + b, 0) / there.length;
  }

  const plain = (named, labels, rows) => rows.filter((row) => named[row] === labels[row]).length / rows.length;

  // Test images put together by a key, in the order in which the keys come first.
  function together(test, key) {
    const found = new Map();
    for (const row of test) found.set(key(row), (found.get(key(row)) ?? []).concat(row));
    return [...found.values()];
  }

  // 95% interval: test images of each class drawn again, or whole groups of images where there are any;
  // percentiles. p: labels dealt anew, to the images of one class in one group as one.
  function evidence(named, labels, classes, test, net, seed, groups = null) {
    const rand = net.random(seed * 32452843 + 11);
    const estimate = balanced(named, labels, classes, test);
    const again = (some) => some.map(() => some[Math.floor(rand() * some.length)]);
    const own = groups
      ? [together(test, (row) => groups[row])]
      : Array.from({ length: classes }, (_, c) => test.filter((row) => labels[row] === c).map((row) => [row]));
    const drawn = Array.from({ length: DRAWS }, () =>
      balanced(named, labels, classes, own.flatMap((some) => again(some).flat())),
    ).sort((a, b) => a - b);
    const units = together(test, groups ? (row) => `${groups[row]} ${labels[row]}` : (row) => row);
    // percentiles of a share near 0 or 1 are too short: a pseudo-image on either side, as Agresti's
    const n = test.length, widen = 1.96 / (n + 4);
    const least = Math.max(0, drawn[Math.floor(0.025 * DRAWS)] - widen * (estimate > 1 - 4 / n));
    const most = Math.min(1, drawn[Math.ceil(0.975 * DRAWS) - 1] + widen * (estimate < 4 / n));
    let asGood = 0;
    const nulls = [];
    for (let i = 0; i < DRAWS; i++) {
      const dealt = net.shuffled(units.length, rand), other = labels.slice();
      dealt.forEach((from, to) => units[to].forEach((row) => (other[row] = labels[units[from][0]])));
      const value = balanced(named, other, classes, test);
      nulls.push(value);
      asGood += value >= estimate - 1e-9;
    }
    nulls.sort((a, b) => a - b);
    return {
      estimate, low: least, high: most, chance: 1 / classes, p: (1 + asGood) / (1 + DRAWS),
      accuracy: plain(named, labels, test), n, null95: nulls[Math.floor(0.95 * DRAWS)],
      dead: new Set(test.map((row) => named[row])).size === 1,
    };
  }

  // A control that is the same in all images proves nothing.
  function vacuous(seen, n) {
    const size = seen.length / n;
    for (let i = size; i < seen.length; i++) if (seen[i] !== seen[i % size]) return false;
    return true;
  }

  // Verdict and reasons. `hidden`: no part of the subject is in sight. `layout`, `how`: the trial's;
  // `real`: groups of images were taken together, and random halves cut them.
  function verdict(found, { hidden, empty, layout, how, real }) {
    const percent = (share) => `${(100 * share).toFixed(1)}%`;
    if (empty)
      return { word: "VACUOUS", why: "What the net sees is the same in all pictures. No net could name anything from it, leak or not." };
    const said = `${percent(found.estimate)} right (95% interval ${percent(found.low)} to ${percent(found.high)}), chance ${percent(found.chance)}, p = ${found.p.toFixed(3)}.`;
    const above = found.low > found.chance && found.p <= ALPHA;
    if (!hidden) {
      if (layout === "class" && above)
        return { word: "NOT IDENTIFIABLE", why: `${said} The subject is in sight, and every class has a session of its own: no test on these pictures can tell the two apart.` };
      if (real && how === "random")
        return { word: "not a control", why: `${said} The subject is in sight, and pictures of one movie were trained and tested.` };
      const honest = layout === "image" || layout === "crossed" || how === "sessions";
      const worth = honest
        ? "Session and class are not tied on the tested side, so this is owed to the subject."
        : "Both the subject and the session are in sight, and the split lets the net know sessions again.";
      return { word: "not a control", why: `${said} The subject is in sight. ${worth}` };
    }
    if (found.dead)
      return { word: "INCONCLUSIVE", why: `${said} The net names one class for every picture: it has not learned, and cannot tell.` };
    if (above && real && how === "random")
      return { word: "INCONCLUSIVE", why: `${said} Pictures of one movie lie on both sides of this split, so that memory of the movie may explain it. Sessions apart decide.` };
    if (above)
      return { word: "LEAK", why: `${said} There is no subject in sight, so something else gives the class away.` };
    if (found.high < found.chance + MARGIN)
      return { word: "NO LEAK FOUND", why: `${said} Even the upper end of the interval is less than ten points above chance.` };
    return { word: "INCONCLUSIVE", why: `${said} Chance is in the interval, and so is a leak of ten points.` };
  }

  return { split, balanced, evidence, vacuous, verdict };
}
