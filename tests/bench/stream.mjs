// Real incidents, played fast, against a county of one's own: the demo's 24 townships and 676 officers without the demo's
// traffic. People and limits are `--pace` times as fast as life. At the end: every acknowledged report stands in the
// journal once, every broken limit is explained, the tables are what the journal says.
//   node tests/bench/stream.mjs FILE.csv [--speed 600] [--pace 30] [--seconds 300] [--categories A=fire,B=elder] [--columns ...]
// In the build directory, with FENGQIAO_PLUGINS and FENGQIAO_PACKS set.
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs, promisify } from "node:util";
import { auditLines } from "../integration/audit.mjs";

const run = promisify(execFile);
const { values: opt, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    speed: { type: "string", default: "600" },
    pace: { type: "string", default: "30" },
    seconds: { type: "string", default: "300" },
    settle: { type: "string", default: "20" },
    categories: { type: "string", default: "" },
    columns: { type: "string", default: "" },
    "no-answer": { type: "string", default: "0.15" },
    tmp: { type: "string", default: process.cwd() },
  },
});
if (positionals.length !== 1) throw new Error("which file? stream.mjs FILE.csv");
const binary = resolve(process.env.FENGQIAO ?? "fengqiao");
const loader = resolve(process.env.FENGQIAO_LOAD ?? "tools/load/fengqiao-load");
const dir = mkdtempSync(join(resolve(opt.tmp), "stream-"));
const data = join(dir, "county");
const say = (text) => process.stderr.write(`${text}\n`);
const port = await new Promise((done) => {
  const s = createServer();
  s.listen(0, "127.0.0.1", () => {
    const p = s.address().port;
    s.close(() => done(p));
  });
});

async function start(verb, ...more) {
  const log = openSync(join(dir, "log"), "a");
  const child = spawn(binary, [verb, "--data", data, "--listen", `127.0.0.1:${port}`, ...more], { stdio: ["ignore", log, log] });
  const over = new Promise((done) => child.on("exit", done));
  while (!(await fetch(`http://127.0.0.1:${port}/readyz`).then((r) => r.ok, () => false))) {
    if (child.exitCode !== null) throw new Error(`the server ended:\n${readFileSync(join(dir, "log"), "utf8")}`);
    await new Promise((r) => setTimeout(r, 50));
  }
  return async () => {
    child.kill("SIGTERM");
    await over;
  };
}

/** The county's own rules, with every limit `pace` times as short. */
function hurried(pack) {
  const copy = join(dir, "pack");
  cpSync(pack, copy, { recursive: true });
  const shorter = (text) => text.replace(/\b(minutes|hours)\((\d+(?:\.\d+)?)\)/g, (_, unit, n) => `seconds(${Math.max(1, Math.round((n * (unit === "hours" ? 3600 : 60)) / opt.pace))})`);
  for (const file of readdirSync(join(copy, "policies"))) {
    const path = join(copy, "policies", file);
    writeFileSync(path, shorter(readFileSync(path, "utf8")));
  }
  rmSync(join(copy, "scenarios"), { recursive: true, force: true }); // their stories are told in the usual limits
  return copy;
}

/** Lines of the journal beyond `after`. */
function journal(after = 0) {
  const child = spawn(binary, ["journal", "--data", data, "export", String(after)], { stdio: ["ignore", "pipe", "inherit"] });
  return createInterface({ input: child.stdout });
}

/** Each acknowledged report once in the journal, and no report twice. */
async function ledger(file) {
  const acked = readFileSync(file, "utf8").trim().split("\n").filter(Boolean).map((line) => line.split(" "));
  const reported = new Map(), marks = new Map();
  for await (const line of journal()) {
    const e = JSON.parse(line);
    if (e.kind !== "incident.reported") continue;
    reported.set(e.subject, (reported.get(e.subject) ?? 0) + 1);
    const mark = /#([^#]+)#/.exec(e.data.text ?? "")?.[1];
    if (mark) marks.set(mark, (marks.get(mark) ?? 0) + 1);
  }
  const lost = acked.filter(([key, id]) => !reported.has(id) || !marks.has(key)).length;
  const twice = [...marks.values()].filter((n) => n > 1).length;
  return { acked: acked.length, lost, twice };
}

const f = (x, digits = 1) => Number(x).toLocaleString("en", { maximumFractionDigits: digits });
let stop;
try {
  say("a county");
  stop = await start("demo", "--quiet");
  await stop();
  const tokens = join(dir, "tokens"), head = Number(JSON.parse((await run(binary, ["journal", "--data", data, "verify", "--json"])).stdout).entries);
  writeFileSync(tokens, (await run(binary, ["user", "--data", data, "token", "all"], { maxBuffer: 1 << 26 })).stdout, { mode: 0o600 });
  await run(binary, ["pack", "--data", data, "deploy", hurried(join(process.env.FENGQIAO_PACKS, "yizhuang"))]);
  stop = await start("serve");
  say(`${positionals[0]} at ${opt.speed}x, people and limits at ${opt.pace}x, for ${opt.seconds} s`);
  const args = ["--url", `ws://127.0.0.1:${port}/ws`, "--tokens", tokens, "--json", "--progress", "0", "--stream", resolve(positionals[0]), "--speed", opt.speed,
    "--pace", opt.pace, "--no-answer", opt["no-answer"], "--duration", opt.seconds, "--settle", opt.settle, "--ledger", join(dir, "ledger")];
  for (const name of ["categories", "columns"]) if (opt[name]) args.push(`--${name}`, opt[name]);
  const { stdout, stderr } = await run(loader, args, { maxBuffer: 1 << 28 }).catch((e) => e);
  const r = JSON.parse(stdout.trim().split("\n").at(-1) || "{}");
  if (!r.acked) throw new Error(`the load: ${stderr}${stdout}`);
  await stop();
  const books = await ledger(join(dir, "ledger"));
  console.log(`${r.acked} reports acknowledged (p50 ${f(r.ack.p50_ms)} ms, p99 ${f(r.ack.p99_ms)} ms), ${books.lost} lost, ${books.twice} twice; ${r.steps} steps of people, ${r.steps_refused} refused.\n`);
  const audit = await auditLines(journal(head));
  console.log(audit.table());
  for (const what of audit.wrong.slice(0, 50)) console.log(`NOT EXPLAINED: ${what}`);
  const { stdout: same } = await run(binary, ["journal", "--data", data, "rebuild", "--check"]);
  say(same.trim());
  if (books.lost || books.twice || audit.wrong.length || r.losses) process.exitCode = 1;
} finally {
  await stop?.().catch(() => {});
  if (process.exitCode) say(`kept: ${dir}`);
  else rmSync(dir, { recursive: true, force: true });
}
