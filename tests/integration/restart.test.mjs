// What outlives the process: timers, clocks, sessions, the place in the journal; and what must not be mixed up
// with another database.
import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { AT, startCounty } from "./county.mjs";
import { until } from "./server.mjs";

const people = [["officer", "officer", AT.A1g], ["desk-A", "director", AT.A], ["desk-B", "director", AT.B], ["rule", "policy", AT.county], ["admin", "admin.system", AT.county]];
const files = {
  "pack.lua": 'name = "up"\nversion = "1"\nrequires = { "dispatch" }\npolicies = { "policies/up.lua" }\n',
  "policies/up.lua": `return policy {
    name = "up",
    on = { ["clock.breached"] = function(e) if e.clock == "short" then return escalate(e.incident, "township", "超时") end end },
  }`,
};
let server;
before(async () => {
  server = await startCounty(people);
  await server.system("pack.deploy", { pack: "up", files });
  for (const user of ["desk-A", "officer"]) await server.system("duty.start", { user });
});
after(() => server?.stop({ prove: true }));
const open = (name) => server.session(name, { token: server.tokens[name] });
const report = (c, title) => c.call("incident.report", { category: "fire", title, grid: AT.A1g });
const start = (c, id, name, limit_ms, warn) => c.call("clock.start", { incident: id, name, from: "reported", to: "dispatched", limit_ms, ...(warn ? { warn } : {}) });
const resume = async (c, name, last) => {
  const d = await server.connect();
  const answer = await d.call("session.resume", { token: c.token, sid: c.opened.sid, epoch: c.opened.epoch, last });
  return Object.assign(d, { resume: answer });
};

test("killed over due timers: each fires once, late, in due order, and the township hears it", async () => {
  const [officer, desk, rule, other] = await Promise.all(["officer", "desk-A", "rule", "desk-B"].map(open));
  const { id } = await report(officer, "要超时");
  const limit_ms = 400;
  // started in one packet, so that the kill comes before any of them is due
  const made = await Promise.all([start(rule, id, "short", limit_ms), start(rule, id, "longer", limit_ms + 2), start(rule, id, "long", 3_600_000, [0.5])]);
  const due = new Date(made[0].due_at).getTime();
  assert.ok(made.every((m) => m.state === "running"));
  await server.kill();
  await until("the timers' time to pass", () => Date.now() > due + 10);
  await server.start();
  server.reconnect();

  const back = await resume(desk, "desk-A", made[2].n);
  assert.equal(back.resume.resumed, true);
  const breached = await back.hear((m) => m.params?.kind === "clock.breached" && m.params.data.clock === "short");
  assert.ok(breached.params.data.late_ms > 0);
  await back.hear((m) => m.params?.kind === "incident.escalated" && m.params.subject === id);
  await back.hear((m) => m.params?.kind === "clock.breached" && m.params.data.clock === "longer");

  const entries = (await server.journal()).filter((e) => e.subject === id);
  const fired = entries.filter((e) => e.kind === "timer.fired");
  assert.deepEqual(fired.map((e) => e.data.timer.split(":").at(-1)), ["short", "longer"]);
  for (const e of fired) assert.ok(e.data.late_ms > 0);
  assert.equal(Date.parse(fired[0].data.due_at), due);
  for (const name of ["short", "longer"]) assert.equal(entries.filter((e) => e.kind === "clock.breached" && e.data.clock === name).length, 1);
  assert.equal(entries.filter((e) => e.kind === "incident.escalated").length, 1);
  assert.deepEqual((await server.system("incident.get", { id })).owner.org, AT.A);

  const { rows } = await back.call("clock.list", { incident: id });
  const long = rows.find((r) => r.name === "long");
  assert.deepEqual([long.state, long.due_at], ["running", made[2].due_at], "a clock of before is still right");
  const elsewhere = await resume(other, "desk-B", 0);
  assert.ok(elsewhere.resume.resumed);
  await elsewhere.call("org.tree", { depth: 0 });
  assert.ok(!elsewhere.events().some((e) => e.subject === id));

  // once more, with nothing due: nothing fires twice
  await server.kill();
  await server.start();
  server.reconnect();
  assert.equal((await server.system("timer.list", { subject: id })).rows.length, 1);
  assert.equal((await server.journal()).filter((e) => e.subject === id && e.kind === "timer.fired").length, 2);
});

test("what was acknowledged before a kill is there after it, once", async () => {
  const officer = await open("officer");
  const acknowledged = [], keys = [];
  const sent = [];
  for (let i = 0; i < 200; i++) {
    const idem = `mbq3k2x0-kill${String(i).padStart(6, "0")}`;
    keys.push(idem);
    sent.push(officer.call("incident.report", { category: "fire", title: `第 ${i} 件`, grid: AT.A1g, idem }).then((r) => acknowledged.push([idem, r]), () => {}));
    if (i === 120) await officer.hear((m) => m.result?.number);
  }
  await server.kill();
  await Promise.all(sent);
  assert.ok(acknowledged.length > 0);
  await server.start();
  server.reconnect();
  const again = await open("officer");
  const results = new Map();
  for (let at = 0; at < keys.length; at += 16) // the phone sends again whatever it does not know to have arrived
    await Promise.all(keys.slice(at, at + 16).map(async (idem, k) => results.set(idem, await again.call("incident.report", { category: "fire", title: `第 ${at + k} 件`, grid: AT.A1g, idem }))));
  for (const [idem, r] of acknowledged) assert.deepEqual(results.get(idem), { ...r, dup: true });
  const reported = (await server.journal()).filter((e) => e.kind === "incident.reported" && /^第 /.test(e.data.title));
  assert.deepEqual(reported.map((e) => e.data.title).sort(), keys.map((_, i) => `第 ${i} 件`).sort());
  assert.deepEqual(reported.map((e) => e.data.number), [...reported.keys()].map((k) => reported[0].data.number + k));
});

test("a clean stop sends 1012 to everybody and ends with 0; they resume where they were", async () => {
  const [desk, officer] = await Promise.all(["desk-A", "officer"].map(open));
  const { n } = await report(officer, "停机之前");
  await desk.hear((m) => m.params?.n === n);
  const { code, signal } = await server.halt();
  assert.deepEqual([code, signal], [0, null]);
  for (const c of [desk, officer]) assert.equal((await c.closed)[0], 1012);
  await server.start();
  server.reconnect();
  const missed = (await server.system("incident.report", { category: "fire", title: "重连之前", grid: AT.A1g })).n;
  const back = await resume(desk, "desk-A", n);
  assert.deepEqual([back.resume.resumed, back.resume.epoch], [true, desk.opened.epoch]);
  const event = await back.hear((m) => m.params?.n === missed);
  assert.equal(event.params.p, n);
  assert.equal(back.hello.epoch, desk.hello.epoch);
});

test("a session of the same device is replaced with 4010, on a resume as well; another device's is not", async () => {
  const token = server.tokens.officer;
  const first = await server.session("officer", { token, device: "phone" });
  const pad = await server.session("officer", { token, device: "pad" });
  const second = await server.session("officer", { token, device: "phone" });
  assert.equal((await first.closed)[0], 4010);
  const third = await server.connect();
  assert.ok((await third.call("session.resume", { token, device: "phone", sid: second.opened.sid, epoch: second.opened.epoch, last: second.opened.head })).resumed);
  assert.equal((await second.closed)[0], 4010);
  assert.ok((await pad.call("hb", {})).time);
  const { n } = await report(pad, "两台设备");
  for (const c of [pad, third]) await c.hear((m) => m.params?.n === n);
});

test("a place in the journal that is not there, and too far ahead: resumed is false, the snapshot goes on", async () => {
  const desk = await open("desk-A");
  for (const [epoch, last] of [["another", 1], [desk.opened.epoch, 9_000_000_000_000]]) {
    const d = await server.connect();
    const answer = await d.call("session.resume", { token: desk.token, sid: desk.opened.sid, epoch, last });
    assert.equal(answer.resumed, false);
    const snapshot = await (await fetch(`${server.url}/api/v1/snapshot`, { headers: { authorization: `Bearer ${desk.token}` } })).json();
    const { n } = await server.system("incident.report", { category: "fire", title: "快照之后", grid: AT.A1g });
    const event = await d.hear((m) => m.params?.n === n);
    assert.ok(event.params.p <= snapshot.n && snapshot.n < n);
    assert.deepEqual(d.events().map((e) => e.n).filter((x) => x <= answer.head), []);
    await d.close();
  }
});

test("another database is another epoch: nobody resumes into it", async () => {
  const desk = await open("desk-A");
  const twin = await startCounty(people);
  const d = await twin.connect();
  assert.notEqual(d.hello.epoch, desk.hello.epoch);
  const answer = await d.call("session.resume", { token: twin.tokens["desk-A"], sid: desk.opened.sid, epoch: desk.opened.epoch, last: desk.opened.head });
  assert.equal(answer.resumed, false);
  const e = await twin.connect();
  await assert.rejects(e.call("session.open", { token: desk.token }), (x) => x.code === -32001, "a token of the other county");
  await twin.stop({ prove: true });
});

test("a database put back from yesterday does not pass for today's", async () => {
  const copy = join(server.data, "yesterday.db");
  await server.halt();
  cpSync(join(server.data, "county.db"), copy); // a clean stop leaves no log beside it
  await server.start();
  server.reconnect();
  const desk = await open("desk-A");
  // Many: what yesterday's has to catch up with when it starts, overdue timers and their consequences, must not reach as far.
  for (let i = 0; i < 60; i++) await server.system("incident.report", { category: "fire", title: "今天", grid: AT.A1g });
  const { n } = await server.system("incident.report", { category: "fire", title: "今天", grid: AT.A1g });
  await desk.hear((m) => m.params?.n === n);
  await server.halt();
  for (const part of ["-wal", "-shm"]) rmSync(join(server.data, `county.db${part}`), { force: true });
  cpSync(copy, join(server.data, "county.db"));
  await server.start();
  server.reconnect();
  const back = await resume(desk, "desk-A", n);
  assert.equal(back.resume.resumed, false);
  rmSync(copy);
});
