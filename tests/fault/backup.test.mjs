// Backups that go wrong: the disk is full while one is written, and whoever writes it is killed. Nothing half is ever
// named as a backup, the county works on, and the next one succeeds.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { makeCounty, seeded, until } from "./county.mjs";

const KILLS = Number(process.env.FENGQIAO_KILLS ?? 12);
const seed = Number(process.env.FENGQIAO_SEED ?? Date.now() % 1_000_000);
const random = seeded(seed);
const binary = resolve(process.env.FENGQIAO ?? "fengqiao");
const shim = process.env.FENGQIAO_FAIL_IO ?? join(process.cwd(), "tests/fault/.libs/fail_io.so");

let county, control, elsewhere, env;
before(async () => {
  env = { LD_PRELOAD: [process.env.LD_PRELOAD, shim].filter(Boolean).join(" ") };
  county = await makeCounty({ env });
  control = join(county.dir, "fail");
  elsewhere = join(county.dir, "elsewhere");
  env.FAIL_IO = control;
  county.start();
  await county.up();
});
after(() => county?.remove());

const admin = (method, params = {}) => county.rpc(county.token("admin"), method, params);
const files = (dir) => (existsSync(dir) ? readdirSync(dir) : []);
const named = (dir) => files(dir).filter((f) => /^county-.*\.db$/.test(f));
const halves = (dir) => files(dir).filter((f) => f.includes(".part"));
const fail = (what) => writeFileSync(control, `${what}\n`);
const mend = () => rmSync(control, { force: true });
afterEach(mend);

/** The command line under the same shim: { code, stderr }. */
const backup = (...args) =>
  new Promise((done) =>
    execFile(binary, ["backup", "--data", county.data, ...args], { env: { ...process.env, ...env } }, (error, stdout, stderr) => done({ code: error ? (error.code ?? error.signal) : 0, stderr })),
  );
async function allWhole(dir) {
  for (const file of named(dir)) {
    const { code, stderr } = await backup("--to", dir, "verify", file);
    assert.equal(code, 0, `${file} is named as a backup and is not whole: ${stderr}`);
  }
}
/** Starts one on the server and waits for its end: the run as backup.list tells it. */
async function onServer() {
  const { result, error } = await admin("backup.start");
  assert.ok(result, JSON.stringify(error));
  return until("the backup to be over", async () => {
    const run = (await admin("backup.list")).result.runs.find((r) => r.run === result.run);
    return run?.ended_at && run;
  });
}

test("the disk is full while the command line writes one: told, nothing is left, the next one succeeds", async () => {
  fail("copy ENOSPC");
  const { code, stderr } = await backup("--to", elsewhere);
  assert.notEqual(code, 0);
  assert.match(stderr, /full/);
  assert.match(stderr, /磁盘已满/);
  assert.deepEqual([...named(elsewhere), ...halves(elsewhere)], []);
  mend();
  assert.equal((await backup("--to", elsewhere)).code, 0);
  assert.equal(named(elsewhere).length, 1);
  await allWhole(elsewhere);
});

test("the disk is full while the server writes one: the county works on, and health says so until one succeeds", async () => {
  const own = join(county.data, "backups");
  const codes = async () => (await admin("server.status")).result.findings.map((f) => f.code);
  fail("copy ENOSPC");
  const run = await onServer();
  assert.equal(run.ok, false);
  assert.match(run.zh, /磁盘已满/);
  assert.match(run.en, /full/);
  assert.deepEqual([...named(own), ...halves(own)], []);
  assert.ok((await codes()).includes("backup.failed"));
  const reported = await county.rpc(county.token("officer-0001"), "incident.report", { category: "fire", title: "照常受理" });
  assert.ok(reported.result, JSON.stringify(reported.error));
  mend();
  assert.equal((await onServer()).ok, true);
  assert.ok(!(await codes()).includes("backup.failed"));
  await allWhole(own);
});

test(`whoever writes one is killed, ${KILLS} times (FENGQIAO_SEED=${seed}): nothing half has a name`, async (t) => {
  let caught = 0;
  for (let i = 0; i < KILLS; i++) {
    const child = spawn(binary, ["backup", "--data", county.data, "--to", elsewhere, "--quiet"], { stdio: "ignore" });
    let over = false;
    const ended = new Promise((done) => child.on("exit", () => done((over = true))));
    await until("its first page", () => over || files(elsewhere).some((f) => f === `making-${child.pid}.part`));
    for (let wait = random(40); wait > 0 && !over; wait--) await new Promise((r) => setTimeout(r, 1));
    child.kill("SIGKILL");
    await ended;
    caught += halves(elsewhere).length > 0;
    await allWhole(elsewhere);
  }
  t.diagnostic(`${caught} of ${KILLS} were caught in the middle`);
  assert.ok(caught > 0, "every one was done before it was killed: nothing was tried");
  assert.equal((await backup("--to", elsewhere, "--keep", "2")).code, 0);
  assert.deepEqual(halves(elsewhere), [], "the next one clears away what the killed have left");
  assert.equal(named(elsewhere).length, 2);
  await allWhole(elsewhere);
});

test("the server is killed while it writes one: said after the restart, and the next one succeeds", async () => {
  const own = join(county.data, "backups");
  const had = named(own).length;
  const { result } = await admin("backup.start");
  await until("its first page", () => halves(own).length > 0 || named(own).length > had);
  await county.kill();
  await allWhole(own);
  county.start();
  await county.up();
  assert.deepEqual(halves(own), []);
  const run = await until("it to be told", async () => {
    const r = (await admin("backup.list")).result.runs.find((x) => x.run === result.run);
    return r?.ended_at && r;
  });
  if (named(own).length === had) assert.equal(run.ok, false);
  assert.equal((await onServer()).ok, true);
  await allWhole(own);
  assert.deepEqual(await county.halt(), { code: 0, signal: null }, county.log());
  await county.command("journal", "verify", "--data", county.data);
});
