// Catch it yourself: the page of the lab. What computes is in lab-net.js, lab-camera.js and
// lab-evidence.js; a worker trains, so that the page stays awake. All state is in the link's hash.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector(".lab");
  const data = window.confoundlabLab;
  if (!root || !data) return;
  const DIALS = { lamp: "lamp", offset: "sensor offset", noise: "sensor noise", pattern: "sensor pattern", stain: "stain on the lens" };
  const STEPS = [0, 0.1, 0.25, 0.5, 1];
  const LAYOUTS = { class: "one session a class", two: "two sessions a class", image: "one session an image", crossed: "sessions crossed with classes" };
  const SPLITS = { random: "random halves", sessions: "sessions apart" };
  const BALANCES = { even: "100 of each class", nine: "nine to one, two classes" };
  const EACH = { even: [100, 100, 100, 100], nine: [360, 40] };
  const SMALLEST = 12, LARGEST = 32, SHOWN = 3; // pixels of the box, and of the screen a pixel
  const SHAPE = { "LEAK": "▲", "NO LEAK FOUND": "✓", "INCONCLUSIVE": "?", "NOT IDENTIFIABLE": "≡", "VACUOUS": "∅" };
  const BEGIN = {
    set: "objects", layout: "class", how: "random", balance: "even", epochs: 20, seed: 1,
    box: { left: 0, top: 0, width: 14, height: 14 }, dials: { lamp: 0.5, offset: 0, noise: 0, pattern: 0, stain: 0 },
  };
  const net = labNet(), camera = labCamera(), evidence = labEvidence(), missions = labMissions();
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const sets = Object.fromEntries(
    Object.entries(data).map(([name, one]) => [name, { ...one, scenes: bytes(one.scenes), subject: bytes(one.subject) }]),
  );
  const percent = (share) => `${(100 * share).toFixed(1)}%`;
  const find = (selector) => root.querySelector(selector);
  const state = structuredClone(BEGIN);
  const trials = [];
  const won = new Set();
  let taken = null, running = null;

  function make(tag, words = "", attributes = {}) {
    const element = document.createElement(tag);
    element.textContent = words;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  // What a link holds is read with care: whatever is none of the choices is left as it was.
  function fromLink() {
    let given;
    try {
      given = JSON.parse(decodeURIComponent(location.hash.replace(/^#lab=/, "")));
    } catch {
      return;
    }
    const known = { set: sets, layout: LAYOUTS, how: SPLITS, balance: BALANCES };
    for (const [name, choices] of Object.entries(known)) if (Object.hasOwn(choices, given?.[name])) state[name] = given[name];
    const whole = (value, low, high, before) => (Number.isInteger(value) && value >= low && value <= high ? value : before);
    state.epochs = whole(given?.epochs, 1, 60, state.epochs);
    state.seed = whole(given?.seed, 0, 9999, state.seed);
    for (const dial of Object.keys(DIALS)) if (STEPS.includes(given?.dials?.[dial])) state.dials[dial] = given.dials[dial];
    for (const side of ["width", "height"]) state.box[side] = whole(given?.box?.[side], SMALLEST, LARGEST, state.box[side]);
    for (const side of ["left", "top"]) state.box[side] = whole(given?.box?.[side], 0, 52, state.box[side]);
  }

  function toLink() {
    history.replaceState(null, "", `#lab=${encodeURIComponent(JSON.stringify(state))}`);
  }

  function chooser(words, name, choices) {
    const label = make("label", words);
    const select = make("select", "", { "data-choice": name });
    for (const [value, text] of Object.entries(choices)) select.append(make("option", text, { value }));
    select.addEventListener("change", () => {
      state[name] = select.value;
      changed();
    });
    label.append(select);
    return label;
  }

  function number(words, name, low, high) {
    const label = make("label", words);
    const input = make("input", "", { type: "number", min: low, max: high, "data-choice": name });
    input.addEventListener("change", () => {
      state[name] = Math.max(low, Math.min(high, Math.round(Number(input.value) || low)));
      changed();
    });
    label.append(input);
    return label;
  }

  function build() {
    root.hidden = false;
    const choices = root.appendChild(make("div", "", { class: "lab-choices" }));
    choices.append(
      chooser("Pictures", "set", Object.fromEntries(Object.entries(sets).map(([name, one]) => [name, `${one.title} (simulated)`]))),
      chooser("Sessions", "layout", LAYOUTS), chooser("Classes", "balance", BALANCES),
      chooser("Split", "how", SPLITS), number("Epochs", "epochs", 1, 60), number("Seed", "seed", 0, 9999),
    );
    const dials = root.appendChild(make("fieldset", "", { class: "lab-dials" }));
    dials.append(make("legend", "What differs between sessions"));
    for (const [name, words] of Object.entries(DIALS)) {
      const label = make("label", words);
      const output = make("output", "0");
      const input = make("input", "", { type: "range", min: 0, max: STEPS.length - 1, "data-dial": name });
      input.addEventListener("input", () => {
        state.dials[name] = STEPS[input.value];
        changed();
      });
      label.append(output, input);
      dials.append(label);
    }
    const view = root.appendChild(make("div", "", { class: "lab-view" }));
    const canvas = make("canvas", "", {
      class: "lab-picture", width: 64 * SHOWN, height: 64 * SHOWN, tabindex: 0, role: "img",
    });
    const beside = make("div", "", { class: "lab-beside" });
    beside.append(
      make("p", "Drag the box: what the net may see. Arrow keys move it, with Shift they change its size."),
      make("p", "", { class: "lab-box", role: "status" }), make("canvas", "", { class: "lab-strip", role: "img" }),
      make("p", "A picture of each class; below, what is left of it in the box, stretched, one range for all.", { class: "lab-small" }),
    );
    view.append(canvas, beside);
    const act = root.appendChild(make("div", "", { class: "lab-act" }));
    const train = make("button", "Train", { type: "button", class: "lab-train" });
    train.addEventListener("click", () => (running ? stop() : start()));
    act.append(train, make("output", "", { class: "lab-progress" }));
    root.append(
      make("canvas", "", { class: "lab-curve", role: "img", "aria-label": "no trial yet" }),
      make("div", "", { class: "lab-verdict", role: "status" }),
      make("p", "", { class: "lab-command" }),
      make("h3", "Missions"), make("ol", "", { class: "lab-missions" }),
      make("h3", "Your trials"), make("div", "", { class: "lab-log" }),
    );
    for (const mission of missions) {
      const item = make("li");
      const hint = make("details");
      hint.append(make("summary", "a hint"), make("p", mission.hint));
      item.append(make("strong", mission.name), make("span", ` ${mission.goal} `), hint);
      find(".lab-missions").append(item);
    }
    draggable(canvas);
  }

  function draggable(canvas) {
    let from = null;
    const at = (event) => {
      const place = canvas.getBoundingClientRect(), scale = 64 / place.width;
      return { x: Math.floor((event.clientX - place.left) * scale), y: Math.floor((event.clientY - place.top) * scale) };
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      const { x, y } = at(event), { left, top, width, height } = state.box;
      const inside = x >= left && x < left + width && y >= top && y < top + height;
      from = inside ? { dx: x - left, dy: y - top } : { x, y };
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!from) return;
      const { x, y } = at(event);
      if ("dx" in from) place({ left: x - from.dx, top: y - from.dy });
      else {
        place({
          left: Math.min(x, from.x), top: Math.min(y, from.y),
          width: Math.abs(x - from.x) + 1, height: Math.abs(y - from.y) + 1,
        });
      }
    });
    const end = () => (from = null);
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      const { left, top, width, height } = state.box;
      if (event.shiftKey) place({ width: width + step[0], height: height + step[1] });
      else place({ left: left + step[0], top: top + step[1] });
    });
  }

  function place(box) {
    const next = { ...state.box, ...box }, side = sets[state.set].side;
    for (const length of ["width", "height"]) next[length] = Math.max(SMALLEST, Math.min(LARGEST, next[length]));
    next.left = Math.max(0, Math.min(side - next.width, next.left));
    next.top = Math.max(0, Math.min(side - next.height, next.top));
    state.box = next;
    changed();
  }

  const classes = () => EACH[state.balance].length;

  function hidden() {
    const { subject, side } = sets[state.set], { left, top, width, height } = state.box;
    for (let y = top; y < top + height; y++)
      for (let x = left; x < left + width; x++) if (subject[y * side + x]) return false;
    return true;
  }

  // Settings have changed: take the pictures anew, and show them.
  function changed() {
    const { width, height } = state.box, side = sets[state.set].side;
    state.box.left = Math.min(state.box.left, side - width);
    state.box.top = Math.min(state.box.top, side - height);
    for (const element of root.querySelectorAll("[data-choice]")) element.value = state[element.dataset.choice];
    for (const element of root.querySelectorAll("[data-dial]")) {
      element.value = STEPS.indexOf(state.dials[element.dataset.dial]);
      element.previousElementSibling.value = state.dials[element.dataset.dial];
    }
    toLink();
    const of = sets[state.set];
    taken = camera.photograph({ ...of, classes: classes() }, { ...state, each: EACH[state.balance] }, net);
    draw();
    find(".lab-command").textContent = "";
    find(".lab-command").append("In Python, on the whole twin: ", make("code", command()));
  }

  // The study's run that is most like a trial. It has corners only, and its own camera.
  function command() {
    const { left, top, width, height } = state.box, side = sets[state.set].side;
    const corner = `${top + height / 2 < side / 2 ? "top" : "bottom"}-${left + width / 2 < side / 2 ? "left" : "right"}`;
    const laid = state.layout === "two" ? "class" : state.layout;
    const crop = sets[state.set].study === "coil" ? ` -p crop_corner=${corner} -p crop_size=${Math.max(width, height)}` : "";
    return `confoundlab run ${sets[state.set].study} --profile quick -p data=simulated -p sessions=${laid}${crop} -p seed=${state.seed} --out runs/lab`;
  }

  function draw() {
    const { images, side } = taken, { left, top, width, height } = state.box, n = classes();
    const first = Array.from({ length: n }, (_, c) => taken.labels.indexOf(c));
    const canvas = find(".lab-picture"), brush = canvas.getContext("2d");
    paint(brush, images.subarray(first[0] * side * side), side, side, 0, 0, SHOWN, (v) => v);
    brush.lineWidth = 2;
    brush.strokeStyle = "#fff";
    brush.strokeRect(left * SHOWN + 1, top * SHOWN + 1, width * SHOWN - 2, height * SHOWN - 2);
    brush.setLineDash([4, 4]);
    brush.strokeStyle = "#d55e00";
    brush.strokeRect(left * SHOWN + 1, top * SHOWN + 1, width * SHOWN - 2, height * SHOWN - 2);
    brush.setLineDash([]);
    const words = hidden() ? "no subject in the box: a control" : "the subject is in the box";
    canvas.setAttribute("aria-label", `A simulated picture; box of ${width} by ${height} pixels at ${left}, ${top}`);
    find(".lab-box").textContent = `${width}x${height} pixels at ${left}, ${top}: ${words}.`;
    const strip = find(".lab-strip"), seen = camera.cut(taken, state.box);
    strip.width = n * 68;
    strip.height = 64 + 4 + 2 * LARGEST;
    strip.setAttribute("aria-label", `A picture of each of ${n} classes, and their boxes, stretched`);
    const small = strip.getContext("2d");
    const boxes = first.map((row) => seen.subarray(row * width * height, (row + 1) * width * height));
    const low = Math.min(...boxes.map((one) => Math.min(...one))), high = Math.max(...boxes.map((one) => Math.max(...one)));
    first.forEach((row, c) => {
      paint(small, images.subarray(row * side * side), side, side, c * 68, 0, 1, (v) => v);
      paint(small, boxes[c], width, height, c * 68, 68, 2, (v) => (255 * (v - low)) / Math.max(1, high - low));
    });
  }

  function paint(brush, values, width, height, left, top, scale, shade) {
    const picture = brush.createImageData(width * scale, height * scale);
    for (let y = 0; y < height * scale; y++)
      for (let x = 0; x < width * scale; x++) {
        const level = shade(values[Math.floor(y / scale) * width + Math.floor(x / scale)]);
        picture.data.set([level, level, level, 255], 4 * (y * width * scale + x));
      }
    brush.putImageData(picture, left, top);
  }

  // The worker gets the text of what it needs; where none may start, the page itself trains in steps.
  const WORK = `"use strict";\n${labNet}\nconst net = labNet();\nonmessage = ({ data }) => {
    for (const step of net.train(data)) postMessage({ epoch: step.epoch, loss: step.loss, named: data.ask.map(step.name) });
    postMessage({ end: true });
  };`;

  function work(task, told, ended) {
    try {
      const address = URL.createObjectURL(new Blob([WORK], { type: "text/javascript" }));
      const worker = new Worker(address);
      worker.onmessage = ({ data: one }) => (one.end ? ended() : told(one));
      worker.onerror = () => ended("the worker stopped");
      worker.postMessage(task);
      return () => (worker.terminate(), URL.revokeObjectURL(address));
    } catch {
      const steps = net.train(task);
      let going = true;
      const next = () => {
        if (!going) return;
        const { value, done } = steps.next();
        if (done) return ended();
        told({ epoch: value.epoch, loss: value.loss, named: task.ask.map(value.name) });
        setTimeout(next);
      };
      setTimeout(next);
      return () => (going = false);
    }
  }

  function start() {
    const trial = structuredClone(state);
    const { width, height } = trial.box, labels = taken.labels, n = classes();
    const images = camera.cut(taken, trial.box);
    const parts = evidence.split(taken, trial.how, n, net, trial.seed);
    if (parts.why) return tell({ word: "NOT IDENTIFIABLE", why: `${parts.why} No split of these pictures can tell the two apart.` });
    Object.assign(trial, { hidden: hidden(), empty: evidence.vacuous(images, labels.length) });
    const points = [];
    let last = null;
    find(".lab-train").textContent = "Stop";
    tell(null);
    const began = performance.now();
    const task = { images, height, width, labels, classes: n, rows: parts.train, epochs: trial.epochs, seed: trial.seed, ask: parts.test };
    running = work(
      task,
      (step) => {
        last = labels.slice();
        parts.test.forEach((row, place) => (last[row] = step.named[place]));
        points.push({ loss: step.loss, right: evidence.balanced(last, labels, n, parts.test) });
        find(".lab-progress").value = `epoch ${step.epoch} of ${trial.epochs}, loss ${step.loss.toFixed(3)}`;
        curve(points, trial, null);
      },
      (problem) => {
        stop();
        if (problem || !last) return void (find(".lab-progress").value = problem ?? "nothing was trained");
        const found = evidence.evidence(last, labels, n, parts.test, net, trial.seed);
        const said = evidence.verdict(found, trial);
        Object.assign(trial, found, said, { seconds: (performance.now() - began) / 1000 });
        find(".lab-progress").value = `${trial.seconds.toFixed(1)} seconds, ${parts.train.length} pictures trained, ${found.n} tested`;
        curve(points, trial, found);
        tell(said);
        trials.push(trial);
        log();
        judge(trial);
      },
    );
  }

  function stop() {
    running?.();
    running = null;
    find(".lab-train").textContent = "Train";
  }

  function tell(said) {
    const where = find(".lab-verdict");
    where.textContent = "";
    if (!said) return;
    const name = said.word.toLowerCase().replaceAll(" ", "-");
    where.append(make("span", `${SHAPE[said.word] ?? ""} ${said.word}`.trim(), { class: `verdict verdict-${name}` }), make("span", ` ${said.why}`));
  }

  // Held-out share right, epoch by epoch, beside chance; at the end the interval and the null.
  function curve(points, trial, found) {
    const canvas = find(".lab-curve"), wide = 560, tall = 220, left = 46, bottom = 30;
    canvas.width = wide;
    canvas.height = tall;
    const brush = canvas.getContext("2d");
    const dark = getComputedStyle(root).color;
    const x = (epoch) => left + ((wide - left - 40) * epoch) / trial.epochs;
    const y = (share) => tall - bottom - (tall - bottom - 12) * share;
    const line = (from, to, colour, dash = []) => {
      brush.strokeStyle = colour;
      brush.setLineDash(dash);
      brush.beginPath();
      brush.moveTo(...from);
      brush.lineTo(...to);
      brush.stroke();
    };
    brush.font = "12px sans-serif";
    brush.fillStyle = dark;
    for (const share of [0, 0.5, 1]) {
      brush.fillText(`${100 * share}%`, 4, y(share) + 4);
      line([left, y(share)], [wide - 8, y(share)], "#9994");
    }
    brush.fillText("epochs", wide / 2, tall - 6);
    const chance = 1 / classes();
    line([left, y(chance)], [wide - 8, y(chance)], dark, [5, 4]);
    brush.fillText("chance", wide - 50, y(chance) - 5);
    brush.strokeStyle = "#0173b2";
    brush.lineWidth = 2;
    brush.setLineDash([]);
    brush.beginPath();
    points.forEach((one, i) => brush[i ? "lineTo" : "moveTo"](x(i + 1), y(one.right)));
    brush.stroke();
    brush.lineWidth = 1;
    if (found) {
      brush.fillStyle = "#9998";
      brush.fillRect(wide - 26, y(found.null95), 10, y(0) - y(found.null95));
      brush.lineWidth = 3;
      line([wide - 21, y(found.low)], [wide - 21, y(found.high)], "#0173b2");
      brush.lineWidth = 1;
    }
    const end = found ? `${percent(found.estimate)} right, interval ${percent(found.low)} to ${percent(found.high)}, ` : "";
    canvas.setAttribute("aria-label", `Share right of held-out pictures after each epoch: ${end}chance ${percent(chance)}`);
  }

  function log() {
    const head = ["pictures", "sessions", "split", "dials", "box", "right", "95% interval", "p", "verdict"];
    const table = make("table", "", { class: "table" });
    const top = table.createTHead().insertRow();
    for (const one of head) top.append(make("th", one, { scope: "col" }));
    const body = table.createTBody();
    for (const one of trials) {
      const turned = Object.entries(one.dials).filter(([, value]) => value).map(([dial, value]) => `${dial} ${value}`);
      const cells = [
        `${one.set}, ${one.balance === "nine" ? "9:1" : "even"}`, LAYOUTS[one.layout], SPLITS[one.how], turned.join(", ") || "none",
        `${one.box.width}x${one.box.height} at ${one.box.left}, ${one.box.top}`, percent(one.estimate),
        `${percent(one.low)} to ${percent(one.high)}`, one.p.toFixed(3), one.word,
      ];
      const line = body.insertRow();
      for (const cell of cells) line.append(make("td", cell));
    }
    find(".lab-log").replaceChildren(table);
  }

  function judge(trial) {
    missions.forEach((mission, number) => {
      if (won.has(number) || !mission.done(trials, trial)) return;
      won.add(number);
      const item = find(".lab-missions").children[number];
      item.classList.add("lab-won");
      item.querySelector("strong").textContent = `✓ ${mission.name}: done`;
      if (won.size === missions.length) tell({ word: trial.word, why: `${trial.why} All eight missions are done.` });
    });
  }

  fromLink();
  build();
  changed();
});
