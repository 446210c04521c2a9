// A month of a county, replayed: rules over their own history, changed rules, two packs against one another; beside
// it what the same machine needs to read and parse the rows, to rebuild the state alone, and for the decisions
// themselves as the kernel measured them then. Markdown on stdout.
//   replay [--dir DIR] [--days N]    DIR keeps the county for the next time (default: ./bench-replay)
import { spawn, execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";

const run = promisify(execFile);
const { values: opt } = parseArgs({ options: { dir: { type: "string", default: "bench-replay" }, days: { type: "string", default: "28" } } });
const dir = resolve(opt.dir);
const county = join(dir, `county-${opt.days}`);
const binary = resolve(process.env.FENGQIAO);
const packs = process.env.FENGQIAO_PACKS;
const say = (text) => process.stderr.write(`${text}\n`);

/** The demo county, which lives on for as many days on a clock of its own. */
async function make() {
  const fresh = `${county}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  say(`a county of ${opt.days} days in ${county}: a minute or two`);
  const demo = spawn(binary, ["demo", "--data", fresh, "--quiet", "--listen", `127.0.0.1:${18000 + (process.pid % 900)}`], { stdio: "ignore" });
  const ended = new Promise((done) => demo.on("exit", done));
  while (!existsSync(join(fresh, "demo-ready"))) {
    if (demo.exitCode !== null) throw new Error("the demo ended");
    await new Promise((r) => setTimeout(r, 100));
  }
  demo.kill("SIGTERM");
  await ended;
  await run(resolve("tests/bench/replay_county"), [fresh, join(packs, "dongkou/demo/reports.csv"), opt.days]);
  cpSync(fresh, county, { recursive: true });
  rmSync(fresh, { recursive: true, force: true });
}

/** The summary, and the processor time the run has taken: what /proc last said of it. */
async function replay(pack, ...more) {
  const child = spawn(binary, ["policy", "replay", pack, ...more, "--data", county, "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "", cpu = 0;
  child.stdout.on("data", (chunk) => (text = (text + chunk).slice(-20000)));
  const ended = new Promise((done) => child.on("close", done));
  const watch = setInterval(() => {
    try {
      const f = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" ");
      cpu = (Number(f[11]) + Number(f[12])) * 10;
    } catch {}
  }, 20);
  await ended;
  clearInterval(watch);
  return { ...JSON.parse(text.trim().split("\n").at(-1)).summary, cpu };
}

const f = (x, digits = 0) => x.toLocaleString("en", { maximumFractionDigits: digits });
if (!existsSync(county)) await make();
const raw = JSON.parse((await run(resolve("tests/bench/replay_raw"), [county])).stdout);
const changed = join(dir, "changed");
rmSync(changed, { recursive: true, force: true });
cpSync(join(packs, "yizhuang"), changed, { recursive: true });
const rule = join(changed, "policies/three-limits.lua");
writeFileSync(rule, readFileSync(rule, "utf8").replaceAll("minutes(5)", "minutes(8)"));
const runs = [
  ["its own rules", await replay(join(packs, "yizhuang"))],
  ["changed rules", await replay(changed)],
  ["two packs", await replay(changed, "--base", join(packs, "yizhuang"))],
];
console.log(`${cpus().length} × ${cpus()[0]?.model ?? "?"}; load average ${readFileSync("/proc/loadavg", "utf8").split(" ")[0]} at the end.\n`);
console.log(`## ${f(raw.rows)} entries\n`);
console.log("| | entries | decisions | differences | seconds | entries/s | processor s | times rebuilding alone |\n|---|--:|--:|--:|--:|--:|--:|--:|");
for (const [name, s] of runs)
  console.log(`| ${name} | ${f(s.entries)} | ${f(s.decisions)} | ${f(s.differences)} | ${f(s.ms / 1000, 1)} | ${f(s.entries / (s.ms / 1000))} | ${f(s.cpu / 1000, 1)} | ${f(s.cpu / raw.lean_ms, 2)} |`);
console.log(`\nRaw, processor seconds on one thread: reading and parsing the rows ${f(raw.parse_ms / 1000, 1)}; rebuilding the state, tables for queries included, ${f(raw.apply_ms / 1000, 1)}, without them ${f(raw.lean_ms / 1000, 1)} (parsing on a second thread); these decisions when they were made ${f(raw.decided_ms / 1000, 1)}.`);
