// The projection as an administrator meets it on the command line: the demo county's last five hours, lived again
// under other rules; also while the server goes on.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { binary, cli, freePort } from "./server.mjs";

const dir = mkdtempSync(join(tmpdir(), "fengqiao-project-"));
const data = join(dir, "county");
const pack = join(process.env.FENGQIAO_PACKS, "yizhuang"); // what the demo county lives by
let demo;

const said = (stdout) => stdout.trim().split("\n").map((line) => JSON.parse(line));
const rows = (lines, list) => lines.filter((l) => l.list === list).map((l) => l.row);
const summary = (lines) => lines.find((l) => l.summary).summary;
const sameBytes = (stdout) => stdout.replace(/"ms":\d+/, "");

async function project(candidate, ...more) {
  const { code, stdout, stderr } = await cli(["policy", "project", candidate, "--data", data, "--json", ...more]);
  assert.equal(code, 0, stderr);
  return { stdout, lines: said(stdout) };
}

function candidate(name, change) {
  const to = join(dir, name);
  cpSync(pack, to, { recursive: true });
  const rule = join(to, "policies/three-limits.lua");
  const text = readFileSync(rule, "utf8");
  writeFileSync(rule, change(text));
  assert.notEqual(readFileSync(rule, "utf8"), text);
  return to;
}

before(async () => {
  demo = spawn(binary, ["demo", "--quiet", "--data", data, "--listen", `127.0.0.1:${await freePort()}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve, reject) => {
    let text = "";
    demo.stdout.on("data", (d) => (text += d).includes("fengqiao-demo") && resolve());
    demo.on("exit", (code) => reject(new Error(`the demo ended with ${code}: ${text}`)));
  });
});
after(async () => {
  demo.removeAllListeners("exit");
  const ended = new Promise((resolve) => demo.once("exit", resolve));
  if (demo.exitCode === null && demo.kill("SIGTERM")) await ended;
  rmSync(dir, { recursive: true, force: true });
});

describe("policy project", () => {
  test("the rules that are active change nothing, twice the same bytes", async () => {
    const { from, to } = summary((await project(pack)).lines); // the server goes on writing
    const first = await project(pack, "--from", from, "--to", to, "--seed", "5");
    const again = await project(pack, "--from", from, "--to", to, "--seed", "5");
    const other = await project(pack, "--from", from, "--to", to, "--seed", "6");
    const all = summary(first.lines);
    assert.deepEqual([all.ok, all.mode, all.estimate, all.differing], [true, "projection", true, 0]);
    assert.ok(all.incidents > 40, `${all.incidents} incidents`);
    assert.equal(rows(first.lines, "incidents").length, all.incidents);
    assert.deepEqual(all.was, all.now);
    assert.notEqual(all.fit.verdict, "poor", all.fit.en);
    assert.equal(sameBytes(first.stdout), sameBytes(again.stdout));
    assert.notEqual(sameBytes(first.stdout), sameBytes(other.stdout));
    for (const a of all.assumptions) assert.ok(a.zh && a.en && ["history", "default"].includes(a.from), a.name);
  });

  test("three hours made three quarters: more is late, each with its reason", async () => {
    const { lines } = await project(candidate("tight", (t) => t.replace("limit = hours(3)", "limit = minutes(45)")));
    const resolve = rows(lines, "clocks").find((c) => c.clock === "resolve");
    assert.ok(resolve.now.breached > resolve.was.breached);
    assert.deepEqual([resolve.was.limit_ms, resolve.now.limit_ms], [3 * 3600e3, 45 * 60e3]);
    const differ = rows(lines, "incidents").filter((i) => i.differs);
    assert.equal(differ.length, summary(lines).differing);
    for (const i of differ) assert.ok(i.zh && i.en && i.township_name, i.subject);
    assert.ok(differ.some((i) => i.zh.includes("45 分") && i.en.includes("rule three-limits")));
  });

  test("what people read says that it is an estimate", async () => {
    const { code, stdout } = await cli(["policy", "project", pack, "--data", data]);
    assert.equal(code, 0);
    assert.match(stdout, /估计 \/ an estimate: yizhuang/);
    for (const line of stdout.split("\n").filter((l) => /three-limits\/|^#/.test(l))) assert.match(line, /^估计 /);
  });

  test("a mistake in what is assumed is refused, in both languages", async () => {
    const { code, stderr } = await cli(["policy", "project", pack, "--data", data, "--assume", '{"accept": 1}']);
    assert.equal(code, 2);
    assert.match(stderr, /没有名为 accept 的假设[\s\S]*no assumption is called accept/);
  });
});
