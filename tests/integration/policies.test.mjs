// Policies in a running county: deployed under traffic, pinned to what is open, refused or survived when they
// are bad, brought back when they keep failing, and explained exactly.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { AT, startCounty } from "./county.mjs";
import { until } from "./server.mjs";

const people = [["officer", "officer", AT.A1g], ["officer-B", "officer", AT.B1g], ["desk", "dispatcher", AT.county], ["director-A", "director", AT.A], ["director-B", "director", AT.B], ["admin", "admin.system", AT.county], ["audit", "admin.audit", AT.county]];
const pack = (version, body, name = "town") => ({
  pack: "town",
  files: { "pack.lua": `name = "town"\nversion = "${version}"\nrequires = { "dispatch" }\npolicies = { "policies/p.lua" }\n`, "policies/p.lua": body.includes("return policy") ? body : `return policy { name = "${name}", on = { ["incident.reported"] = function(e, view)\n${body}\nend } }` },
});
const says = (text) => `return comment(e.incident, "${text}")`;

let server, admin, desk;
before(async () => {
  server = await startCounty(people);
  for (const user of ["officer", "officer-B"]) {
    await server.system("duty.start", { user });
    await server.system("officer.set", { user, skills: [], capacity: 50 });
  }
  admin = await open("admin");
  desk = await open("desk");
});
after(() => server?.stop({ prove: true }));
const open = (name, options = {}) => server.session(name, { token: server.tokens[name], ...options });
const report = (c, title = "起火", grid = AT.A1g) => c.call("incident.report", { category: "fire", title, grid });
const about = async (id) => (await server.system("journal.timeline", { subject: id, limit: 1000 })).entries;
const comments = async (id) => (await about(id)).filter((e) => e.kind === "incident.commented").map((e) => e.data.text);
const why = async (subject) => (await desk.call("policy.why", { subject, limit: 200 })).rows;
const linked = (c) => c.events().forEach((e, i, all) => assert.equal(e.p, i ? all[i - 1].n : c.opened.head));

describe("deploying under traffic", () => {
  test("nobody is disconnected, nothing is lost, each report is decided by one version", async () => {
    await admin.call("pack.deploy", pack("0", says("v0")));
    const names = ["desk", "director-A", "director-B", "audit", "officer", "officer-B"];
    const listeners = await Promise.all([...names, ...names].map((n) => open(n)));
    const reporters = await Promise.all(Array.from({ length: 4 }, () => open("officer")));
    let stop = false;
    const ids = [];
    const traffic = reporters.map(async (c, k) => {
      for (let i = 0; !stop || i < 5; i++) ids.push((await report(c, `${k}-${i}`, k % 2 ? AT.A1g : AT.B1g)).id);
    });
    const deployed = [];
    for (let v = 1; v <= 15; v++) {
      const { generation, n, changed } = await admin.call("pack.deploy", pack(`${v}`, says(`v${v}`)));
      assert.equal(changed, true);
      deployed.push({ v, generation, n });
      await until("some reports under it", () => ids.length > v * 3);
    }
    stop = true;
    await Promise.all(traffic);
    await Promise.all(listeners.map((c) => c.call("org.tree", { depth: 0 })));
    for (const c of [...listeners, ...reporters]) {
      assert.equal(c.socket.readyState, 1);
      linked(c);
    }
    const entries = await server.journal();
    const reported = entries.filter((e) => e.kind === "incident.reported");
    assert.equal(reported.length, ids.length);
    for (const e of reported) {
      const last = deployed.findLast((d) => d.n < e.seq);
      assert.deepEqual(entries.filter((x) => x.subject === e.subject && x.kind === "incident.commented").map((x) => x.data.text), [`v${last?.v ?? 0}`], `${e.seq}`);
      assert.ok(listeners[0].events().some((x) => x.n === e.seq));
    }
    for (const c of [...listeners, ...reporters]) await c.close();
  });

  test("what is open keeps its version; what is new gets the new one", async () => {
    const hears = (text) => `return policy { name = "town", on = { ["incident.accepted"] = function(e) return comment(e.incident, "${text}") end } }`;
    const officer = await open("officer");
    await admin.call("pack.deploy", pack("old", hears("旧")));
    const old = await report(officer);
    await admin.call("pack.deploy", pack("new", hears("新")));
    const fresh = await report(officer);
    for (const { id } of [old, fresh]) await desk.call("incident.accept", { id });
    assert.deepEqual(await comments(old.id), ["旧"]);
    assert.deepEqual(await comments(fresh.id), ["新"]);
    // ... also after a restart
    const again = await (async () => {
      await admin.call("pack.deploy", pack("old", hears("旧")));
      const third = await report(officer);
      await admin.call("pack.deploy", pack("newer", hears("更新")));
      await server.halt();
      await server.start();
      server.reconnect();
      [admin, desk] = [await open("admin"), await open("desk")];
      await desk.call("incident.accept", { id: third.id });
      return third;
    })();
    assert.deepEqual(await comments(again.id), ["旧"]);
    // ... until it is rolled back, which is an act that moves it
    const rolled = await admin.call("policy.rollback", {});
    assert.equal(rolled.version, "old");
    const back = await open("officer");
    const after_ = await report(back);
    await desk.call("incident.accept", { id: after_.id });
    assert.deepEqual(await comments(after_.id), ["旧"]);
  });

  test("the same files again change nothing; a broken pack leaves the active one", async () => {
    await admin.call("pack.deploy", pack("good", says("好")));
    const before = await desk.call("policy.list", {});
    assert.equal((await admin.call("pack.deploy", pack("good", says("好")))).changed, false);
    for (const body of ["return comment(", "return policy { name = 'x' ", "while true do end return policy { name = 'town', on = {} }", "local t = {} for i = 1, math.huge do t[i] = i end return policy {}", "return 7", "return policy { name = 'town', on = { ['no.such'] = function() end } }", "local function f() return 1 + f() end return policy { name = f() }", "return policy { name = os.time(), on = {} }", "error('no')  return policy {}", "\x1bLua"]) {
      const e = await admin.call("pack.deploy", { ...pack("bad", "x"), files: { ...pack("bad", "x").files, "policies/p.lua": body } }).then(() => assert.fail(body), (x) => x);
      assert.equal(e.code, -32602, body);
      assert.match(e.data.path, /^policies\/p\.lua(:\d+)?$/, body);
      assert.match(e.data.message_zh, /[一-鿿]/);
    }
    assert.deepEqual(await desk.call("policy.list", {}), before);
    const { id } = await report(await open("officer"));
    assert.deepEqual(await comments(id), ["好"]);
  });
});

describe("a policy that fails", () => {
  const bad = {
    loops: ["while true do end", "TIMEOUT"],
    allocates: ["local t = {} for i = 1, math.huge do t[i] = { i } end", "NOMEM"],
    recurses: ["local function f(n) return 1 + f(n + 1) end return f(1)", "NOMEM"],
    errors: ["error('故意的')", "RUNTIME"],
    "errors with bytes": ["error(string.char(255, 254, 0, 10))", "RUNTIME"],
    "touches nil": ["return e.nothing.at_all", "RUNTIME"],
    "returns rubbish": ["return 7", "BAD_DECISION"],
    "returns a function": ["return { { method = 'incident.comment', params = { id = e.incident.id, text = function() end } } }", "BAD_DECISION"],
    "returns a long name": ["return { { method = 'incident.comment', params = { ['ab' .. string.rep('字', 300)] = function() end } } }", "BAD_DECISION"],
    "returns too many": ["local t = {} for i = 1, 65 do t[i] = comment(e.incident, 'x') end return t", "BAD_DECISION"],
    "returns another's command": ['return { comment(e.incident, "x"), command("user.add", { name = "x" }) }', "BAD_DECISION"],
    "returns an inner command": ['return { comment(e.incident, "x"), command("task.expire", { id = "t1" }) }', "BAD_DECISION"],
    "returns a query": ['return { comment(e.incident, "x"), command("incident.get", { id = e.incident.id }) }', "BAD_DECISION"],
    "returns no command": ['return { comment(e.incident, "x"), command("no.such") }', "BAD_DECISION"],
    "returns itself": ["local t = {} t[1] = t return t", "BAD_DECISION"],
  };

  test("the built-in default decides, the desk hears why, everybody else goes on", async () => {
    const officer = await open("officer"), townshipA = await open("director-A"), townshipB = await open("director-B");
    for (const [what, [body, reason]] of Object.entries(bad)) {
      await admin.call("pack.deploy", pack(what, body));
      const other = townshipB.call("incident.list", {});
      const { id, n } = await report(officer, what);
      await other;
      const event = await desk.hear((m) => m.params?.kind === "policy.failed" && m.params.subject === id);
      assert.equal(event.params.data.reason, reason, what);
      assert.ok(event.params.data.message_zh.includes("policies/p.lua") && event.params.data.message_en.includes("policies/p.lua"), what);
      await townshipA.hear((m) => m.params?.kind === "policy.failed" && m.params.subject === id);
      const kinds = (await about(id)).map((e) => e.kind);
      assert.ok(kinds.includes("incident.dispatched"), `${what}: ${kinds}`);
      assert.ok(!kinds.includes("incident.commented"), `${what}: half of a bad decision was obeyed`);
      assert.equal((await server.system("incident.get", { id })).tasks.length, 1);
      assert.ok(n);
      const rows = await why(id);
      const failed = rows.find((r) => r.policy === "town");
      assert.equal(failed.exit, reason);
      assert.ok(rows.some((r) => r.policy === "default" && r.exit === "OK" && r.identical));
      assert.equal((await server.rpc({ jsonrpc: "2.0", id: 1, method: "policy.why", params: { subject: id } }, server.tokens["director-B"])).result.rows.length, 0);
    }
    await townshipB.call("org.tree", { depth: 0 });
    assert.ok(!townshipB.events().some((e) => e.kind === "policy.failed"));
    for (const c of [desk, townshipA, townshipB]) {
      assert.equal(c.socket.readyState, 1);
      linked(c);
    }
  });

  test("a command of its that is refused is undone alone, and said to those who keep the rules", async () => {
    const audit = await open("audit");
    await admin.call("pack.deploy", pack("half", 'return { comment(e.incident, "一"), dispatch(e.incident, "nobody", "x"), command("incident.accept", { id = "i1" }), command("incident.urge", { id = e.incident.id, nonsense = 1 }), command("incident.resume", { id = e.incident.id }), comment(e.incident, "二") }'));
    const { id } = await report(await open("officer"));
    assert.deepEqual(await comments(id), ["一", "二"]);
    const refused = (await until("four refusals", () => audit.events().filter((e) => e.kind === "policy.refused" && e.subject === id).length === 4 && audit.events())).filter((e) => e.kind === "policy.refused" && e.subject === id);
    assert.deepEqual(refused.map((e) => e.data.status), [-32602, -32004, -32602, -32009]);
  });

  test("rules that set one another off come to an end", async () => {
    await admin.call("pack.deploy", pack("echo", 'return policy { name = "town", on = { ["incident.commented"] = function(e) return { comment(e.incident, "回声"), comment(e.incident, "回声") } end } }'));
    const officer = await open("officer");
    const { id } = await report(officer);
    await desk.call("incident.comment", { id, text: "喂" });
    const entries = await about(id);
    assert.ok(entries.length < 520, `${entries.length}`);
    assert.ok((await report(officer)).id);
  });

  test("after five failures in a row the last good generation is back, by itself", async () => {
    await admin.call("pack.deploy", pack("good", says("好")));
    await admin.call("pack.deploy", pack("sick", "if e.incident.title == '好的' then return end error('病')"));
    const officer = await open("officer");
    const fail = async () => assert.ok((await about((await report(officer)).id)).some((e) => e.kind === "policy.failed"));
    for (let i = 0; i < 4; i++) await fail();
    await report(officer, "好的"); // not in a row
    for (let i = 0; i < 4; i++) await fail();
    assert.equal((await desk.call("pack.list", {})).rows[0].version, "sick");
    await fail();
    assert.equal((await desk.call("pack.list", {})).rows[0].version, "good");
    const event = await desk.hear((m) => m.params?.kind === "policy.rolled_back" && m.params.data.version === "good");
    assert.ok(event.params.data.message_zh);
    const { id } = await report(officer);
    assert.deepEqual(await comments(id), ["好"]);
    const { generation } = await desk.call("policy.list", {});
    await server.halt();
    await server.start();
    server.reconnect();
    [admin, desk] = [await open("admin"), await open("desk")];
    assert.equal((await desk.call("policy.list", {})).generation, generation);
  });
});

describe("a shadow", () => {
  const row = async () => (await admin.call("shadow.list", {})).rows[0];
  const loud = says("照旧").replace("return", "if e.title == '要紧' then return comment(e.incident, '另说') end return");

  test("decides beside the active pack, changes nothing, and tells where it differs", async () => {
    await admin.call("pack.deploy", pack("ground", says("照旧")));
    const officer = await open("officer");
    await admin.call("shadow.start", { ...pack("shade", loud), limits: { share: 0.4, at_least: 5 }, note: "要紧的另说" });
    const again = await admin.call("shadow.start", pack("shade", loud)).catch((e) => e);
    assert.equal(again.data.code, "shadow.running");
    const ids = [];
    for (const title of ["甲", "要紧", "乙"]) ids.push((await report(officer, title)).id);
    for (const id of ids) assert.deepEqual(await comments(id), ["照旧"]);
    const shade = await row();
    assert.deepEqual([shade.pack, shade.decisions, shade.differences, shade.failures, shade.ready, shade.author], ["town", 3, 1, 0, false, "admin"]);
    const { rows } = await admin.call("shadow.differences", { pack: "town" });
    assert.deepEqual(rows.map((r) => [r.subject, r.kind, r.exit, r.identical, r.was[0].params.text, r.now[0].params.text, r.lines]), [[ids[1], "incident.reported", "OK", true, "照旧", "另说", [2]]]);
    assert.equal((await why(ids[1])).filter((r) => r.policy === "town").length, 1);
    const early = await admin.call("shadow.promote", { pack: "town" }).catch((e) => e);
    assert.equal(early.data.code, "shadow.not_ready");
    assert.match(early.data.message_en, /^3 of 5 decisions$/);
    assert.match(early.data.message_zh, /须满 5 次/);
    for (const user of ["desk", "director-A"]) assert.equal((await (await open(user)).call("shadow.list", {}).catch((e) => e)).code, -32003);
    assert.equal((await (await open("audit")).call("shadow.list", {})).rows.length, 1);
  });

  test("goes on after a restart, and is promoted within its limits", async () => {
    await server.halt();
    await server.start();
    server.reconnect();
    [admin, desk] = [await open("admin"), await open("desk")];
    const officer = await open("officer");
    assert.equal((await row()).decisions, 3);
    for (const title of ["丙", "丁"]) await report(officer, title);
    assert.deepEqual([(await row()).decisions, (await row()).ready], [5, true]);
    const { generation } = await admin.call("shadow.promote", { pack: "town", note: "转正" });
    assert.equal((await desk.call("policy.list", {})).generation, generation);
    assert.equal(await row(), undefined);
    assert.equal((await server.journal()).findLast((e) => e.kind === "shadow.stopped").data.reason, "promoted");
    assert.equal((await admin.call("pack.history", { pack: "town", limit: 1 })).rows[0].act, "promoted");
    const { id } = await report(officer, "要紧");
    assert.deepEqual(await comments(id), ["另说"]);
  });

  test("that fails costs the desk nothing and ends by itself", async () => {
    const officer = await open("officer");
    await admin.call("draft.save", pack("broken", "local x = e.nothing.x"));
    await admin.call("shadow.start", { pack: "town", draft: true });
    const ids = [];
    while (await row()) ids.push((await report(officer)).id);
    assert.equal(ids.length, 5);
    for (const id of ids) assert.deepEqual(await comments(id), ["照旧"]);
    const entries = await server.journal(), stopped = entries.findLast((e) => e.kind === "shadow.stopped").data;
    assert.deepEqual([stopped.reason, stopped.failures], ["failures", 5]);
    assert.match(stopped.message_zh, /policies\/p\.lua:2.*空值/);
    assert.ok(!entries.some((e) => e.kind === "policy.failed" && ids.includes(e.subject)));
    assert.ok(!admin.events().some((e) => e.kind === "policy.diverged"));
    await admin.call("draft.discard", { pack: "town" });
  });
});

describe("why", () => {
  test("every decision of the county's own pack is the same when executed again, whoever asks, after a restart too", async () => {
    const dir = join(process.env.FENGQIAO_PACKS, "yizhuang");
    const files = { "pack.lua": readFileSync(join(dir, "pack.lua"), "utf8") };
    for (const [folder, kind] of [["policies", ".lua"], ["setup", ".lua"], ["dictionaries", ".csv"]])
      for (const name of existsSync(join(dir, folder)) ? readdirSync(join(dir, folder)) : []) if (name.endsWith(kind)) files[`${folder}/${name}`] = readFileSync(join(dir, folder, name), "utf8");
    await admin.call("pack.deploy", { pack: "yizhuang", files });
    const officer = await open("officer");
    const ids = [];
    for (const title of ["甲", "乙", "丙"]) ids.push((await report(officer, title)).id);
    const [task] = (await server.system("incident.get", { id: ids[0] })).tasks;
    await (await open(task.to.user)).call("task.decline", { id: task.id, reason: "在外" });
    const look = async () => Object.fromEntries(await Promise.all(ids.map(async (id) => [id, await why(id)])));
    const before = await look();
    let decided = 0;
    for (const rows of Object.values(before))
      for (const r of rows.filter((x) => x.kind === "policy.decided")) {
        assert.ok(Array.isArray(r.lines) && r.context === undefined);
        assert.equal(r.identical, true, `${r.policy} about ${r.entry.n}`);
        decided++;
      }
    assert.ok(decided >= 8, `${decided}`);
    await admin.call("user.disable", { name: "officer-B" }); // the world moves on, the record does not
    await server.halt();
    await server.start();
    server.reconnect();
    [admin, desk] = [await open("admin"), await open("desk")];
    assert.deepEqual(await look(), before);
  });

  test("and of everything else that was decided here", async () => {
    const subjects = new Set((await server.journal()).filter((e) => e.kind === "policy.decided").map((e) => e.subject));
    let bent = 0;
    for (const subject of [...subjects].slice(-60))
      for (const r of await why(subject)) if (r.kind === "policy.decided" && !r.identical) bent++;
    assert.equal(bent, 0);
  });
});
