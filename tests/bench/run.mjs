// The benches: reports with policy and durable commit, dispatch to the officer's socket, memory of idle terminals;
// beside each the raw limit of the same machine in the same run, as a ratio. Markdown on stdout.
//   run [--seconds S] [--terminals 1,100,1000] [--idle N] [--only reports,dispatch,idle] [--tmp DIR]
// Starts everything itself, on free ports, with its data on the disk of --tmp (default: the working directory).
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { createServer } from "node:net";

const run = promisify(execFile);
const { values: opt } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    terminals: { type: "string", default: "1,100,1000" },
    idle: { type: "string", default: "5000" },
    only: { type: "string", default: "reports,dispatch,idle" },
    tmp: { type: "string", default: process.cwd() },
  },
});
const seconds = Number(opt.seconds);
const only = new Set(opt.only.split(","));
const program = (name, env, path) => resolve(process.env[env] ?? path ?? name);
const binary = program("fengqiao", "FENGQIAO");
const loader = program("", "FENGQIAO_LOAD", "tools/load/fengqiao-load");
const rawSocket = resolve("tests/bench/raw_socket");
const rawSqlite = resolve("tests/bench/raw_sqlite");
const dir = mkdtempSync(join(resolve(opt.tmp), "bench-"));
const data = join(dir, "county");
const tokens = join(dir, "tokens");

const json = async (file, ...args) => JSON.parse((await run(file, args.map(String), { maxBuffer: 1 << 28 })).stdout);
const say = (text) => process.stderr.write(`${text}\n`);
const port = await new Promise((done) => {
  const s = createServer();
  s.listen(0, "127.0.0.1", () => {
    const p = s.address().port;
    s.close(() => done(p));
  });
});
const url = `http://127.0.0.1:${port}`;

// ---- the server ---------------------------------------------------------------------------------------------------

let child = null;
let exited = null;
async function start(verb, ...more) {
  const log = openSync(join(dir, "log"), "a");
  child = spawn(binary, [verb, "--data", data, "--listen", `127.0.0.1:${port}`, ...more], { stdio: ["ignore", log, log] });
  const mine = child;
  exited = new Promise((done) => mine.on("exit", done));
  for (;;) {
    if (mine.exitCode !== null) throw new Error(`the server ended:\n${readFileSync(join(dir, "log"), "utf8")}`);
    if (await fetch(`${url}/readyz`).then((r) => r.ok, () => false)) return;
    await new Promise((r) => setTimeout(r, 20));
  }
}
async function stop() {
  child?.kill("SIGTERM");
  await exited;
  child = null;
}
/** µs of CPU the server has used so far. */
function cpuUs() {
  const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
function rssKb() {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]);
}
async function load(...args) {
  const all = ["--url", `ws://127.0.0.1:${port}/ws`, "--tokens", tokens, "--json", "--progress", 0, ...args];
  const { stdout } = await run(loader, all.map(String)).catch((e) => e); // a failing run still tells its figures
  return JSON.parse(stdout.trim().split("\n").at(-1));
}
/** Everybody qualified for everything and never full: a steady state for as long as a bench takes. */
async function unlimited() {
  const admin = /^admin (\S+)/m.exec(readFileSync(tokens, "utf8"))[1];
  const officers = [...readFileSync(tokens, "utf8").matchAll(/^(\S+) \S+ officer /gm)].map((m) => m[1]);
  const skills = ["fire", "dispute", "traffic", "sanitation", "illegal_building", "flood", "elder", "security", "utility", "other"];
  for (let i = 0; i < officers.length; i += 50) {
    const batch = officers.slice(i, i + 50).map((user, id) => ({ jsonrpc: "2.0", id, method: "officer.set", params: { user, skills, capacity: 50 } }));
    const reply = await fetch(`${url}/api/v1/rpc`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${admin}` },
      body: JSON.stringify(batch),
    });
    for (const one of await reply.json()) if (one.error) throw new Error(JSON.stringify(one.error));
  }
}

// ---- the report -----------------------------------------------------------------------------------------------------

const f = (x, digits = 2) => (Number.isFinite(x) ? x.toLocaleString("en", { maximumFractionDigits: digits, useGrouping: true }) : "–");
function table(head, rows) {
  console.log(`| ${head.join(" | ")} |`);
  console.log(`|${head.map((_, i) => (i ? "--:" : "---")).join("|")}|`);
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
  console.log();
}

async function reports() {
  say("reports: the server");
  const before = join(dir, "before");
  cpSync(data, before, { recursive: true });
  const runs = [];
  await start("serve");
  for (const n of opt.terminals.split(",").map(Number)) {
    const used = cpuUs();
    const r = await load("--terminals", n, "--roles", "officer", "--mix", "report", "--rate", "max", "--duration", seconds);
    runs.push({ n, ...r, cpu_us: (cpuUs() - used) / r.acked });
  }
  await stop();
  const total = runs.reduce((sum, r) => sum + r.acked, 0);
  say(`reports: bare SQLite, the rows of ${total} reports`);
  const bare = await json(rawSqlite, join(before, "county.db"), join(data, "county.db"), total, dir, seconds);
  say("reports: bare sockets");
  console.log("## Reports: rights, policy, journal and projections, acknowledged after the commit is on disk\n");
  console.log("Closed loop, one report under way per terminal. Bare SQLite writes the same rows in groups of the nearest size;");
  console.log(`a report leaves ${f(bare[0].rows, 1)} rows. Bare sockets: a minimal epoll echo of messages as long, no commit.\n`);
  const rows = [];
  for (const r of runs) {
    const limit = bare.filter((b) => b.batch <= r.n).at(-1);
    const echo = await json(rawSocket, r.n, Math.min(seconds, 3), 0);
    rows.push([r.n, f(r.reports_per_s, 0), f(r.ack.p50_ms), f(r.ack.p99_ms), f(r.cpu_us, 0), `${f(limit.per_s, 0)} (${limit.batch})`,
      `${f(r.reports_per_s / limit.per_s)}×`, f(limit.p99_ms), f(echo.per_s, 0), `${f(r.reports_per_s / echo.per_s, 3)}×`, f(echo.p99_ms)]);
  }
  table(["terminals", "reports/s", "p50 ms", "p99 ms", "server CPU µs", "bare SQLite/s (batch)", "ratio", "its commit p99 ms", "bare echo/s", "ratio", "its p99 ms"], rows);
  console.log("Bare SQLite by batch:", bare.map((b) => `${b.batch}: ${f(b.per_s, 0)}/s, p50 ${f(b.p50_ms)} ms, p99 ${f(b.p99_ms)} ms`).join("; "), "\n");
  return runs;
}

async function dispatch(runs) {
  const officers = readFileSync(tokens, "utf8").match(/ officer /g).length;
  const most = runs?.find((r) => r.n === 100)?.reports_per_s ?? 200;
  const rows = [];
  await start("serve");
  for (const part of [0.2, 0.5]) {
    const rate = Math.max(5, Math.round(most * part));
    say(`dispatch: ${rate} reports/s`);
    const used = cpuUs();
    const r = await load("--terminals", officers, "--roles", "officer", "--mix", "report", "--rate", rate, "--duration", seconds);
    const cpu = (cpuUs() - used) / r.acked;
    const raw = await json(rawSocket, officers, Math.min(seconds, 3), rate);
    rows.push([rate, r.task.count, f(r.ack.p50_ms), f(r.ack.p99_ms), f(r.task.p50_ms), f(r.task.p99_ms), f(cpu, 0),
      f(raw.p50_ms, 3), f(raw.p99_ms, 3), `${f(r.task.p50_ms / raw.p50_ms, 1)}×`, `${f(r.task.p99_ms / raw.p99_ms, 1)}×`]);
  }
  await stop();
  console.log(`## Dispatch: from a report being due to its task on the officer's socket (${officers} officers connected)\n`);
  console.log("Open loop: latency counts from the moment the report was due. Bare sockets: an epoll echo at the same rate.\n");
  table(["reports/s", "tasks heard", "ack p50 ms", "ack p99 ms", "task p50 ms", "task p99 ms", "server CPU µs", "bare p50 ms", "bare p99 ms", "p50 ratio", "p99 ratio"], rows);
}

async function idle() {
  const n = Number(opt.idle);
  say(`idle: ${n} terminals`);
  await start("serve");
  const before = rssKb();
  const loading = load("--terminals", n, "--roles", "officer", "--rate", 0, "--duration", Math.max(3, seconds), "--ramp", 2000);
  let most = before;
  let over = false;
  loading.then(() => (over = true));
  while (!over) {
    most = Math.max(most, rssKb());
    await new Promise((r) => setTimeout(r, 50));
  }
  const r = await loading;
  await stop();
  const raw = await json(rawSocket, n, 0, 0);
  console.log(`## Memory of ${f(n, 0)} idle terminals, sessions open\n`);
  table(["terminals", "RSS before KB", "RSS with them KB", "KB a terminal", "bare epoll KB a connection", "connect→session p50 ms", "p99 ms"],
    [[f(n, 0), f(before, 0), f(most, 0), f((most - before) / n), f(raw.rss_kb / n, 3), f(r.connect.p50_ms), f(r.connect.p99_ms)]]);
}

for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => {
    child?.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
    process.exit(1);
  });
try {
  mkdirSync(dir, { recursive: true });
  say(`data in ${dir}`);
  await start("demo", "--quiet");
  await stop();
  writeFileSync(tokens, (await run(binary, ["user", "token", "all", "--data", data], { maxBuffer: 1 << 28 })).stdout);
  await start("serve");
  await unlimited();
  await stop();
  const model = cpus()[0]?.model ?? "?";
  const disk = (await run("df", ["--output=source,fstype", dir])).stdout.split("\n")[1];
  const version = (await run(binary, ["--version"]).catch(() => ({ stdout: "" }))).stdout.trim();
  console.log(`${new Date().toISOString().slice(0, 16)}Z, ${cpus().length} × ${model}, ${f(totalmem() / 2 ** 30, 0)} GiB, Linux ${release()}, ${disk}; load average ${readFileSync("/proc/loadavg", "utf8").split(" ")[0]} before. Load generator and server on the same cores. ${version}\n`);
  const runs = only.has("reports") ? await reports() : null;
  if (only.has("dispatch")) await dispatch(runs);
  if (only.has("idle")) await idle();
} finally {
  child?.kill("SIGKILL");
  rmSync(dir, { recursive: true, force: true });
}
