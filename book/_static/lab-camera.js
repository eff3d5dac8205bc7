// The lab's pictures: scenes from the package's painters, photographed here in sessions. A simpler
// camera than the package's: lamp, offset, noise, a pattern of the sensor, and a stain on the lens.
"use strict";
function labCamera() {
  const NOISE = 1.5; // gray levels of every picture, whatever the session
  // What one session adds at a dial of 1; standard deviations over sessions, in the units named.
  const SPREAD = { lamp: 0.3, offset: 4, noise: 0.7, pattern: 4, stain: 12 };
  const SESSIONS = 4; // that are shared, where sessions are crossed

  function normal(rand) {
    return Math.sqrt(-2 * Math.log(1 - rand())) * Math.cos(2 * Math.PI * rand());
  }

  // One camera a session: settings spread evenly over sessions and dealt at random, so that no seed
  // is easy or hard by luck of the draw.
  function cameras(count, side, dials, rand, shuffled) {
    const dealt = () =>
      shuffled(count, rand).map((place) => (count > 1 ? (3 * place) / (count - 1) - 1.5 : 0));
    const [lamp, offset, noise, stain] = [dealt(), dealt(), dealt(), dealt()];
    return Array.from({ length: count }, (_, one) => ({
      lamp: Math.exp(SPREAD.lamp * dials.lamp * lamp[one]),
      offset: SPREAD.offset * dials.offset * offset[one],
      noise: NOISE * Math.exp(SPREAD.noise * dials.noise * noise[one]),
      stain: SPREAD.stain * dials.stain * (stain[one] + 1.5),
      pattern: dials.pattern
        ? Float32Array.from({ length: side * side }, () => SPREAD.pattern * dials.pattern * normal(rand))
        : null,
    }));
  }

  // Session of each image: of its class; two of its class; its own; shared by all classes.
  function layOut(labels, layout) {
    const seen = new Map();
    return labels.map((label, row) => {
      const number = seen.get(label) ?? 0;
      seen.set(label, number + 1);
      if (layout === "class") return label;
      if (layout === "two") return 2 * label + (number % 2);
      return layout === "image" ? row : number % SESSIONS;
    });
  }

  // Make a set of pictures: uint8, side x side each, with labels and sessions.
  function photograph({ scenes, side, classes, variants }, { layout, dials, each, seed }, net) {
    const rand = net.random(seed * 104729 + 5);
    const labels = each.flatMap((count, label) => Array(count).fill(label));
    const sessions = layOut(labels, layout);
    const made = cameras(Math.max(...sessions) + 1, side, dials, rand, net.shuffled);
    const images = new Uint8Array(labels.length * side * side);
    labels.forEach((label, row) => {
      const camera = made[sessions[row]];
      const scene = (label * variants + Math.floor(rand() * variants)) * side * side;
      for (let y = 0, i = 0; y < side; y++)
        for (let x = 0; x < side; x++, i++) {
          // a stain lies near the top right corner, and shades some eight pixels about it
          const far = ((side - 9 - x) ** 2 + (9 - y) ** 2) / 32;
          if (!scenes[scene + i]) continue; // painted black by the device, after the sensor
          const level = camera.lamp * scenes[scene + i] + camera.offset + (camera.pattern?.[i] ?? 0);
          const shaded = level + camera.stain * Math.exp(-far);
          images[row * side * side + i] = Math.max(0, Math.min(255, Math.round(shaded + camera.noise * normal(rand))));
        }
    });
    return { images, labels, sessions, side, classes };
  }

  // What the net may see: a box of every picture, black where `hidden` says 1.
  function cut({ images, labels, side }, { left, top, width, height }, hidden = null) {
    const seen = new Uint8Array(labels.length * width * height);
    for (let row = 0, at = 0; row < labels.length; row++)
      for (let y = top; y < top + height; y++)
        for (let x = left; x < left + width; x++, at++)
          if (!hidden?.[y * side + x]) seen[at] = images[row * side * side + y * side + x];
    return seen;
  }

  return { photograph, cut, layOut, SPREAD };
}
