// Checks the built book in a browser that reaches no host but the disk:
//   node check.mjs HTML [SCREENSHOTS]
// Every page: no failed request, nothing on the console but what allowed.json argues for, no link
// that leads nowhere, an alternative text for every picture, WCAG 2 A and AA by axe, no sideways
// scrolling on a phone. Then: search finds, a solution opens, a quiz answers, the game is played to a
// score, dials turn, marks of maps and stored runs answer, the lab is played (lab.mjs), and slides go
// on and back when keys are pressed, stay inside the screen and have notes.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";
import { labIsPlayed } from "./lab.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const allowed = JSON.parse(fs.readFileSync(path.join(here, "allowed.json"), "utf8"));
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const root = path.resolve(process.argv[2]);
const shots = process.argv[3] && path.resolve(process.argv[3]);
// preload would ask for style sheets again, which a page from the disk may not
const AXE = { runOnly: ["wcag2a", "wcag2aa", "wcag21aa"], resultTypes: ["violations"], preload: false };
const SCROLLS = { runOnly: { type: "rule", values: ["scrollable-region-focusable"] }, preload: false };
const SEARCH_WORD = "corner", PHONE = 390, NARROW = 1100;

const faults = [];
const fault = (place, words) => faults.push(`${place}: ${words}`);
const address = (file) => {
  const [name, hash] = file.split("#");
  return pathToFileURL(path.resolve(root, name)).href + (hash ? `#${hash}` : "");
};

const pages = fs
  .readdirSync(root, { recursive: true })
  .filter((file) => file.endsWith(".html") && !/(^|[\\/])(_static|_sources|slides)[\\/]/.test(file))
  .sort();

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM,
  userDataDir: fs.mkdtempSync(path.join(os.tmpdir(), "check-book-")),
  protocolTimeout: 300_000,
  args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"],
});

async function open(file, size = { width: 1300, height: 900 }) {
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  await page.setViewport(size);
  const complain = (words) => {
    if (!allowed.console.some((one) => words.includes(one.text))) fault(file, words);
  };
  page.on("requestfailed", (one) => complain(`request failed: ${one.url()}`));
  page.on("request", (one) => {
    if (!/^(file|data|blob):/.test(one.url())) complain(`asks the network: ${one.url()}`);
  });
  page.on("pageerror", (error) => complain(`error: ${error.message}`));
  page.on("console", (one) => one.type() === "error" && complain(`console: ${one.text()}`));
  await page.goto(address(file), { waitUntil: "load" });
  return page;
}

// what a page says about itself: links and anchors, pictures without words, its width
function inspect() {
  const links = [...document.querySelectorAll("a[href]")].map((one) => one.href);
  const anchors = [...document.querySelectorAll("[id], a[name]")].map((one) => one.id || one.name);
  const mute = [...document.querySelectorAll("article img")].filter((one) => !one.hasAttribute("alt"));
  const mutters = [...document.querySelectorAll("article figure img, article .cell_output img")].filter(
    (one) => !one.alt.trim() || /\.(png|svg)$/.test(one.alt),
  );
  return { links, anchors, mute: [...mute, ...mutters].map((one) => one.src.slice(-60)) };
}

async function checkPages() {
  const told = new Map();
  for (const file of pages) {
    const page = await open(file);
    told.set(file, await page.evaluate(inspect));
    for (const source of told.get(file).mute) fault(file, `picture without alternative text: ${source}`);
    await page.evaluate(axe);
    const { violations } = await page.evaluate((options) => axe.run(document, options), AXE);
    for (const { id, nodes } of violations) {
      const open = nodes.filter(
        ({ html }) => !allowed.axe.some((one) => one.rule === id && html.includes(one.html)),
      );
      if (open.length) fault(file, `axe ${id}: ${open.length} times, first ${open[0].html.slice(0, 160)}`);
    }
    if (shots) await page.screenshot({ path: path.join(shots, name(file, 1300)) });
    await page.setViewport({ width: NARROW, height: 900 });
    const over = (await page.evaluate(() => document.documentElement.scrollWidth)) - NARROW;
    if (over > 1) fault(file, `${over} pixels wider than a window of ${NARROW}`);
    await page.setViewport({ width: PHONE, height: 844, isMobile: true, hasTouch: true });
    const wide = (await page.evaluate(() => document.documentElement.scrollWidth)) - PHONE;
    if (wide > 1) fault(file, `${wide} pixels wider than a phone`);
    // figures that are wider than a phone scroll in their boxes: by keys as well. The page was loaded anew
    await page.evaluate(axe);
    const scrolls = await page.evaluate((options) => axe.run(document, options), SCROLLS);
    for (const { nodes } of scrolls.violations) fault(file, `no key scrolls ${nodes[0].html.slice(0, 160)}`);
    if (shots) await page.screenshot({ path: path.join(shots, name(file, 390)) });
    await page.close();
  }
  return told;
}

const name = (file, width) => `${file.replace(/[\\/]/g, "_").replace(".html", "")}-${width}.png`;

function checkLinks(told) {
  for (const [file, { links }] of told) {
    for (const link of new Set(links)) {
      if (!link.startsWith("file:")) continue;
      const [target, anchor] = link.split("#");
      const place = fileURLToPath(target.split("?")[0]);
      const known = told.get(path.relative(root, place));
      if (!fs.existsSync(place)) fault(file, `link to nothing: ${path.relative(root, place)}`);
      else if (anchor && known && !known.anchors.includes(decodeURIComponent(anchor)))
        fault(file, `link to no place: ${path.relative(root, place)}#${anchor}`);
    }
  }
}

async function searchFinds() {
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(`${address("search.html")}?q=${SEARCH_WORD}`);
  await page
    .waitForSelector("#search-results ul.search li a")
    .catch(() => fault("search.html", `finds nothing for ${SEARCH_WORD}`));
  await page.close();
}

// The longest table of a page is sorted by keys, down and up, and by numbers where it holds numbers.
async function tablesSort() {
  const file = "executed/paper_against_ours.html";
  const page = await open(file);
  const sort = () =>
    page.evaluate(() => {
      const tables = [...document.querySelectorAll("article table:has(button.sort)")];
      if (!tables.length) return null;
      const table = tables.reduce((a, b) => (b.rows.length > a.rows.length ? b : a));
      const cell = [...table.tHead.rows[0].cells].find((one) => /ours|accuracy|found/.test(one.textContent));
      cell.querySelector("button").click();
      const shown = [...table.tBodies[0].rows].map((row) => row.cells[cell.cellIndex].textContent.trim());
      const filled = shown.filter((one) => /\d/.test(one));
      return { aria: cell.ariaSort, values: filled.map((one) => parseFloat(one)), last: shown.at(-1) };
    });
  for (const [way, sign] of [["ascending", 1], ["descending", -1]]) {
    const found = await sort();
    const pairs = found?.values.slice(1).map((one, at) => sign * (one - found.values[at])) ?? [-1];
    if (found?.aria !== way || pairs.some((step) => step < 0)) fault(file, `its table is not sorted ${way}`);
  }
  await page.close();
}

async function solutionOpens() {
  const page = await open("controls.html");
  const open_ = await page.$("details.solution");
  if (!open_) fault("controls.html", "has no solution");
  else {
    if (await open_.evaluate((one) => one.open)) fault("controls.html", "shows its solution at once");
    await page.focus("details.solution > summary");
    await page.keyboard.press("Enter");
    if (!(await open_.evaluate((one) => one.open))) fault("controls.html", "the solution does not open");
  }
  await page.close();
}

async function quizAnswers() {
  for (const file of ["controls.html", "executed/coil.html"]) {
    const page = await open(file);
    // what is said beside each answer of the first question; nothing beside those not chosen
    const said = () => page.$$eval("#quiz-1 .quiz-why", (all) => all.map((one) => one.innerText));
    const reasons = await page.$$eval("#quiz-1 details li", (all) => all.map((one) => one.textContent));
    const right = await page.$$eval("#quiz-1 details li", (all) =>
      all.findIndex((one) => one.classList.contains("quiz-right")),
    );
    const expect = async (place, how) => {
      const mark = place === right ? "✓ Right." : "✗ Wrong.";
      const now = await said();
      const alone = now.every((words, other) => Boolean(words) === (other === place));
      if (!alone || now[place] !== reasons[place] || !now[place].startsWith(mark))
        fault(file, `quiz: answer ${place + 1} by ${how} says ${JSON.stringify(now)}`);
    };
    if (right < 0 || (await said()).some(Boolean)) fault(file, "quiz: it answers before it is asked");
    for (const place of reasons.keys()) {
      await page.click(`#quiz-1 li:nth-child(${place + 1}) > label`);
      await expect(place, "mouse");
    }
    await page.reload();
    await page.focus("#quiz-1 input");
    await page.keyboard.press("Space");
    for (const place of reasons.keys()) {
      await expect(place, "keyboard");
      await page.keyboard.press("ArrowDown");
    }
    await page.evaluate(axe);
    const { violations } = await page.evaluate((options) => axe.run("#quiz-1", options), AXE);
    for (const { id, nodes } of violations) fault(file, `quiz, axe ${id}: ${nodes[0].html.slice(0, 160)}`);
    if (shots) await (await page.$("#check-yourself")).screenshot({ path: path.join(shots, name(file, "quiz")) });
    await page.close();
  }
}

async function gameIsPlayed() {
  const page = await open("game.html");
  const shown = (part) => page.$eval(`#game [data-part="${part}"]`, (one) => !one.hidden);
  await page.focus("#game [data-start]");
  await page.keyboard.press("Enter");
  for (let crop = 0; crop < 20; crop++) {
    if (crop % 2) await page.keyboard.press("2");
    else await page.click(`#game [data-part="answers"] button:nth-child(${1 + (crop % 4)})`);
  }
  if (!(await shown("result"))) fault("game.html", "20 answers give no score");
  const scores = await page.$$eval('#game [data-part="scores"] tr', (rows) => rows.map((row) => row.innerText));
  if (scores.length !== 3 || !/\d+ of 20/.test(scores[0] + scores[1])) fault("game.html", `scores: ${scores}`);
  const sum = () =>
    page.$$eval("#game .game-grid canvas", (all) =>
      all
        .flatMap((one) => [...one.getContext("2d").getImageData(0, 0, one.width, one.height).data])
        .reduce((a, b) => a + b, 0),
    );
  const before = await sum();
  await page.focus("#game [data-contrast]");
  for (let step = 0; step < 30; step++) await page.keyboard.press("ArrowRight");
  if ((await sum()) <= before) fault("game.html", "the slider does not change the crops");
  await page.evaluate(axe);
  const { violations } = await page.evaluate((options) => axe.run("#game", options), AXE);
  for (const { id, nodes } of violations) fault("game.html", `played, axe ${id}: ${nodes[0].html.slice(0, 160)}`);
  if (shots) await page.screenshot({ path: path.join(shots, "game-played.png"), fullPage: true });
  console.log(`game: ${scores.map((row) => row.replace(/\s+/g, " ")).join("; ")}`);
  await page.close();
}

// runs in a deck: which slides lie partly off the screen, with all that they will show, or have no notes
async function lookAtSlides() {
  const off = [], mute = [];
  for (const place of document.querySelectorAll(".deck section").keys()) {
    location.hash = place + 1;
    await new Promise((done) => setTimeout(done, 100)); // a slide is laid out once it is shown
    const slide = document.querySelector(".deck section:not([hidden])");
    const parts = [...slide.querySelectorAll("*")].map((one) => one.getBoundingClientRect());
    if (parts.some((one) => one.top < 0 || one.left < 0 || one.bottom > innerHeight || one.right > innerWidth))
      off.push(place + 1);
    if (!slide.querySelector("aside.notes")?.textContent.trim()) mute.push(place + 1);
  }
  return { off, mute };
}

async function dialsTurn() {
  const page = await open("dials.html");
  for (const name of ["camera", "plates"]) {
    const root = `[data-dials="${name}"]`;
    const words = () => page.$eval(`${root} [role="status"]`, (one) => one.textContent);
    const picture = () => page.$eval(`${root} .dials-blank`, (one) => one.src);
    const before = [await words(), await picture()];
    const dials = await page.$$(`${root} [data-dial]`);
    await dials[1].focus();
    await page.keyboard.press("End");
    const after = [await words(), await picture()];
    if (before.some((one, place) => one === after[place])) fault("dials.html", `${name}: a dial changes nothing`);
    await dials.at(-1).focus();
    await page.keyboard.press("ArrowRight");
    if ((await dials[1].evaluate((one) => one.value)) !== "0")
      fault("dials.html", `${name}: a setting is shown that was never computed`);
    await page.evaluate(axe);
    const { violations } = await page.evaluate((...all) => axe.run(...all), root, AXE);
    for (const { id, nodes } of violations) fault("dials.html", `${name}, axe ${id}: ${nodes[0].html.slice(0, 160)}`);
    console.log(`dials: ${after[0]}`);
  }
  await page.close();
}

async function marksAnswer() {
  for (const file of ["executed/coil.html", "executed/sma.html", "executed/als.html"]) {
    const page = await open(file);
    const shown = () =>
      page.$$eval(".hover-map .shown", (all) =>
        all.filter((one) => getComputedStyle(one).display !== "none").map((one) => one.outerHTML),
      );
    const mark = await page.$(".hover-map [type=radio]");
    if (!mark) fault(file, "has no map that answers the pointer");
    else {
      if ((await shown()).length) fault(file, "a mark answers before it is asked");
      await mark.focus();
      const first = await shown();
      await page.keyboard.press("ArrowRight");
      const next = await shown();
      if (first.length !== 1 || next.length !== 1 || first[0] === next[0])
        fault(file, `marks chosen by the keyboard show ${first.length} and ${next.length} texts`);
      await page.keyboard.press("Enter");
      if ((await shown())[0] !== next[0]) fault(file, "Enter leaves the map");
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement.matches(".hover-map [type=radio]")))
        fault(file, "the tabulator key stops at more than one mark");
      console.log(`${file}: ${await mark.evaluate((one) => one.ariaLabel)}`);
      if (shots) await page.screenshot({ path: path.join(shots, name(`${file}-mark`, 1300)) });
    }
    await page.close();
  }
}

// A page's stored run: every choice leads to an answer, and all of its answers can be reached.
async function runsAnswer() {
  for (const file of ["executed/coil.html", "executed/covid.html"]) {
    const page = await open(file);
    const found = await page.evaluate(() => {
      const selects = [...document.querySelectorAll(".ask select")];
      const said = () => document.querySelector(".ask-answer").textContent;
      const seen = new Set();
      const walk = (place) => {
        if (place === selects.length) return void seen.add(selects.map((one) => one.value).join("|") + said());
        for (const value of [...selects[place].options].map((one) => one.value)) {
          selects[place].value = value;
          selects[place].dispatchEvent(new Event("change"));
          walk(place + 1);
        }
      };
      walk(0);
      const held = JSON.parse(document.querySelector(".ask-data").textContent).records;
      const names = selects.map((one) => one.dataset.ask);
      return { reached: seen.size, asked: new Set(held.map((one) => names.map((name) => one[name]).join("|"))).size };
    });
    if (found.reached !== found.asked || !found.asked) fault(file, `${found.reached} of ${found.asked} stored answers can be reached`);
    console.log(`${file}: ${found.reached} stored answers`);
    await page.close();
  }
}

async function slidesGoOn() {
  const folder = path.join(root, "slides");
  if (!fs.existsSync(folder)) fault("slides", "there are none");
  for (const file of fs.existsSync(folder) ? fs.readdirSync(folder).sort() : []) {
    if (!file.endsWith(".html")) continue;
    const page = await open(path.join(folder, file), { width: 1280, height: 720 });
    const shown = () => page.$eval(".deck section:not([hidden])", (one) => one.innerText);
    const first = await shown();
    await page.keyboard.press("ArrowRight");
    if (!first || first === (await shown())) fault(file, "the arrow key does not go on");
    await page.keyboard.press("ArrowLeft");
    if (first !== (await shown())) fault(file, "the arrow key does not go back");
    await page.evaluate(axe);
    const { violations } = await page.evaluate((options) => axe.run(document, options), AXE);
    for (const { id, nodes } of violations) fault(file, `axe ${id}: ${nodes[0].html.slice(0, 160)}`);
    if (shots) await page.screenshot({ path: path.join(shots, `${file}.png`) });
    const { off, mute } = await page.evaluate(lookAtSlides);
    if (off.length) fault(file, `slides that lie partly off the screen: ${off}`);
    if (mute.length) fault(file, `slides without notes: ${mute}`);
    await page.close();
  }
}

try {
  const told = await checkPages();
  checkLinks(told);
  for (const step of [searchFinds, tablesSort, solutionOpens, quizAnswers, gameIsPlayed, dialsTurn, marksAnswer, runsAnswer, labIsPlayed, slidesGoOn])
    await step({ open, fault, axe, AXE }).catch((error) => fault(step.name, error.message));
} finally {
  await browser.close();
}
console.log(`${pages.length} pages, ${faults.length} faults`);
for (const line of faults) console.log(`  ${line}`);
process.exit(faults.length ? 1 : 0);
