// What the lab shows: pictures with the box on them, what is left of them in the box, the curve of a
// training and the log of all trials. Nothing here is computed but places and shades.
"use strict";
function labDraw(settings, colour) {
  const { LAYOUTS, TAKEN, SPLITS, MASKS, LARGEST, SIDE } = settings;
  const SHOWN = 3; // pixels of the screen a pixel
  const percent = (share) => `${(100 * share).toFixed(1)}%`;

  function make(tag, words = "", attributes = {}) {
    const element = document.createElement(tag);
    element.textContent = words;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  function paint(brush, values, width, height, left, top, scale, shade) {
    const picture = brush.createImageData(width * scale, height * scale);
    for (let y = 0; y < height * scale; y++)
      for (let x = 0; x < width * scale; x++) {
        const level = shade(values[Math.floor(y / scale) * width + Math.floor(x / scale)]);
        picture.data.set([level, level, level, 255], 4 * (y * width * scale + x));
      }
    brush.putImageData(picture, left, top);
  }

  // The first picture, the box on it, and in orange what the box hides; where the brush is, if anywhere.
  function picture(canvas, { images }, row, { box, words }, hidden, brushAt) {
    const { left, top, width, height } = box;
    const brush = canvas.getContext("2d");
    paint(brush, images.subarray(row * SIDE * SIDE), SIDE, SIDE, 0, 0, SHOWN, (v) => v);
    brush.fillStyle = "#d55e00b0";
    for (let y = top; y < top + height; y++)
      for (let x = left; x < left + width; x++) if (hidden[y * SIDE + x]) brush.fillRect(x * SHOWN, y * SHOWN, SHOWN, SHOWN);
    brush.lineWidth = 2;
    for (const [ink, dash] of [["#fff", []], ["#d55e00", [4, 4]]]) {
      brush.strokeStyle = ink;
      brush.setLineDash(dash);
      brush.strokeRect(left * SHOWN + 1, top * SHOWN + 1, width * SHOWN - 2, height * SHOWN - 2);
    }
    brush.setLineDash([]);
    if (brushAt) {
      brush.strokeStyle = "#56b4e9";
      brush.strokeRect((brushAt.x - 2) * SHOWN, (brushAt.y - 2) * SHOWN, 5 * SHOWN, 5 * SHOWN);
    }
    canvas.setAttribute("aria-label", `${words}; box of ${width} by ${height} pixels at ${left}, ${top}`);
  }

  // A picture of each class; below, what is left of it in the box, stretched, one range for all.
  function strip(canvas, { images }, rows, seen, { width, height }) {
    const n = rows.length;
    canvas.width = n * 68;
    canvas.height = 64 + 4 + 2 * LARGEST;
    canvas.setAttribute("aria-label", `A picture of each of ${n} classes, and their boxes, stretched`);
    const small = canvas.getContext("2d");
    const boxes = rows.map((row) => seen.subarray(row * width * height, (row + 1) * width * height));
    const low = Math.min(...boxes.map((one) => Math.min(...one))), high = Math.max(...boxes.map((one) => Math.max(...one)));
    rows.forEach((row, c) => {
      paint(small, images.subarray(row * SIDE * SIDE), SIDE, SIDE, c * 68, 0, 1, (v) => v);
      paint(small, boxes[c], width, height, c * 68, 68, 2, (v) => (255 * (v - low)) / Math.max(1, high - low));
    });
  }

  // Held-out share right, epoch by epoch, beside chance; at the end the interval and the null.
  function curve(canvas, points, epochs, chance, found) {
    const wide = 560, tall = 220, left = 46, bottom = 30;
    canvas.width = wide;
    canvas.height = tall;
    const brush = canvas.getContext("2d");
    const dark = colour();
    const x = (epoch) => left + ((wide - left - 40) * epoch) / epochs;
    const y = (share) => tall - bottom - (tall - bottom - 12) * share;
    const line = (from, to, colour, dash = []) => {
      brush.strokeStyle = colour;
      brush.setLineDash(dash);
      brush.beginPath();
      brush.moveTo(...from);
      brush.lineTo(...to);
      brush.stroke();
    };
    brush.font = "12px sans-serif";
    brush.fillStyle = dark;
    for (const share of [0, 0.5, 1]) {
      brush.fillText(`${100 * share}%`, 4, y(share) + 4);
      line([left, y(share)], [wide - 8, y(share)], "#9994");
    }
    brush.fillText("epochs", wide / 2, tall - 6);
    line([left, y(chance)], [wide - 8, y(chance)], dark, [5, 4]);
    brush.fillText("chance", wide - 50, y(chance) - 5);
    brush.strokeStyle = "#0173b2";
    brush.lineWidth = 2;
    brush.setLineDash([]);
    brush.beginPath();
    points.forEach((one, i) => brush[i ? "lineTo" : "moveTo"](x(i + 1), y(one.right)));
    brush.stroke();
    brush.lineWidth = 1;
    if (found) {
      brush.fillStyle = "#9998";
      brush.fillRect(wide - 26, y(found.null95), 10, y(0) - y(found.null95));
      brush.lineWidth = 3;
      line([wide - 21, y(found.low)], [wide - 21, y(found.high)], "#0173b2");
      brush.lineWidth = 1;
    }
    const end = found ? `${percent(found.estimate)} right, interval ${percent(found.low)} to ${percent(found.high)}, ` : "";
    canvas.setAttribute("aria-label", `Share right of held-out pictures after each epoch: ${end}chance ${percent(chance)}`);
  }

  function log(trials) {
    const head = ["pictures", "sessions", "split", "dials", "box", "right", "95% interval", "p", "verdict"];
    const table = make("table", "", { class: "table" });
    const top = table.createTHead().insertRow();
    for (const one of head) top.append(make("th", one, { scope: "col" }));
    const body = table.createTBody();
    for (const one of trials) {
      const turned = Object.entries(one.dials).filter(([, value]) => value).map(([dial, value]) => `${dial} ${value}`);
      const seen = one.mask === "none" ? "" : `, ${MASKS[one.mask].replace("the box ", "")}`;
      const cells = [
        `${one.set}, ${one.balance === "nine" ? "9:1" : "even"}`, LAYOUTS[one.layout] ?? TAKEN, SPLITS[one.how],
        turned.join(", ") || "none", `${one.box.width}x${one.box.height} at ${one.box.left}, ${one.box.top}${seen}`,
        percent(one.estimate), `${percent(one.low)} to ${percent(one.high)}`, one.p.toFixed(3), one.word,
      ];
      const line = body.insertRow();
      for (const cell of cells) line.append(make("td", cell));
    }
    return table;
  }

  return { make, picture, strip, curve, log, SHOWN };
}
