// The theme's buttons that unfold the pages below a page have no name; screen readers need one.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("nav summary")) {
    const page = button.closest("li").querySelector("a").textContent.trim();
    button.setAttribute("aria-label", `pages below ${page}`);
  }
});
