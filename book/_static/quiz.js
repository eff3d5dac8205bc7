// Check yourself: the reason of the answer that is chosen, beside it. The page holds all reasons
// already, in a list that is shown without this script and on paper (book_quiz.py).
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  for (const quiz of document.querySelectorAll("fieldset.quiz")) {
    const reasons = quiz.querySelectorAll("details li");
    const answers = [...quiz.querySelectorAll("li:has(input)")];
    const show = () =>
      answers.forEach((answer, place) => {
        const chosen = answer.querySelector("input").checked;
        answer.className = chosen ? reasons[place].className : "";
        const words = chosen ? reasons[place].cloneNode(true).childNodes : [];
        answer.querySelector(".quiz-why").replaceChildren(...words);
      });
    quiz.classList.add("quiz-live");
    quiz.addEventListener("change", show);
    addEventListener("pageshow", show); // a browser may choose again what was chosen before
  }
  const open = (now) => () =>
    document.querySelectorAll(".quiz > details").forEach((one) => (one.open = now));
  addEventListener("beforeprint", open(true));
  addEventListener("afterprint", open(false));
});
