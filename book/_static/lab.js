// Catch it yourself: the page of the lab. What is chosen, drawn and computed is in the files named
// lab-*.js; a worker trains, so that the page stays awake. All choices are in the link's hash.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const root = document.querySelector(".lab");
  const data = window.confoundlabLab;
  if (!root || !data) return;
  const settings = labSettings(), net = labNet(), camera = labCamera(), evidence = labEvidence(), missions = labMissions();
  const { DIALS, STEPS, LAYOUTS, SPLITS, BALANCES, EACH, MASKS, SIDE } = settings;
  const { make, picture, strip, curve, log, SHOWN } = labDraw(settings, () => getComputedStyle(root).color);
  const SHAPE = { "LEAK": "▲", "NO LEAK FOUND": "✓", "INCONCLUSIVE": "?", "NOT IDENTIFIABLE": "≡", "VACUOUS": "∅" };
  const BRUSH = 2; // pixels that it reaches on either side
  const bytes = (text) => text && Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const sets = Object.fromEntries(
    Object.entries(data).map(([name, one]) => [
      name, { ...one, scenes: bytes(one.scenes), images: bytes(one.images), subject: bytes(one.subject) },
    ]),
  );
  const find = (selector) => root.querySelector(selector);
  const state = settings.read(location.hash, sets);
  const trials = [];
  const won = new Set();
  let taken = null, running = null, brushAt = null;

  const own = () => sets[state.set];
  const classes = () => (own().images ? own().classes.length : EACH[state.balance].length);

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
    const titles = Object.entries(sets).map(([name, one]) => [name, `${one.title} (${one.images ? "real" : "simulated"})`]);
    choices.append(
      chooser("Pictures", "set", Object.fromEntries(titles)),
      chooser("Sessions", "layout", LAYOUTS), chooser("Classes", "balance", BALANCES), chooser("Split", "how", SPLITS),
      chooser("What the net may see", "mask", MASKS), number("Epochs", "epochs", 1, 60), number("Seed", "seed", 0, 9999),
    );
    root.append(make("p", "", { class: "lab-note lab-small", role: "status" }));
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
    const canvas = make("canvas", "", { class: "lab-picture", width: SIDE * SHOWN, height: SIDE * SHOWN, tabindex: 0, role: "img" });
    const beside = make("div", "", { class: "lab-beside" });
    beside.append(
      make("p", "", { class: "lab-how" }), make("p", "", { class: "lab-box", role: "status" }),
      make("canvas", "", { class: "lab-strip", role: "img" }),
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
      make("h3", "Your trials"), make("div", "", { class: "lab-log", tabindex: 0, role: "group", "aria-label": "Your trials" }),
    );
    for (const mission of missions) {
      const item = make("li");
      const hint = make("details");
      hint.append(make("summary", "a hint"), make("p", mission.hint));
      item.append(make("strong", mission.name), make("span", ` ${mission.goal} `), hint);
      find(".lab-missions").append(item);
    }
    touched(canvas);
  }

  // The pointer drags the box, or a new one; with the brush it paints over pixels, or uncovers them.
  function touched(canvas) {
    let from = null;
    const at = (event) => {
      const place = canvas.getBoundingClientRect(), scale = SIDE / place.width;
      return { x: Math.floor((event.clientX - place.left) * scale), y: Math.floor((event.clientY - place.top) * scale) };
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      event.preventDefault();
      canvas.focus();
      const { x, y } = at(event), { left, top, width, height } = state.box;
      const inside = x >= left && x < left + width && y >= top && y < top + height;
      if (state.mask === "drawn") {
        from = { hide: !state.drawn[y * SIDE + x] };
        brushed(x, y, from.hide);
      } else from = inside ? { dx: x - left, dy: y - top } : { x, y };
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!from) return;
      const { x, y } = at(event);
      if ("hide" in from) brushed(x, y, from.hide);
      else if ("dx" in from) place({ left: x - from.dx, top: y - from.dy });
      else
        place({
          left: Math.min(x, from.x), top: Math.min(y, from.y),
          width: Math.abs(x - from.x) + 1, height: Math.abs(y - from.y) + 1,
        });
    });
    const end = () => (from = null);
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      const paints = state.mask === "drawn";
      if (!step && !(paints && [" ", "Delete"].includes(event.key))) return;
      event.preventDefault();
      const { left, top, width, height } = state.box;
      if (paints) {
        brushAt ??= { x: left + 2, y: top + 2 };
        if (step) brushAt = { x: inRange(brushAt.x + step[0]), y: inRange(brushAt.y + step[1]) };
        else if (event.key === " ") return brushed(brushAt.x, brushAt.y, !state.drawn[brushAt.y * SIDE + brushAt.x]);
        else state.drawn.fill(0);
        changed();
      } else if (event.shiftKey) place({ width: width + step[0], height: height + step[1] });
      else place({ left: left + step[0], top: top + step[1] });
    });
  }

  const inRange = (one) => Math.max(0, Math.min(SIDE - 1, one));

  function brushed(x, y, hide) {
    for (let v = Math.max(0, y - BRUSH); v <= Math.min(SIDE - 1, y + BRUSH); v++)
      for (let u = Math.max(0, x - BRUSH); u <= Math.min(SIDE - 1, x + BRUSH); u++) state.drawn[v * SIDE + u] = Number(hide);
    brushAt = { x: inRange(x), y: inRange(y) };
    changed();
  }

  function place(box) {
    state.box = settings.fitted({ ...state.box, ...box });
    changed();
  }

  // No pixel of the subject can be seen in the box.
  function isControl(hidden) {
    const { left, top, width, height } = state.box;
    for (let y = top; y < top + height; y++)
      for (let x = left; x < left + width; x++) if (own().subject[y * SIDE + x] && !hidden[y * SIDE + x]) return false;
    return true;
  }

  // Settings have changed: take the pictures anew, and show them.
  function changed() {
    const real = Boolean(own().images);
    for (const element of root.querySelectorAll("[data-choice]")) {
      element.value = state[element.dataset.choice];
      element.disabled = real && ["layout", "balance"].includes(element.dataset.choice);
    }
    for (const element of root.querySelectorAll("[data-dial]")) {
      element.value = STEPS.indexOf(state.dials[element.dataset.dial]);
      element.disabled = real;
      element.previousElementSibling.value = state.dials[element.dataset.dial];
    }
    history.replaceState(null, "", settings.link(state));
    taken = real
      ? { ...own(), classes: classes() }
      : camera.photograph({ ...own(), classes: classes() }, { ...state, each: EACH[state.balance] }, net);
    const hidden = settings.mask(state), n = classes();
    const first = Array.from({ length: n }, (_, c) => taken.labels.indexOf(c));
    const words = real ? "A real picture" : "A simulated picture";
    picture(find(".lab-picture"), taken, first[0], { ...state, words }, hidden, state.mask === "drawn" && brushAt);
    strip(find(".lab-strip"), taken, first, camera.cut(taken, state.box, hidden), state.box);
    const { left, top, width, height } = state.box;
    find(".lab-box").textContent = `${width}x${height} pixels at ${left}, ${top}: ${
      isControl(hidden) ? "no subject in sight: a control" : "the subject is in sight"}.`;
    find(".lab-how").textContent =
      state.mask === "drawn"
        ? "Paint over what the net may not see; painting on what is hidden uncovers it. Arrow keys move the brush, the space bar paints, Delete clears."
        : "Drag the box: what the net may see. Arrow keys move it, with Shift they change its size.";
    find(".lab-note").textContent = own().note ?? "";
    find(".lab-command").replaceChildren(
      real ? "In Python, on all of its images: " : "In Python, on the whole twin: ", make("code", settings.command(state, own())));
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
    const real = Boolean(own().images), groups = real ? taken.sessions : null;
    const trial = { ...structuredClone(state), real };
    if (real) Object.assign(trial, { layout: "taken", balance: "even", dials: {} });
    const { width, height } = trial.box, labels = taken.labels, n = classes(), hidden = settings.mask(trial);
    const images = camera.cut(taken, trial.box, hidden);
    const parts = evidence.split(taken, trial.how, n, net, trial.seed);
    if (parts.why) return tell({ word: "NOT IDENTIFIABLE", why: `${parts.why} No split of these pictures can tell the two apart.` });
    Object.assign(trial, { hidden: isControl(hidden), empty: evidence.vacuous(images, labels.length) });
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
        curve(find(".lab-curve"), points, trial.epochs, 1 / n, null);
      },
      (problem) => {
        stop();
        if (problem || !last) return void (find(".lab-progress").value = problem ?? "nothing was trained");
        const found = evidence.evidence(last, labels, n, parts.test, net, trial.seed, groups);
        const said = evidence.verdict(found, trial);
        Object.assign(trial, found, said, { seconds: (performance.now() - began) / 1000 });
        find(".lab-progress").value = `${trial.seconds.toFixed(1)} seconds, ${parts.train.length} pictures trained, ${found.n} tested`;
        curve(find(".lab-curve"), points, trial.epochs, 1 / n, found);
        tell(said);
        trials.push(trial);
        find(".lab-log").replaceChildren(log(trials));
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

  // Missions are of the simulated sets, where the truth is known.
  function judge(trial) {
    missions.forEach((mission, number) => {
      if (trial.real || won.has(number) || !mission.done(trials.filter((one) => !one.real), trial)) return;
      won.add(number);
      const item = find(".lab-missions").children[number];
      item.classList.add("lab-won");
      item.querySelector("strong").textContent = `✓ ${mission.name}: done`;
      if (won.size === missions.length) tell({ word: trial.word, why: `${trial.why} All eight missions are done.` });
    });
  }

  build();
  changed();
});
