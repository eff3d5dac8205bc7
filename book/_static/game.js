// You against LeNet. Plain script: the data come from game/data.js, nothing from a network.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("game");
  const data = window.confoundlabGame;
  if (!root || !data) return;

  const ROUNDS = 20, SECONDS = 5, TICK = 100;
  const CHANCE = 1 / data.names.length;
  const find = (name) => root.querySelector(`[data-part="${name}"]`);
  const levels = (crop) => (crop.bytes ??= Uint8Array.from(atob(crop.pixels), (c) => c.charCodeAt(0)));
  const percent = (share) => `${Math.round(100 * share)}%`;
  let rounds = [], round = 0, strength = 0, timer = null, left = 0;

  function make(tag, words = "", attributes = {}) {
    const element = document.createElement(tag);
    element.textContent = words;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  // strength 0: the pixels as they are; 1: the darkest level of all crops black, the brightest
  // white; in between, equal steps brighten by equal factors
  function paint(canvas, crop) {
    const low = strength * data.low, high = 255 * (data.high / 255) ** strength;
    const context = canvas.getContext("2d"), image = context.createImageData(data.side, data.side);
    levels(crop).forEach((level, place) => {
      const shown = (255 * (level - low)) / (high - low);
      image.data.set([shown, shown, shown, 255], 4 * place);
    });
    context.putImageData(image, 0, 0);
  }

  function picture(crop, words) {
    const canvas = make("canvas", "", { role: "img", "aria-label": words });
    canvas.width = canvas.height = data.side;
    canvas.crop = crop;
    paint(canvas, crop);
    return canvas;
  }

  const repaint = () => root.querySelectorAll("canvas").forEach((one) => paint(one, one.crop));

  // What a score is worth: 95% interval (Wilson), and how often guessing does as well.
  function interval(right, of) {
    const z = 1.96, share = right / of, width = 1 + (z * z) / of;
    const middle = (share + (z * z) / (2 * of)) / width;
    const half = (z / width) * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
    return [Math.max(0, middle - half), Math.min(1, middle + half)];
  }

  function byGuessing(right, of) {
    let tail = 0;
    for (let hits = right; hits <= of; hits++) {
      let ways = 1;
      for (let one = 1; one <= hits; one++) ways *= (of - hits + one) / one;
      tail += ways * CHANCE ** hits * (1 - CHANCE) ** (of - hits);
    }
    return tail;
  }

  function shuffled(items) {
    const all = items.slice();
    for (let last = all.length - 1; last > 0; last--) {
      const other = Math.floor(Math.random() * (last + 1));
      [all[last], all[other]] = [all[other], all[last]];
    }
    return all;
  }

  function shelf() {
    data.names.forEach((name, label) => {
      const line = make("div", "", { class: "game-line" });
      line.append(make("img", "", { src: data.pictures[label], alt: `${data.state} object ${name}` }));
      line.append(make("span", name, { class: "game-name" }));
      const own = data.examples.filter((crop) => crop.label === label);
      own.forEach((crop, one) => line.append(picture(crop, `example ${one + 1} of ${name}`)));
      find("shelf").append(line);
    });
  }

  // simulated crops are neither flat nor do they hold an object; published ones may be and do
  function warn() {
    if (!data.flat && !data.pieces) return;
    find("warning").textContent =
      `Of the ${data.examples.length + data.tests.length} crops on this page, ${percent(data.flat)} are one flat ` +
      `value: a level, and nothing else to see. ${data.pieces} hold a piece of the object, and are no control.`;
    find("warning").hidden = false;
  }

  function keys() {
    data.names.forEach((name, label) => {
      const button = make("button", `${label + 1}: ${name}`, { type: "button" });
      button.prepend(make("img", "", { src: data.pictures[label], alt: "" }));
      button.addEventListener("click", () => answer(label));
      find("answers").append(button);
    });
  }

  function start() {
    rounds = shuffled(data.tests).slice(0, ROUNDS).map((crop) => ({ crop, you: null }));
    round = 0;
    find("result").hidden = true;
    find("play").hidden = false;
    ask();
    find("play").focus();
  }

  function ask() {
    clearInterval(timer);
    const words = `crop ${round + 1} of ${ROUNDS}`;
    find("crop").replaceChildren(picture(rounds[round].crop, words));
    find("progress").textContent = `Crop ${round + 1} of ${ROUNDS}. Which object stood beside it?`;
    const clock = find("clock");
    clock.hidden = !find("timed").checked;
    if (clock.hidden) return;
    left = clock.value = clock.max = SECONDS * 1000;
    timer = setInterval(() => {
      clock.value = left -= TICK;
      if (left <= 0) answer(null);
    }, TICK);
  }

  function answer(label) {
    if (find("play").hidden) return;
    rounds[round].you = label;
    if (++round < ROUNDS) ask();
    else finish();
  }

  function row(who, share, words) {
    const line = make("tr");
    line.append(make("th", who, { scope: "row" }), make("td", share), make("td", words));
    return line;
  }

  function finish() {
    clearInterval(timer);
    find("play").hidden = true;
    find("result").hidden = false;
    const you = rounds.filter((one) => one.you === one.crop.label).length;
    const net = rounds.filter((one) => one.crop.net === one.crop.label).length;
    const [low, high] = interval(you, ROUNDS);
    find("scores").replaceChildren(
      row("you", `${you} of ${ROUNDS}`, `95% interval ${percent(low)} to ${percent(high)}`),
      row("LeNet-5", `${net} of ${ROUNDS}`, `on all ${data.tests.length} crops ${percent(data.accuracy)}`),
      row("guessing", `${ROUNDS * CHANCE} of ${ROUNDS}`, `chance, ${percent(CHANCE)}`),
    );
    const luck = byGuessing(you, ROUNDS);
    find("words").textContent =
      `Of 100 people who guess, ${Math.max(1, Math.round(100 * luck))} or so do as well as you. ` +
      (luck < 0.05 ? "You saw something, or you were lucky." : "That is no evidence that you saw anything.");
    find("answered").replaceChildren(...rounds.map(tile));
    find("levels").replaceChildren(...data.names.map(told));
    find("result").focus();
  }

  // mean and spread of the pixels of all crops of one object: what there is to be told
  function told(name, label) {
    const own = [...data.examples, ...data.tests].filter((crop) => crop.label === label);
    const all = own.flatMap((crop) => [...levels(crop)]);
    const mean = all.reduce((sum, level) => sum + level, 0) / all.length;
    const spread = Math.sqrt(all.reduce((sum, level) => sum + (level - mean) ** 2, 0) / all.length);
    return row(name, mean.toFixed(1), spread.toFixed(1));
  }

  function tile({ crop, you }) {
    const name = (label) => (label === null ? "no answer" : data.names[label]);
    const figure = make("figure");
    const mark = (label) => (label === crop.label ? "✓" : "✗");
    figure.append(picture(crop, `crop beside ${name(crop.label)}`));
    figure.append(make("figcaption", `${name(crop.label)}: you ${mark(you)}, net ${mark(crop.net)}`));
    return figure;
  }

  root.querySelectorAll("[data-contrast]").forEach((slider) =>
    slider.addEventListener("input", () => {
      strength = slider.value / 100;
      root.querySelectorAll("[data-contrast]").forEach((other) => (other.value = slider.value));
      repaint();
    }),
  );
  root.querySelectorAll("[data-start]").forEach((button) => button.addEventListener("click", start));
  document.addEventListener("keydown", (event) => {
    const label = Number(event.key) - 1;
    const typing = /INPUT|TEXTAREA|SELECT/.test(event.target.tagName) && event.target.type !== "range";
    if (event.ctrlKey || event.altKey || event.metaKey || typing) return;
    if (Number.isInteger(label) && label >= 0 && label < data.names.length) answer(label);
  });
  shelf();
  warn();
  keys();
  root.hidden = false;
});
