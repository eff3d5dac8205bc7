// Slides of a session, without a library: one section at a time, scaled to the screen. Arrows, space
// and page keys go on and back; S opens a window with what to say; a swipe or the buttons do as well.
// Without this script, and in print, all slides stand below one another with their notes.
"use strict";
const deck = document.querySelector(".deck");
const slides = [...deck.querySelectorAll("section")];
const status = document.querySelector("[data-place]");
let place = 0;
let notes = null;

const hidden = () => [...slides[place].querySelectorAll(".fragment:not(.told)")];

function show(next) {
  place = Math.min(Math.max(next, 0), slides.length - 1);
  slides.forEach((one, number) => (one.hidden = number !== place));
  status.textContent = `${place + 1} of ${slides.length}`;
  history.replaceState(null, "", `#${place + 1}`);
  tell();
}

function on() {
  const [first] = hidden();
  if (first) first.classList.add("told");
  else show(place + 1);
}

const back = () => show(place - 1);

function tell() {
  if (!notes || notes.closed) return;
  notes.document.body.replaceChildren(notes.document.createElement("h1"), notes.document.createElement("div"));
  notes.document.querySelector("h1").textContent = `${document.title}, slide ${place + 1}`;
  notes.document.querySelector("div").innerHTML = slides[place].querySelector(".notes").innerHTML;
}

function openNotes() {
  notes = window.open("", "notes", "width=640,height=480");
  if (!notes) return;
  notes.document.title = "Notes";
  notes.document.documentElement.lang = "en";
  notes.document.body.style.font = "1.2rem/1.4 sans-serif";
  notes.onkeydown = press;
  tell();
}

const KEYS = {
  ArrowRight: on, ArrowDown: on, PageDown: on, " ": on, Enter: on,
  ArrowLeft: back, ArrowUp: back, PageUp: back,
  Home: () => show(0), End: () => show(slides.length - 1),
  s: openNotes, S: openNotes,
};

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("a, button") && [" ", "Enter"].includes(event.key)) return;
  if (!KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
}

function fit() {
  const scale = 0.94 * Math.min(innerWidth / 1280, innerHeight / 720);
  deck.style.transform = `translate(-50%, -50%) scale(${scale})`;
}

document.body.classList.add("live");
document.addEventListener("keydown", press);
document.querySelector("[data-on]").addEventListener("click", on);
document.querySelector("[data-back]").addEventListener("click", back);
document.querySelector("[data-notes]").addEventListener("click", openNotes);
let touched = 0;
document.addEventListener("touchstart", (event) => (touched = event.changedTouches[0].clientX), { passive: true });
document.addEventListener("touchend", (event) => {
  const moved = event.changedTouches[0].clientX - touched;
  if (Math.abs(moved) > 50) (moved < 0 ? on : back)();
});
addEventListener("resize", fit);
addEventListener("hashchange", () => show(Number(location.hash.slice(1)) - 1 || 0));
fit();
show(Number(location.hash.slice(1)) - 1 || 0);
