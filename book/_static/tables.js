// Tables of ten rows and more are sorted by a press on a column's name: by numbers where a column
// begins with them, else by words; once more turns the order. What has no value comes last.
"use strict";
const ROWS = 10;

function sortable(table) {
  const body = table.tBodies[0];
  const head = table.tHead?.rows[0];
  if (!body || !head || table.tHead.rows.length > 1 || body.rows.length < ROWS) return;
  if (body.querySelector("[rowspan], [colspan]")) return;
  const number = (text) => parseFloat(text.replace(/[,\s]/g, "").replace("−", "-"));
  [...head.cells].forEach((cell, column) => {
    if (!cell.textContent.trim()) return;
    const button = document.createElement("button");
    button.className = "sort";
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      const down = cell.ariaSort === "ascending";
      for (const other of head.cells) other.ariaSort = null;
      cell.ariaSort = down ? "descending" : "ascending";
      const shown = (row) => row.cells[column].textContent.trim();
      const rows = [...body.rows];
      const filled = rows.filter((row) => !["", "–", "NaN"].includes(shown(row)));
      const measured = filled.every((row) => !Number.isNaN(number(shown(row))));
      const order = measured
        ? (a, b) => number(shown(a)) - number(shown(b))
        : (a, b) => shown(a).localeCompare(shown(b), "en", { numeric: true });
      filled.sort(down ? (a, b) => order(b, a) : order);
      body.append(...filled, ...rows.filter((row) => !filled.includes(row)));
    });
  });
}

document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("article table")) sortable(table);
});
