// fengqiao load --stream: a table of incidents becomes reports at the right pace, in the right places, of the right
// categories; and the audit of broken limits explains what it should and finds what it should not.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { Audit } from "./audit.mjs";
import { AT, UNITS, startCounty } from "./county.mjs";
import { binary } from "./server.mjs";

const loader = process.env.FENGQIAO_LOAD ?? join(dirname(binary), "tools/load/fengqiao-load");
const dir = mkdtempSync(join(tmpdir(), "fengqiao-stream-"));
const people = [["officer-A1g", "officer", AT.A1g], ["officer-A2g", "officer", AT.A2g], ["officer-B1g", "officer", AT.B1g], ["dispatcher-county", "dispatcher", AT.county]];
let server;
before(async () => (server = await startCounty(people)));
after(async () => {
  await server.stop({ prove: true });
  rmSync(dir, { recursive: true, force: true });
});

const load = (...args) =>
  new Promise((done) =>
    execFile(loader, ["--url", `ws://127.0.0.1:${server.port}/ws`, "--tokens", join(dir, "tokens"), "--json", "--progress", "0", ...args], (error, stdout, stderr) =>
      done({ code: error ? error.code : 0, stdout, stderr, result: stdout.trim() ? JSON.parse(stdout.trim().split("\n").at(-1)) : null })));

// three kinds, out of order, one row without a place, one title with a comma and a quote
const rows = [
  ["2015-12-10 17:40:00", "-75.6", "40.1", "Fire: \"GAS\", ODOR"],
  ["2015-12-10 17:00:00", "-75.4", "40.3", "EMS: FALL"],
  ["2015-12-10T18:20:00Z", "-75.5", "40.2", "traffic: DISABLED"],
  ["2015-12-10 18:00:00", "", "", "EMS: NOWHERE"],
  ["2015-12-10 18:40:00", "-75.4", "40.1", "Unknown thing"],
];
const quote = (s) => (/[",]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s);
const csv = (header, list) => `${header}\n${list.map((r) => r.map(quote).join(",")).join("\n")}\n`;

test("rows become reports, in order, where they belong, as what they are", async () => {
  writeFileSync(join(dir, "tokens"), (await server.cli(["user", "token", "all"])).stdout);
  writeFileSync(join(dir, "a.csv"), csv("timeStamp,lng,lat,title", rows));
  const began = Date.now(); // 100 minutes at 6000 times: one second
  const { code, result, stderr } = await load("--stream", join(dir, "a.csv"), "--speed", "6000", "--pace", "1000", "--settle", "0.5", "--fail", "0", "--no-answer", "0", "--decline", "0",
    "--categories", "Fire=fire,EMS=elder,Traffic=traffic", "--ledger", join(dir, "ledger"));
  assert.equal(code, 0, stderr);
  assert.equal(result.acked, 4);
  assert.match(stderr, /1 行没有时间/);
  const reported = (await server.journal()).filter((e) => e.kind === "incident.reported");
  assert.deepEqual(reported.map((e) => [e.data.title, e.data.category]), [
    ["EMS: FALL", "elder"], ['Fire: "GAS", ODOR', "fire"], ["traffic: DISABLED", "traffic"], ["Unknown thing", "other"]]);
  const grids = UNITS.filter((u) => u.kind === "grid");
  const span = (list) => [Math.min(...list), Math.max(...list)];
  assert.deepEqual(span(reported.map((e) => e.data.place.lon)), span(grids.map((u) => u.lon)));
  assert.deepEqual(span(reported.map((e) => e.data.place.lat)), span(grids.map((u) => u.lat)));
  for (const e of reported) {
    assert.ok(people.some(([name]) => name === e.actor), e.actor);
    assert.ok(Date.parse(e.data.occurred_at) <= e.at_ms);
  }
  assert.ok(reported.at(-1).at_ms >= began + 1000, "never before it is due");
});

test("columns by other names; what cannot be is said", async () => {
  writeFileSync(join(dir, "b.csv"), csv("wann,wo_x,wo_y,was", rows.slice(0, 2)));
  const lost = await load("--stream", join(dir, "b.csv"));
  assert.equal(lost.code, 1);
  assert.match(lost.stderr, /--columns time=/);
  const { code, result } = await load("--stream", join(dir, "b.csv"), "--columns", "time=wann,lon=wo_x,lat=wo_y,title=was", "--speed", "1e6", "--settle", "0.2");
  assert.equal(code, 0);
  assert.equal(result.acked, 2);
  writeFileSync(join(dir, "c.csv"), csv("time,lon,lat,title", [["never", "x", "y", "z"]]));
  assert.match((await load("--stream", join(dir, "c.csv"))).stderr, /no row has a time/);
});

// ---- the audit, on journals made up for it -------------------------------------------------------------------------

const T = Date.parse("2026-11-22T00:00:00Z");
const iso = (ms) => new Date(T + ms).toISOString();
function story(...entries) {
  const audit = new Audit();
  entries.forEach(([at, kind, data = {}], seq) => audit.take({ seq: seq + 1, at_ms: T + at, kind, subject: "i1", data }));
  return audit.silent();
}
const reported = [0, "incident.reported", { occurred_at: iso(-60_000), state: "reported" }];
const clock = (to, due, more) => [0, "clock.started", { policy: "p", clock: "c", to, due_at: iso(due), state: "running", ...more }];
const breached = (at, due = at) => [at, "clock.breached", { policy: "p", clock: "c", due_at: iso(due) }];
const task = (at, kind, state, more) => [at, `task.${kind}`, { task: "t9", state, ...more }];
const dispatched = [1000, "incident.dispatched", { state: "dispatched" }];

test("a breach is explained by what was waited for", () => {
  const reasons = (...entries) => {
    const a = story(...entries);
    assert.deepEqual(a.wrong, []);
    return a.breaches.map((b) => b.reason);
  };
  assert.deepEqual(reasons(reported, clock("dispatched", 9000), breached(9000)), ["no officer free, and the desk sent nobody"]);
  const sent = [reported, clock("handled", 9000), task(1000, "created", "sent"), dispatched];
  assert.deepEqual(reasons(...sent, breached(9000)), ["nobody accepted"]);
  assert.deepEqual(reasons(...sent, task(2000, "accepted", "accepted", { incident_state: "handling" }), breached(9000)), ["accepted, not arrived"]);
  assert.deepEqual(reasons(...sent, task(2000, "declined", "declined", { incident_state: "accepted" }), breached(9000)), ["declined, nobody sent again"]);
  assert.deepEqual(reasons(...sent, task(2000, "expired", "expired", { incident_state: "accepted" }), breached(9000)), ["the order lapsed, nobody sent again"]);
  const handled = [...sent, task(3000, "finished", "finished"), [3000, "incident.handled", { state: "handled" }]];
  const failed = [5000, "incident.verified", { pass: false, state: "accepted" }];
  assert.deepEqual(reasons(...handled, failed, breached(11000)), ["verification failed, nobody sent again"]); // 6 s were left
  assert.deepEqual(reasons(reported, clock("reported", -30_000, { state: "met_late", stopped_at: iso(0) }), breached(0, -30_000)), ["reported late by whoever saw it"]);
});

test("what should not be is found", () => {
  const found = (...entries) => {
    const { wrong } = story(...entries);
    assert.equal(wrong.length, 1, wrong.join("\n"));
    return wrong[0];
  };
  assert.match(found(reported, clock("dispatched", 9000), dispatched, breached(9000)), /dispatched was reached 8000 ms before/);
  assert.match(found(reported, clock("dispatched", 9000), breached(8000, 9000)), /1000 ms before it was due/);
  assert.match(found(reported, clock("dispatched", 9000), breached(12_000)), /by the journal it was due/);
  assert.match(found(reported, clock("dispatched", 9000), [60_000, "incident.commented", { state: "reported" }]), /has not spoken/);
  assert.match(found(reported, clock("dispatched", 9000), [2000, "incident.suspended", { state: "suspended" }], breached(9000)), /not running/);
});
