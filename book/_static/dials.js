// Turn the dials. Plain script: all settings were computed when the book was built (dials/data.js).
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const data = window.confoundlabDials;
  if (!data) return;
  const percent = (share) => `${Math.round(100 * share)}%`;
  const STRIPS = ["pictures", "as it is", "stretched, one range for all"];

  function make(tag, words = "", attributes = {}) {
    const element = document.createElement(tag);
    element.textContent = words;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  // dials that are not at zero, in a fixed order
  const key = (at) => JSON.stringify(Object.entries(at).filter(([, step]) => step).sort());

  function panel(root, name) {
    const { dials, steps, pairs, rows, chance, n, groups, settings } = data[name];
    const known = new Map(settings.map((one) => [key(one.at), one]));
    const sliders = new Map();
    const controls = root.appendChild(make("div", "", { class: "dials-controls" }));
    const strips = root.appendChild(make("div", "", { class: "dials-strips" }));
    const told = root.appendChild(make("p", "", { role: "status" }));
    const table = root.appendChild(make("table"));

    const words = `Pairs told apart: ${n} simulated pictures in ${groups} groups. Line: 95% interval. Dashes: chance.`;

    const at = () => Object.fromEntries([...sliders].map(([dial, { input }]) => [dial, steps[input.value]]));

    for (const dial of dials) {
      const label = make("label", dial.words);
      const input = make("input", "", {
        type: "range", min: 0, max: steps.length - 1, value: 0, "data-dial": dial.name,
      });
      const output = make("output", "0");
      label.append(output, input);
      sliders.set(dial.name, { input, output });
      input.addEventListener("input", () => turn(dial.name));
      controls.append(label);
    }
    const zero = make("button", "All to zero", { type: "button" });
    zero.addEventListener("click", () => turn(null));
    controls.append(zero);

    const pictures = STRIPS.map((words, number) => {
      const figure = make("figure");
      const part = number ? `${rows[0]}, ${words}` : words;
      const image = make("img", "", { alt: `${part}, simulated`, class: number ? "dials-blank" : "" });
      figure.append(image, make("figcaption", part));
      strips.append(figure);
      return image;
    });

    // Only some settings were computed: one dial alone, or a pair. Others give way to the one turned.
    function turn(dial) {
      let back = false;
      if (!known.has(key(at()))) {
        const partner = (other) => pairs.some((pair) => pair.includes(dial) && pair.includes(other));
        for (const [other, { input }] of sliders)
          if (other !== dial && !partner(other)) {
            back ||= dial !== null && input.value !== "0";
            input.value = 0;
          }
      }
      if (dial === null) for (const { input } of sliders.values()) input.value = 0;
      show(back);
    }

    function show(back) {
      const setting = known.get(key(at()));
      for (const { input, output } of sliders.values()) {
        output.value = steps[input.value];
        input.setAttribute("aria-valuetext", steps[input.value]);
      }
      setting.strips.forEach((source, number) => (pictures[number].src = source));
      told.textContent = (back ? "The other dials went back to zero. " : "") + setting.words;
      table.replaceChildren(make("caption", words));
      setting.answers.forEach((one, number) => {
        const line = make("tr");
        line.append(make("th", rows[number], { scope: "row" }), make("td", percent(one.estimate)));
        line.append(make("td", `${percent(one.low)} to ${percent(one.high)}`));
        const cell = make("td");
        cell.innerHTML = drawn(one);
        line.append(cell);
        table.append(line);
      });
    }

    function drawn({ estimate, low, high }) {
      const x = (share) => (4 + 192 * share).toFixed(1);
      return (
        `<svg viewBox="0 0 200 16" aria-hidden="true"><line x1="${x(0)}" x2="${x(1)}" y1="15" y2="15"/>` +
        `<line x1="${x(chance)}" x2="${x(chance)}" y1="0" y2="16" stroke-dasharray="3 2"/>` +
        `<line class="dials-answer" x1="${x(low)}" x2="${x(high)}" y1="8" y2="8"/>` +
        `<circle class="dials-answer" cx="${x(estimate)}" cy="8" r="4"/></svg>`
      );
    }

    show(false);
    root.hidden = false;
  }

  for (const root of document.querySelectorAll("[data-dials]")) panel(root, root.dataset.dials);
});
