// The lab's scripts as a page has them: plain scripts, read in order into one scope.
import fs from "node:fs";
import path from "node:path";
import vm from "node:vm";
import { fileURLToPath } from "node:url";

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../book/_static");
const read = (name) => fs.readFileSync(path.join(folder, name), "utf8");
const scope = vm.createContext({ Math, JSON, structuredClone, decodeURIComponent, encodeURIComponent, Float32Array, Float64Array, Uint8Array, Int32Array, Map, Set, Array });
for (const name of ["lab-net.js", "lab-camera.js", "lab-evidence.js", "lab-missions.js", "lab-settings.js"])
  if (fs.existsSync(path.join(folder, name))) vm.runInContext(read(name), scope);
export const net = vm.runInContext("labNet()", scope);
export const camera = vm.runInContext("labCamera()", scope);
export const evidence = vm.runInContext("labEvidence()", scope);
export const missions = vm.runInContext("typeof labMissions === 'function' ? labMissions() : []", scope);
export const settings = vm.runInContext("labSettings()", scope);
