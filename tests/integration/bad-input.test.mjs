// What bad input gets: an error with path and expectation, nothing changed, and nobody else disturbed. Another
// client asks on and on meanwhile; that it is answered throughout is part of every test here.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";
import { join } from "node:path";
import { AT, ROLES, startCounty } from "./county.mjs";
import { PASSWORD, until } from "./server.mjs";

const people = [...ROLES.map((role) => [role, role, AT.county]), ["officer-A", "officer", AT.A1g], ["desk-A", "dispatcher", AT.A], ["locked", "officer", AT.A1g], ["steady", "dispatcher", AT.county]];
let server, methods, steady, asking;
const sessions = {};
const as = (name, method, params) => sessions[name].call(method, params);
const caught = (promise) => promise.then((r) => assert.fail(`accepted: ${JSON.stringify(r).slice(0, 200)}`), (e) => e);

before(async () => {
  server = await startCounty(people);
  methods = (await server.system("rpc.discover")).methods.filter((m) => m.type !== "session");
  for (const [name] of people) sessions[name] = await server.session(name, { token: server.tokens[name] });
  steady = sessions.steady;
});
after(() => server?.stop({ prove: true }));

beforeEach(() => {
  let stop = false, answers = 0;
  const loop = (async () => {
    do {
      const { rows } = await steady.call("incident.list", { limit: 5 });
      assert.ok(Array.isArray(rows));
      answers++;
    } while (!stop);
    return answers;
  })();
  loop.catch(() => {});
  asking = () => ((stop = true), loop);
});
afterEach(async () => assert.ok((await asking()) > 0));

/** An error as it should be: both languages, a code; and, when told, where. */
function good(e, code, path) {
  assert.equal(e.code, code, e.stack);
  assert.ok(e.data.code && e.data.message_zh && e.data.message_en, JSON.stringify(e.data));
  assert.match(e.data.message_zh, /[一-鿿]/);
  if (path !== undefined) assert.equal(e.data.path, path, e.data.message_en);
}

/** [value, the path that must be named] for everything that is wrong by this schema. */
function* wrong(s, path) {
  const list = (...values) => values.map((v) => [v, path]);
  if (!s.type && !s.enum) return; // any JSON
  yield [null, path];
  if (s.enum) yield* list("nope", "", `${s.enum[0]} `, 1, `${s.enum[0]} ${s.enum[1] ?? ""}`);
  else if (s.format === "date-time") yield* list("yesterday", "", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01", 1700000000, {});
  else if (s.pattern) yield* list("", "a b", "中", "x".repeat(64), 'a"b', "a/b", "a\nb", 7, ["a"], {});
  else if (s.type === "string") {
    const most = s.maxLength ?? 4000; // what is allowed may be as long as a frame is in bytes
    yield* list(7, true, [], {}, (most < 16_000 ? "字" : "x").repeat(most + 1));
    if (s.minLength > 0) yield [" ".repeat(s.minLength - 1), path];
  } else if (s.type === "boolean") yield* list(1, 0, "true", [], {});
  else if (s.type === "integer" || s.type === "number") {
    yield* list("1", true, [], {}, "NaN");
    if (s.type === "integer") yield* list(1.5, 1e300);
    if (s.minimum !== undefined) yield* list(s.minimum - 1, s.maximum + Math.max(1, s.maximum * 1e-9), -1e300);
  } else if (s.type === "array") {
    yield* list({}, "x", 1, Array((s.maxItems ?? 1000) + 1).fill(0));
    if (s.minItems > 0) yield [[], path];
    if (s.items) for (const [v, p] of wrong(s.items, `${path}[0]`)) yield [Array(s.minItems || 1).fill(v), p];
  } else if (s.type === "object") {
    yield* list([], "x", 1, true);
    yield* members(s, path);
  }
}
function* members(s, path) {
  yield [{ 没有: 1 }, `${path}.没有`];
  if (s.required.length) yield [{}, `${path}.${s.required[0]}`];
  for (const [name, m] of Object.entries(s.properties)) for (const [v, p] of wrong(m, `${path}.${name}`)) yield [{ [name]: v }, p];
}

describe("parameters", () => {
  test("every member of every method, of every wrong kind: refused, with its path, and nothing happens", async () => {
    const { head } = await server.system("server.status");
    let tried = 0;
    for (const m of methods) {
      const who = m.roles[0] ?? (m.name === "session.login" ? "officer" : null);
      if (!who) continue;
      const cases = [...members(m.params, "params")];
      for (let at = 0; at < cases.length; at += 16) // as many at a time as a client may have under way
        await Promise.all(cases.slice(at, at + 16).map(async ([params, path]) => {
          const e = await caught(as(who, m.name, params));
          good(e, -32602, path);
          tried++;
        }));
    }
    assert.ok(tried > 1000, `${tried}`);
    assert.equal((await server.system("server.status")).head, head);
  });

  test("the same over HTTP, in a batch", async () => {
    const m = methods.find((x) => x.name === "incident.report");
    const cases = [...members(m.params, "params")].slice(0, 50);
    const answers = await server.rpc(cases.map(([params], id) => ({ jsonrpc: "2.0", id, method: m.name, params })), server.tokens.officer);
    assert.equal(answers.length, cases.length);
    for (const a of answers) good(a.error, -32602, cases[a.id][1]);
  });

  test("names of members as they come: quotes, controls, very long, cut within a character", async () => {
    for (const name of ['a"b', "a\\b", "a\nb", "\u0001", "\u2028", "", "a.b[0]", "x".repeat(5000), "字".repeat(500), `a${"字".repeat(500)}`, `ab${"字".repeat(500)}`, "😀".repeat(300), `a${"😀".repeat(300)}`]) {
      const e = await caught(as("officer", "incident.report", { [name]: 1 }));
      good(e, -32602);
      assert.ok(!e.data.path.includes("\ufffd") && !e.data.message_zh.includes("\ufffd"), e.data.path);
      const inner = await caught(as("officer", "incident.report", { place: { [name]: 1 } }));
      good(inner, -32602);
    }
    for (const method of ["字".repeat(21), `a${"字".repeat(20)}`, 'a"b', "a\nb", "__proto__", ""]) {
      const e = await caught(as("officer", method, {}));
      assert.ok([-32601, -32600].includes(e.code), e.message);
    }
  });

  test("numbers beyond numbers", async () => {
    const c = await server.session("officer", { token: server.tokens.officer });
    for (const [number, codes] of [["1e999", [-32700, -32602]], ["-1e999", [-32700, -32602]], ["NaN", [-32700]], ["Infinity", [-32700]], ["0x10", [-32700]], ["01", [-32700]], ["1.", [-32700]], [".5", [-32700]], ["+1", [-32700]], ["1e", [-32700]], ["9".repeat(400), [-32700, -32602]], ["9007199254740993", [-32602]]]) {
      const seen = c.heard.length;
      c.socket.send(`{"jsonrpc":"2.0","id":"n","method":"incident.list","params":{"limit":${number}}}`);
      const { error } = await until(`an answer to ${number}`, () => c.heard.slice(seen).find((m) => m.error));
      assert.ok(codes.includes(error.code), `${number}: ${error.message}`);
      await c.call("incident.list", { limit: 1 });
    }
  });

  test("text that is none: U+0000, half a surrogate pair, twice the same member, too deep", async () => {
    const c = await server.session("officer", { token: server.tokens.officer });
    const params = (text) => `{"jsonrpc":"2.0","id":"t","method":"incident.report","params":${text}}`;
    const deep = (n) => "[".repeat(n) + "]".repeat(n);
    const before = (await server.system("server.status")).head;
    for (const text of [
      params('{"title":"a\\u0000b"}'), params('{"title":"\\ud800"}'), params('{"title":"\\udc00\\ud800"}'), params('{"title":"a","title":"b"}'),
      params('{"place":{"lon":1,"lon":2}}'), params(`{"title":${deep(40)}}`), params(`{"title":${deep(25000)}}`), params('{"title":"\t"}'), params('{"title":"\\x"}'),
      params('{"title":"a",}'), params("{title:1}"), "", " ", "null{}", "{}{}", "\ufeff{}",
    ]) {
      const seen = c.heard.length;
      c.socket.send(text);
      const { error } = await until(`an answer to ${text.slice(0, 80)}`, () => c.heard.slice(seen).find((m) => m.error));
      assert.ok([-32700, -32602, -32600].includes(error.code), `${text.slice(0, 80)}: ${error.message}`);
      if (text.includes("title")) assert.equal(error.code, -32700, text.slice(0, 80));
      await c.call("incident.list", { limit: 1 });
    }
    assert.equal((await server.system("server.status")).head, before);
  });

  test("bytes that are no UTF-8, over both roads", async () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe4, 0xb8]]) {
      const body = Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":1,"method":"incident.report","params":{"title":"'), Buffer.from(bytes), Buffer.from('"}}')]);
      const answer = await fetch(`${server.url}/api/v1/rpc`, { method: "POST", body, headers: { "content-type": "application/json", authorization: `Bearer ${server.tokens.officer}` } });
      assert.equal((await answer.json()).error.code, -32700);
      const c = await server.session("officer", { token: server.tokens.officer });
      c.socket.send(body, { binary: false });
      const outcome = await Promise.race([c.closed.then(([code]) => code), c.hear((m) => m.error).then((m) => m.error.code, () => null)]);
      assert.ok([1007, 4008, -32700].includes(outcome ?? (await c.closed)[0]), `${outcome}`);
      c.socket.terminate();
    }
  });
});

describe("commands", () => {
  let id;
  before(async () => {
    ({ id } = await as("officer-A", "incident.report", { category: "fire", title: "起火", grid: AT.A1g }));
  });

  test("ids of nothing, and ids beyond all", async () => {
    for (const id of ["i0", "i1", "i-1", "i", "t1", "x", "i999999", "i9223372036854775807", "i9223372036854775808", "i99999999999999999999999", `i${"9".repeat(62)}`, "i01", "i1e3", "i1.0"]) {
      good(await caught(as("dispatcher", "incident.get", { id })), -32004);
      good(await caught(as("dispatcher", "incident.accept", { id })), -32004, "params.id");
      good(await caught(as("officer", "task.accept", { id: id.replace("i", "t") })), -32004, "params.id");
      good(await caught(as("dispatcher", "incident.list", { after: id === "i0" || /^i\d/.test(id) ? "x" : id })), -32004);
    }
    for (const after of [2 ** 52, 9e15]) assert.deepEqual((await as("dispatcher", "journal.timeline", { subject: id, after })).entries, []);
  });

  test("a stale revision is told the present one, and changes nothing", async () => {
    const { rev } = await as("desk-A", "incident.accept", { id });
    const e = await caught(as("desk-A", "incident.comment", { id, text: "旧", rev: rev - 1 }));
    good(e, -32009, "params.rev");
    assert.equal(e.data.rev, rev);
    for (const wrongRev of [rev + 1, 1e15]) assert.equal((await caught(as("desk-A", "incident.comment", { id, text: "旧", rev: wrongRev }))).code, -32009);
    assert.equal((await as("desk-A", "incident.get", { id })).rev, rev);
    await as("desk-A", "incident.comment", { id, text: "新", rev });
  });

  test("units, people and places that are not there", async () => {
    const report = { category: "fire", title: "x" };
    good(await caught(as("officer", "incident.report", { ...report, grid: "nowhere" })), -32602, "params.grid");
    good(await caught(as("dispatcher", "incident.dispatch", { id, to: [{ user: "nobody" }] })), -32602, "params.to[0].user");
    good(await caught(as("dispatcher", "incident.dispatch", { id, to: [{ user: "officer", unit: AT.D1 }] })), -32602, "params.to[0]");
    good(await caught(as("dispatcher", "incident.dispatch", { id, to: [{}] })), -32602, "params.to[0]");
    good(await caught(as("dispatcher", "incident.dispatch", { id, to: [{ user: "officer" }, { user: "officer" }] })), -32009);
    good(await caught(as("admin.system", "user.add", { name: "n", roles: ["king"], org: AT.A })), -32602);
    good(await caught(as("admin.system", "user.add", { name: "n", roles: ["officer"], org: "nowhere" })), -32602);
    good(await caught(as("admin.security", "user.password", { name: "nobody", password: PASSWORD })), -32004, "params.name");
    good(await caught(as("admin.system", "org.import", { units: [{ id: "u", parent: "nowhere", kind: "grid", name: "x" }] })), -32602, "params.units[0].parent");
    good(await caught(as("admin.system", "org.import", { units: [{ id: AT.A, parent: AT.A1, kind: "township", name: "圈" }] })), -32602, "params.units[0].parent");
    for (const files of [[], "x", 7]) good(await caught(as("admin.system", "pack.deploy", { pack: "p", files })), -32602);
    good(await caught(as("admin.system", "pack.deploy", { pack: "p", files: { "pack.lua": 7 } })), -32602);
    good(await caught(as("admin.system", "pack.deploy", { pack: "p", files: {} })), -32602);
    assert.equal((await as("desk-A", "incident.get", { id })).tasks.length, 0, "half a dispatch");
  });

  test("half an import is no import", async () => {
    const e = await caught(as("admin.system", "org.import", { units: [{ id: "half", parent: AT.A, kind: "village", name: "半" }, { id: "rest", parent: "nowhere", kind: "grid", name: "x" }] }));
    good(e, -32602, "params.units[1].parent");
    assert.equal((await caught(as("admin.system", "org.tree", { root: "half" }))).code < 0, true);
  });

  test("an idempotency key: the same answer twice, another command refused, a bad key told", async () => {
    const params = { category: "flood", title: "水", grid: AT.A1g, idem: "mbq3k2x0-0000000001" };
    const first = await as("officer", "incident.report", params);
    const again = await as("officer", "incident.report", params);
    assert.deepEqual(again, { ...first, dup: true });
    const { result } = await server.rpc({ jsonrpc: "2.0", id: 1, method: "incident.report", params }, server.tokens.officer);
    assert.deepEqual(result, again);
    good(await caught(as("officer", "incident.report", { ...params, title: "火" })), -32013, "params.idem");
    good(await caught(as("officer", "incident.comment", { id: first.id, text: "x", idem: params.idem })), -32013, "params.idem");
    assert.notEqual((await as("officer-A", "incident.report", params)).id, first.id, "another's key is another key");
    for (const idem of ["", "short", "x".repeat(65), 7, null, {}, ["mbq3k2x0-0000000001"]]) good(await caught(as("officer", "incident.report", { ...params, idem })), -32602, "params.idem");
    // a refused command leaves no receipt: put right, the same key works
    const fixed = { ...params, idem: "mbq3k2x0-0000000002" };
    await caught(as("officer", "incident.report", { ...fixed, grid: "nowhere" }));
    assert.equal((await as("officer", "incident.report", fixed)).dup, undefined);
    // twice at once
    const both = { ...params, idem: "mbq3k2x0-0000000003" };
    const pair = await Promise.all([as("officer", "incident.report", both), as("officer", "incident.report", both)]);
    assert.equal(pair[0].id, pair[1].id);
    assert.deepEqual(pair.map((r) => r.dup ?? false).sort(), [false, true]);
  });

  test("batches: none, too many, of rubbish, mixed", async () => {
    const post = (body, token = server.tokens.officer) => server.rpc(body, token);
    good((await post([])).error, -32600);
    good((await post(Array(5000).fill(1))).error, -32011);
    const mixed = await post([1, null, [], {}, { jsonrpc: "2.0", id: 5, method: "incident.list", params: { limit: 1 } }, { jsonrpc: "2.0", id: 6, method: "no.such" }, { jsonrpc: "2.0", id: 7, method: "user.import", params: { users: [] } }]);
    assert.deepEqual(mixed.map((a) => a.error?.code ?? "ok"), [-32600, -32600, -32600, -32600, "ok", -32601, -32601]);
    // twice the same command in one batch: one of them is the answer to the other
    const one = { jsonrpc: "2.0", method: "incident.report", params: { category: "fire", title: "批", grid: AT.A1g, idem: "mbq3k2x0-0000000009" } };
    const pair = await post([{ ...one, id: 1 }, { ...one, id: 2 }]);
    assert.equal(pair[0].result.id, pair[1].result.id);
    const socket = await server.session("officer", { token: server.tokens.officer });
    socket.socket.send(JSON.stringify([{ ...one, id: 1 }]));
    assert.equal((await socket.hear((m) => m.error)).error.code, -32600);
    await socket.close();
  });
});

describe("sign-in", () => {
  test("tokens that are none", async () => {
    for (const token of ["x", "x".repeat(90), `${server.tokens.officer}x`, server.tokens.officer.slice(1), `${server.tokens.officer.slice(0, -1)}${server.tokens.officer.endsWith("A") ? "B" : "A"}`, "../../etc/passwd", "' OR 1=1 --"]) {
      assert.equal((await server.rpc({ jsonrpc: "2.0", id: 1, method: "org.tree" }, token)).error.code, -32001, token);
      const c = await server.connect();
      good(await caught(c.call("session.open", { token })), -32001, "params.token");
      await c.close();
      assert.equal((await fetch(`${server.url}/api/v1/snapshot`, { headers: { authorization: `Bearer ${token}` } })).status, 401);
    }
  });

  test("a token of one device does not open a session of another", async () => {
    await as("admin.security", "user.password", { name: "officer-A", password: PASSWORD });
    assert.equal((await sessions["officer-A"].closed)[0], 4001);
    assert.equal((await server.rpc({ jsonrpc: "2.0", id: 1, method: "org.tree" }, server.tokens["officer-A"])).error.code, -32001);
    const { result } = await server.rpc({ jsonrpc: "2.0", id: 1, method: "session.login", params: { name: "officer-A", password: PASSWORD, device: "phone-1" } });
    const c = await server.connect();
    good(await caught(c.call("session.open", { token: result.token, device: "phone-2" })), -32001);
    good(await caught(c.call("session.open", { token: result.token })), -32001);
    for (const device of ["phone-11", "phone", "#2"]) good(await caught(c.call("session.open", { token: result.token, device })), -32001);
    await c.call("session.open", { token: result.token, device: "phone-1" });
    // A window of it is that device, with a session of its own that only another of its name replaces.
    const window = await server.connect();
    await window.call("session.open", { token: result.token, device: "phone-1#2" });
    await c.call("hb", {});
    const twin = await server.connect();
    await twin.call("session.open", { token: result.token, device: "phone-1#2" });
    assert.equal((await window.closed)[0], 4010);
    // ... and ends when the account does, while it is under way as well
    const asked = c.call("org.tree", { depth: 0 });
    await as("admin.security", "user.disable", { name: "officer-A" });
    await asked.catch(() => {});
    assert.equal((await c.closed)[0], 4001);
    assert.equal((await server.rpc({ jsonrpc: "2.0", id: 1, method: "org.tree" }, result.token)).error.code, -32001);
    assert.equal((await server.rpc({ jsonrpc: "2.0", id: 1, method: "session.login", params: { name: "officer-A", password: PASSWORD } })).error.code, -32001);
  });

  test("a changed role takes effect on the connected session", async () => {
    const c = await server.session("family", { token: server.tokens.family });
    await as("admin.system", "user.add", { name: "family", roles: ["family"], org: AT.A1 });
    assert.equal((await c.closed)[0], 1012);
    assert.deepEqual((await server.rpc({ jsonrpc: "2.0", id: 1, method: "org.tree", params: { depth: 0 } }, server.tokens.family)).result.units.map((u) => u.id), [AT.A1]);
  });

  test("a wrong password, an unknown name: the same answer; then a lock, for that name alone", async () => {
    const login = (name, password) => server.rpc({ jsonrpc: "2.0", id: 1, method: "session.login", params: { name, password } });
    await as("admin.security", "user.password", { name: "locked", password: PASSWORD });
    const [known, unknown] = await Promise.all([login("locked", "wrong-password"), login("nobody-of-that-name", "wrong-password")]);
    assert.deepEqual(known.error, unknown.error);
    good(known.error, -32001);
    let tries = 1;
    for (; tries < 20; tries++) {
      const { error } = await login("locked", "wrong-password");
      if (error.code === -32010) {
        good(error, -32010);
        assert.ok(error.data.retry_after_ms > 0);
        break;
      }
    }
    assert.equal(tries, 5);
    assert.equal((await login("locked", PASSWORD)).error.code, -32010, "even with the right one");
    await as("admin.security", "user.password", { name: "desk-A", password: PASSWORD });
    assert.ok((await login("desk-A", PASSWORD)).result.token);
    const heard = sessions["admin.audit"].events().filter((e) => e.kind === "account.sign_in_failed" && e.data.name === "locked");
    assert.equal(heard.length, 5);
    assert.ok(!JSON.stringify(heard).includes("wrong-password"));
  });

  test("secrets are not in the journal, whatever key came along", async () => {
    const idem = "mbq3k2x0-00000000aa";
    const params = { name: "dispatcher", password: `${PASSWORD}-new` };
    await as("admin.security", "user.password", { ...params, idem });
    assert.equal((await sessions.dispatcher.closed)[0], 4001);
    const { result } = await server.rpc({ jsonrpc: "2.0", id: 1, method: "session.login", params: { ...params, idem } });
    assert.ok(result.token);
    const text = JSON.stringify(await server.journal());
    assert.ok(!text.includes(PASSWORD) && !text.includes(result.token) && !text.includes("scrypt"));
    assert.ok((await server.journal()).every((e) => !(e.receipt && /^(user\.|account\.)/.test(e.kind))));
  });
});

describe("an expired token", () => {
  test("opens nothing, and closes what it had opened", async () => {
    const own = await startCounty([["officer", "officer", AT.A1g], ["fresh", "officer", AT.A1g]]);
    const sql = (text) => execFileSync("sqlite3", [join(own.data, "county.db"), text], { encoding: "utf8" }).trim();
    const { code } = await own.halt();
    assert.equal(code, 0);
    const before = sql("SELECT expires_ms FROM token WHERE name = 'officer'");
    sql(`UPDATE token SET expires_ms = ${Date.now() + 1500} WHERE name = 'officer'`);
    await own.start();
    const c = await own.session("officer", { token: own.tokens.officer });
    const d = await own.session("fresh", { token: own.tokens.fresh });
    assert.equal((await c.closed)[0], 4001);
    assert.equal((await own.rpc({ jsonrpc: "2.0", id: 1, method: "org.tree" }, own.tokens.officer)).error.code, -32001);
    const e = await own.connect();
    good(await caught(e.call("session.open", { token: own.tokens.officer })), -32001);
    await d.call("org.tree", {});
    await own.halt();
    sql(`UPDATE token SET expires_ms = ${before} WHERE name = 'officer'`); // so that the tables are the journal's again
    await own.prove();
    await own.stop();
  });
});
