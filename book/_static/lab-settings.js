// What a reader of the lab can choose, and the link that holds it. Whatever a link says is read with
// care: what is none of the choices is left as it was.
"use strict";
function labSettings() {
  const DIALS = { lamp: "lamp", offset: "sensor offset", noise: "sensor noise", pattern: "sensor pattern", stain: "stain on the lens" };
  const STEPS = [0, 0.1, 0.25, 0.5, 1];
  const LAYOUTS = { class: "one session a class", two: "two sessions a class", image: "one session an image", crossed: "sessions crossed with classes" };
  const TAKEN = "as they were taken";
  const SPLITS = { random: "random halves", sessions: "sessions apart" };
  const BALANCES = { even: "as many of each class", nine: "nine to one, two classes" };
  const EACH = { even: [100, 100, 100, 100], nine: [360, 40] };
  const MASKS = { none: "the whole box", middle: "the box without its middle", drawn: "the box without what you paint over" };
  const SMALLEST = 12, LARGEST = 32, SIDE = 64; // pixels of the box and of a picture
  const BEGIN = {
    set: "objects", layout: "class", how: "random", balance: "even", mask: "none", epochs: 20, seed: 1,
    box: { left: 0, top: 0, width: 14, height: 14 }, dials: { lamp: 0.5, offset: 0, noise: 0, pattern: 0, stain: 0 },
  };

  const whole = (value, low, high, before) => (Number.isInteger(value) && value >= low && value <= high ? value : before);

  // A box inside the picture, of a size that a net can see.
  function fitted(box) {
    const next = { ...box };
    for (const length of ["width", "height"]) next[length] = Math.max(SMALLEST, Math.min(LARGEST, next[length]));
    next.left = Math.max(0, Math.min(SIDE - next.width, next.left));
    next.top = Math.max(0, Math.min(SIDE - next.height, next.top));
    return next;
  }

  // Pixels that were painted over, 1 where hidden, as text and back: a letter a four pixels.
  function packed(drawn) {
    let text = "";
    for (let i = 0; i < drawn.length; i += 4)
      text += (drawn[i] | (drawn[i + 1] << 1) | (drawn[i + 2] << 2) | (drawn[i + 3] << 3)).toString(16);
    return text.replace(/0{8,}/g, (zeros) => `z${zeros.length}.`);
  }

  function unpacked(text) {
    const drawn = new Uint8Array(SIDE * SIDE);
    if (typeof text !== "string" || text.length > SIDE * SIDE) return drawn;
    const letters = text.replace(/z(\d{1,4})\./g, (_, count) => "0".repeat(Math.min(SIDE * SIDE, Number(count))));
    if (letters.length !== drawn.length / 4 || !/^[0-9a-f]*$/.test(letters)) return drawn;
    [...letters].forEach((letter, place) => {
      for (let bit = 0; bit < 4; bit++) drawn[4 * place + bit] = (parseInt(letter, 16) >> bit) & 1;
    });
    return drawn;
  }

  function read(hash, sets) {
    const state = { ...structuredClone(BEGIN), drawn: new Uint8Array(SIDE * SIDE) };
    let given;
    try {
      given = JSON.parse(decodeURIComponent(hash.replace(/^#lab=/, "")));
    } catch {
      return state;
    }
    const known = { set: sets, layout: LAYOUTS, how: SPLITS, balance: BALANCES, mask: MASKS };
    for (const [name, choices] of Object.entries(known)) if (Object.hasOwn(choices, given?.[name])) state[name] = given[name];
    state.epochs = whole(given?.epochs, 1, 60, state.epochs);
    state.seed = whole(given?.seed, 0, 9999, state.seed);
    for (const dial of Object.keys(DIALS)) if (STEPS.includes(given?.dials?.[dial])) state.dials[dial] = given.dials[dial];
    const box = { ...state.box };
    for (const side of Object.keys(box)) box[side] = whole(given?.box?.[side], 0, SIDE, box[side]);
    state.box = fitted(box);
    state.drawn = unpacked(given?.drawn);
    return state;
  }

  function link(state) {
    const { drawn, ...rest } = state;
    const painted = drawn.some(Boolean) ? { drawn: packed(drawn) } : {};
    return `#lab=${encodeURIComponent(JSON.stringify({ ...rest, ...painted }))}`;
  }

  // What is hidden inside the box, 1 a hidden pixel, over the whole picture.
  function mask({ mask: kind, drawn, box }) {
    if (kind === "drawn") return drawn;
    const found = new Uint8Array(SIDE * SIDE);
    if (kind === "none") return found;
    const { left, top, width, height } = box;
    for (let y = top + (height >> 2); y < top + height - (height >> 2); y++)
      for (let x = left + (width >> 2); x < left + width - (width >> 2); x++) found[y * SIDE + x] = 1;
    return found;
  }

  // The study's run that is most like a trial. It has corners only, and its own camera.
  function command({ box, layout, seed }, { study, images }) {
    const { left, top, width, height } = box;
    if (images) return `confoundlab run ${study} --profile quick -p seed=${seed} --out runs/lab`;
    const corner = `${top + height / 2 < SIDE / 2 ? "top" : "bottom"}-${left + width / 2 < SIDE / 2 ? "left" : "right"}`;
    const laid = layout === "two" ? "twice" : layout;
    const crop = study === "coil" ? ` -p crop_corner=${corner} -p crop_size=${Math.max(width, height)}` : "";
    return `confoundlab run ${study} --profile quick -p data=simulated -p sessions=${laid}${crop} -p seed=${seed} --out runs/lab`;
  }

  return { DIALS, STEPS, LAYOUTS, TAKEN, SPLITS, BALANCES, EACH, MASKS, LARGEST, SIDE, fitted, packed, unpacked, read, link, mask, command };
}
