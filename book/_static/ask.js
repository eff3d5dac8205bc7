// A stored run answers in place: choices narrow from above, and the answer is read from the page's
// own data. Nothing is computed, and nothing is fetched.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const SHAPE = { "LEAK": "▲", "NO LEAK FOUND": "✓", "INCONCLUSIVE": "?", "NOT IDENTIFIABLE": "≡", "VACUOUS": "∅", "INVERTED": "▼" };
  const WIDE = 300, TALL = 34;

  function make(tag, words = "", attributes = {}) {
    const element = document.createElement(tag);
    element.textContent = words;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  function bar({ estimate, ci_low: low, ci_high: high, chance, said }) {
    const svg = (tag, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      return element;
    };
    const x = (share) => 6 + (WIDE - 12) * Math.max(0, Math.min(1, share));
    const picture = svg("svg", { viewBox: `0 0 ${WIDE} ${TALL}`, class: "ask-bar", role: "img", "aria-label": said });
    picture.append(
      svg("line", { x1: x(0), x2: x(1), y1: TALL / 2, y2: TALL / 2, class: "ask-scale" }),
    );
    if (chance !== null)
      picture.append(svg("line", { x1: x(chance), x2: x(chance), y1: 3, y2: TALL - 3, class: "ask-chance" }));
    if (low !== null)
      picture.append(svg("line", { x1: x(low), x2: x(high), y1: TALL / 2, y2: TALL / 2, class: "ask-interval" }));
    picture.append(svg("circle", { cx: x(estimate), cy: TALL / 2, r: 5, class: "ask-estimate" }));
    return picture;
  }

  document.querySelectorAll(".ask").forEach((root, number) => {
    const { choices, records } = JSON.parse(document.querySelectorAll(".ask-data")[number].textContent);
    const names = Object.keys(choices).filter((name) => new Set(records.map((one) => one[name])).size > 1);
    const selects = names.map((name) => make("select", "", { "data-ask": name }));
    const answer = make("div", "", { class: "ask-answer", role: "status" });
    root.replaceChildren(
      ...names.map((name, place) => {
        const label = make("label", choices[name]);
        label.append(selects[place]);
        return label;
      }),
      answer,
    );

    // Each list holds what was asked with the choices above it; a choice that is still there stays.
    function narrow() {
      let left = records;
      names.forEach((name, place) => {
        const select = selects[place], before = select.value;
        const values = [...new Set(left.map((one) => one[name]))];
        select.replaceChildren(...values.map((value) => make("option", value, { value })));
        if (values.includes(before)) select.value = before;
        select.disabled = values.length < 2;
        left = left.filter((one) => one[name] === select.value);
      });
      const [one] = left;
      const badge = make("span", `${SHAPE[one.verdict] ?? ""} ${one.verdict}`.trim(), {
        class: `verdict verdict-${one.verdict.toLowerCase().replaceAll(" ", "-")}`,
      });
      const said = [...(one.verdict ? [badge] : []), make("span", ` ${one.said}`), make("p", one.why)];
      answer.replaceChildren(bar(one), ...said);
    }
    for (const select of selects) select.addEventListener("change", narrow);
    narrow();
  });
});
