// A link to a term of the glossary shows its meaning while the pointer or the keyboard is on it, and
// at a finger's first touch; the second follows the link. Escape hides it. Without this script the
// browser shows the link's title.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const links = document.querySelectorAll('article a[title][href*="glossary.html#"]');
  if (!links.length) return;
  const box = document.createElement("div");
  box.className = "term-meaning";
  box.id = "term-meaning";
  box.role = "tooltip";
  box.hidden = true;
  document.body.append(box);

  function hide() {
    box.hidden = true;
    document.querySelector("[aria-describedby=term-meaning]")?.removeAttribute("aria-describedby");
  }

  function show(link) {
    box.textContent = link.dataset.meaning;
    box.hidden = false;
    link.setAttribute("aria-describedby", box.id);
    const at = link.getClientRects()[0];
    const left = Math.min(at.left, document.documentElement.clientWidth - box.offsetWidth - 8);
    const above = at.bottom + box.offsetHeight + 8 > window.innerHeight;
    box.style.left = `${Math.max(8, left) + window.scrollX}px`;
    box.style.top = `${(above ? at.top - box.offsetHeight - 4 : at.bottom + 4) + window.scrollY}px`;
  }

  for (const link of links) {
    link.dataset.meaning = link.title;
    link.removeAttribute("title");
    link.classList.add("term-link");
    link.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show(link));
    link.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
    link.addEventListener("focus", () => link.matches(":focus-visible") && show(link));
    link.addEventListener("blur", hide);
    let touched = false;
    link.addEventListener("pointerdown", (event) => (touched = event.pointerType !== "mouse"));
    link.addEventListener("click", (event) => {
      if (!touched || (!box.hidden && box.textContent === link.dataset.meaning)) return;
      event.preventDefault();
      show(link);
    });
  }
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
});
