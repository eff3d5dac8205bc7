// Trains the lab's net on what a file holds, a seed a split, and prints the accuracies as JSON:
//   node train.mjs TASKS.json
import fs from "node:fs";
import { net } from "./modules.mjs";

const { height, width, classes, epochs, images, labels, splits } = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const pixels = Uint8Array.from(images);
const accuracies = splits.map(({ train, test }, seed) => {
  let last = null;
  for (const step of net.train({ images: pixels, height, width, labels, classes, rows: train, epochs, seed })) last = step;
  return test.filter((row) => last.name(row) === labels[row]).length / test.length;
});
console.log(JSON.stringify(accuracies));
