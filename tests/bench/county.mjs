// What the benches of the workshop share: a month of a county to go through, and a run of the command line with
// the processor time that it and its children have taken.
import { spawn, execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";

export const run = promisify(execFile);
const { values: opt } = parseArgs({ options: { dir: { type: "string", default: "bench-replay" }, days: { type: "string", default: "28" } } });
export const dir = resolve(opt.dir);
export const county = join(dir, `county-${opt.days}`);
const binary = resolve(process.env.FENGQIAO);
const packs = process.env.FENGQIAO_PACKS;
export const yizhuang = join(packs, "yizhuang");
export const f = (x, digits = 0) => x.toLocaleString("en", { maximumFractionDigits: digits });
export const machine = (before) =>
  `${cpus().length} × ${cpus()[0]?.model ?? "?"}; load average ${before[0].toFixed(2)} before, ${loadavg()[0].toFixed(2)} after.`;
export const load = loadavg;

/** The demo county, which lives on for as many days on a clock of its own. */
async function make() {
  const fresh = `${county}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  process.stderr.write(`a county of ${opt.days} days in ${county}: a minute or two\n`);
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

/** The county, made when it is not there; and a pack that gives five minutes more room in two places. */
export async function prepare() {
  if (!existsSync(county)) await make();
  const changed = join(dir, "changed"), rule = join(changed, "policies/three-limits.lua");
  rmSync(changed, { recursive: true, force: true });
  cpSync(yizhuang, changed, { recursive: true });
  writeFileSync(rule, readFileSync(rule, "utf8").replaceAll("minutes(5)", "minutes(8)"));
  return changed;
}

const seconds = (text) => [...text.matchAll(/(\d+)m([\d.]+)s/g)].map((m) => 60 * Number(m[1]) + Number(m[2]));

/** The summary of `policy WHAT PACK ...`, and `cpu`: milliseconds of processor time, as the shell tells them. */
export async function policy(what, pack, ...more) {
  const command = [binary, "policy", what, pack, ...more, "--data", county, "--json"];
  const child = spawn("sh", ["-c", '"$@"; times >&3', "sh", ...command], { stdio: ["ignore", "pipe", "inherit", "pipe"] });
  let text = "", times = "";
  child.stdout.on("data", (chunk) => (text = (text + chunk).slice(-40000)));
  child.stdio[3].on("data", (chunk) => (times += chunk));
  await new Promise((done) => child.on("close", done));
  const [, , user, system] = seconds(times);
  return { ...JSON.parse(text.trim().split("\n").at(-1)).summary, cpu: (user + system) * 1000 };
}
