// A month of a county, projected under its own and under changed rules; beside it what the same machine needs to
// rebuild the state alone, and for the decisions as the kernel measured them then. Markdown on stdout.
//   project [--dir DIR] [--days N]    DIR keeps the county for the next time (default: ./bench-replay)
import { resolve } from "node:path";
import { county, f, load, machine, policy, prepare, run, yizhuang } from "./county.mjs";

const changed = await prepare(), before = load();
const raw = JSON.parse((await run(resolve("tests/bench/replay_raw"), [county])).stdout);
const runs = [
  ["its own rules", await policy("project", yizhuang)],
  ["changed rules", await policy("project", changed)],
];
console.log(`${machine(before)}\n`);
console.log(`## ${f(raw.rows)} entries, projected: two worlds\n`);
console.log("| | incidents | seconds | incidents/s | processor s | ms an incident and world | × rebuilding alone | × these decisions alone |\n|---|--:|--:|--:|--:|--:|--:|--:|");
for (const [name, s] of runs)
  console.log(`| ${name} | ${f(s.incidents)} | ${f(s.ms / 1000, 1)} | ${f(s.incidents / (s.ms / 1000))} | ${f(s.cpu / 1000, 1)} | ${f(s.cpu / s.incidents / 2, 2)} | ${f(s.cpu / raw.lean_ms, 2)} | ${f(s.cpu / raw.decided_ms, 2)} |`);
console.log(`\nRaw, processor seconds: rebuilding the state ${f(raw.lean_ms / 1000, 1)} (reading on a second thread, which is not in it); the decisions when they were made ${f(raw.decided_ms / 1000, 1)}.`);
