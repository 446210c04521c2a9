// A month of a county, replayed: rules over their own history, changed rules, two packs against one another; beside
// it what the same machine needs to read and parse the rows, to rebuild the state alone, and for the decisions
// themselves as the kernel measured them then. Markdown on stdout.
//   replay [--dir DIR] [--days N]    DIR keeps the county for the next time (default: ./bench-replay)
import { resolve } from "node:path";
import { county, f, load, machine, policy, prepare, run, yizhuang } from "./county.mjs";

const changed = await prepare(), before = load();
const raw = JSON.parse((await run(resolve("tests/bench/replay_raw"), [county])).stdout);
const runs = [
  ["its own rules", await policy("replay", yizhuang)],
  ["changed rules", await policy("replay", changed)],
  ["two packs", await policy("replay", changed, "--base", yizhuang)],
];
console.log(`${machine(before)}\n`);
console.log(`## ${f(raw.rows)} entries, replayed\n`);
console.log("| | incidents | decisions | differences | seconds | entries/s | processor s | × rebuilding alone | × these decisions alone |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|");
for (const [name, s] of runs)
  console.log(`| ${name} | ${f(s.subjects)} | ${f(s.decisions)} | ${f(s.differences)} | ${f(s.ms / 1000, 1)} | ${f(s.entries / (s.ms / 1000))} | ${f(s.cpu / 1000, 1)} | ${f(s.cpu / raw.lean_ms, 2)} | ${f(s.cpu / raw.decided_ms, 2)} |`);
console.log(`\nRaw, processor seconds: reading and parsing the rows ${f(raw.parse_ms / 1000, 1)}; rebuilding the state, tables for queries included, ${f(raw.apply_ms / 1000, 1)}, without them ${f(raw.lean_ms / 1000, 1)} (reading on a second thread, which is not in these two); the decisions when they were made ${f(raw.decided_ms / 1000, 1)}.`);
