// Figures keep a width at which their letters can be read, and cards of results that of their rows.
// Where that is more than a page has, as on a phone, they scroll sideways in a box of their own, at
// which the tabulator key stops. Without this script figures are made small enough to fit.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  function look(box) {
    const wide = box.scrollWidth > box.clientWidth;
    const number = box.closest("figure")?.querySelector(".caption-number")?.textContent.trim();
    const name = number ?? (box.matches(".evidence-card") ? "Results" : "Figure");
    if (wide) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
    box.role = wide ? "group" : null;
    box.ariaLabel = wide ? `${name}, scrolls sideways` : null;
  }
  const boxes = ".figure-box, .evidence-card";
  const observer = new ResizeObserver((seen) => seen.forEach(({ target }) => look(target.closest(boxes))));
  for (const card of document.querySelectorAll("article .evidence-card")) observer.observe(card);
  for (const image of document.querySelectorAll("article figure > img")) {
    if (image.closest(".dials")) continue; // those are as wide as the page already
    const box = document.createElement("div");
    box.className = "figure-box";
    image.replaceWith(box);
    box.append(image);
    observer.observe(box);
    observer.observe(image); // it has no size until it is loaded
  }
});
