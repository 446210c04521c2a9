// A backup made while people work, and the county that comes out of it elsewhere: everything acknowledged before it is
// there, the chain and the tables are whole, and terminals take a snapshot because the epoch is another.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { AT, startCounty } from "./county.mjs";
import { binary, cli, freePort, until } from "./server.mjs";

const OFFICERS = ["o1", "o2", "o3", "o4"];
let server, dir, backups;
before(async () => {
  server = await startCounty([...OFFICERS.map((n) => [n, "officer", AT.A1g]), ["desk", "dispatcher", AT.county], ["admin", "admin.system", AT.county]]);
  dir = mkdtempSync(join(tmpdir(), "fengqiao-backup-"));
  backups = join(dir, "elsewhere");
});
after(async () => {
  await server?.stop({ prove: true });
  if (dir) rmSync(dir, { recursive: true, force: true });
});
const open = (name) => server.session(name, { token: server.tokens[name] });
const named = () => readdirSync(backups).filter((f) => /^county-.*\.db$/.test(f)).sort();

/** Officers who report as fast as they are answered, until stop(); each acknowledged report with its entry. */
async function load() {
  const acked = [];
  let going = true;
  const work = (await Promise.all(OFFICERS.map(open))).map(async (s, i) => {
    for (let k = 0; going; k++) acked.push(await s.call("incident.report", { category: "fire", title: `第 ${i}-${k} 起`, grid: AT.A1g }));
  });
  return { acked, stop: async () => ((going = false), await Promise.all(work)) };
}

/** A plain server on another data directory. */
async function serve(data) {
  const port = await freePort();
  const child = spawn(binary, ["serve", "--data", data, "--listen", `127.0.0.1:${port}`], { stdio: "ignore" });
  const over = new Promise((done) => child.on("exit", (code) => done(code)));
  const url = `http://127.0.0.1:${port}`;
  await until("the restored county", () => fetch(`${url}/readyz`).then((r) => r.status === 200));
  return { url, rpc: async (token, method, params = {}) => (await fetch(`${url}/api/v1/rpc`, { method: "POST", headers: { "content-type": "application/json", authorization: `Bearer ${token}` }, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) })).json(), stop: () => (child.kill("SIGTERM"), over) };
}

test("under load: a backup, restored into an empty directory, is the county as it stood", async () => {
  const picture = Buffer.from("a photograph of the fire");
  const sha256 = createHash("sha256").update(picture).digest("hex");
  mkdirSync(join(server.data, "blobs", sha256.slice(0, 2)), { recursive: true });
  writeFileSync(join(server.data, "blobs", sha256.slice(0, 2), sha256), picture);
  const { acked, stop } = await load();
  await until("some traffic", () => acked.length > 50);
  const before = acked.length;
  const made = await server.cli(["backup", "--to", backups, "--json"]);
  assert.equal(made.code, 0, made.stderr);
  const { file, head } = JSON.parse(made.stdout);
  await until("traffic after it", () => acked.length > before + 20);
  await stop();
  assert.deepEqual(named(), [file]);
  assert.equal((await cli(["backup", "--to", backups, "verify", file])).code, 0);
  const listed = JSON.parse((await cli(["backup", "--to", backups, "--json", "list"])).stdout);
  assert.equal(listed[0].head, head);

  const data = join(dir, "restored");
  const back = await cli(["restore", "--data", data, join(backups, file)]);
  assert.equal(back.code, 0, back.stderr);
  assert.ok(readdirSync(join(data, "blobs", sha256.slice(0, 2))).includes(sha256), "attachments come along");
  for (const args of [["verify"], ["rebuild", "--check"]]) {
    const { code, stdout, stderr } = await cli(["journal", ...args, "--data", data]);
    assert.equal(code, 0, `${args}: ${stdout}${stderr}`);
  }
  const entries = (await cli(["journal", "export", "--data", data])).stdout.split("\n").filter(Boolean).map((l) => JSON.parse(l));
  assert.equal(entries.at(-1).seq, head);
  const there = new Set(entries.filter((e) => e.kind === "incident.reported").map((e) => e.subject));
  for (const r of acked) assert.equal(there.has(r.id), r.n <= head, `report ${r.n} and a head of ${head}`);
  assert.ok(acked.slice(0, before).every((r) => r.n <= head), "what was acknowledged before the backup began is in it");

  const desk = await open("desk");
  const old = desk.opened;
  const elsewhere = await serve(data);
  try {
    const now = (await elsewhere.rpc(server.tokens.admin, "server.status")).result;
    assert.notEqual(now.epoch, old.epoch, "a new epoch: terminals take a snapshot");
    const snapshot = await fetch(`${elsewhere.url}/api/v1/snapshot`, { headers: { authorization: `Bearer ${server.tokens.desk}` } });
    assert.equal(snapshot.status, 200);
    const again = await elsewhere.rpc(server.tokens.o1, "incident.report", { category: "fire", title: "恢复之后", grid: AT.A1g });
    assert.ok(again.result?.n > head, JSON.stringify(again)); // the county goes on
    const { connect } = await import("./client.mjs");
    const terminal = await connect(`${elsewhere.url.replace("http", "ws")}/ws`);
    const resumed = await terminal.call("session.resume", { token: server.tokens.desk, sid: old.sid, epoch: old.epoch, last: head }).catch((e) => e);
    assert.ok(!(resumed.resumed === true), "a terminal of the old epoch does not go on as if nothing had happened");
  } finally {
    assert.equal(await elsewhere.stop(), 0);
  }
});

test("restore refuses what is not whole, a running server, and another county's key; and keeps what was there", async () => {
  const [file] = named();
  const running = await server.cli(["restore", join(backups, file)]);
  assert.notEqual(running.code, 0, "the server is up");
  const data = join(dir, "other");
  assert.equal((await cli(["init", "--data", data])).code, 0);
  const foreign = await cli(["restore", "--data", data, join(backups, file)]);
  assert.notEqual(foreign.code, 0);
  assert.match(foreign.stderr, /restore\.key|another county's key/);

  const half = join(dir, "half");
  mkdirSync(half);
  const whole = await import("node:fs").then((fs) => fs.readFileSync(join(backups, file)));
  writeFileSync(join(half, file), whole.subarray(0, whole.length / 2));
  copyFileSync(join(backups, "county.key"), join(half, "county.key"));
  const target = join(dir, "target");
  assert.notEqual((await cli(["restore", "--data", target, join(half, file)])).code, 0, "half a file");
  assert.notEqual((await cli(["backup", "--to", half, "verify", file])).code, 0);

  const again = join(dir, "restored");
  assert.equal((await cli(["restore", "--data", again, join(backups, file)])).code, 0);
  assert.ok(readdirSync(again).includes("county.db.before-restore"));
});
