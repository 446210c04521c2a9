// The WebSocket side of the wire contract (docs/protocol.md).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect as tcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect as tlsConnect } from "node:tls";
import { RpcError } from "./client.mjs";
import { PASSWORD, freePort, serveInVain, startServer, until } from "./server.mjs";

const unit = (n, name) => ({ id: `430525-T${n}`, parent: "430525", kind: "team", name });
const rejectsWith = (code) => (e) => e instanceof RpcError && e.code === code && !!e.data.message_zh && !!e.data.message_en;

describe("a terminal's socket", () => {
  let server;
  before(async () => (server = await startServer({ terminal: { max_frame: "8 KiB" } })));
  after(() => server.stop());

  test("greets with protocol, epoch, heartbeat and time", async () => {
    const c = await server.connect();
    assert.equal(c.hello.proto, 1);
    assert.match(c.hello.server, /^fengqiao\//);
    assert.equal(c.hello.hb_ms, 25000);
    assert.ok(c.hello.epoch);
    assert.ok(Math.abs(Date.parse(c.hello.time) - Date.now()) < 60_000);
    assert.equal(c.socket.protocol, "fengqiao.v1");
    await c.close();
  });

  test("refuses other subprotocols with a reason", async () => {
    for (const protocols of [[], ["soap"], ["fengqiao.v2", "x"]])
      await assert.rejects(server.connect({ protocols }), (e) => e.status === 400 && e.body.error.data.code === "socket.subprotocol" && !!e.body.error.message);
    const c = await server.connect({ protocols: ["soap", "fengqiao.v1"] });
    await c.close();
  });

  test("refuses pages of other sites, takes its own", async () => {
    await assert.rejects(server.connect({ origin: "https://evil.example" }), (e) => e.status === 403);
    await assert.rejects(server.connect({ origin: `http://127.0.0.1:${server.port}.evil.example` }), (e) => e.status === 403);
    await (await server.connect({ origin: `http://127.0.0.1:${server.port}` })).close();
  });

  test("answers every id as it came", async () => {
    const c = await server.connect();
    const raw = [];
    c.socket.on("message", (d) => raw.push(d.toString()));
    for (const id of ['"a\\"b"', "7", "1.0", "9007199254740993", "-3", "1e2", "null", '"中文"']) {
      const before = raw.length;
      c.socket.send(`{"method":"hb","params":{},"id": ${id} ,"jsonrpc":"2.0"}`);
      await until("the answer", () => raw.length > before);
      assert.ok(raw.at(-1).includes(`"id":${id},"result"`), raw.at(-1));
    }
    await c.close();
  });

  test("answers a heartbeat with the time", async () => {
    const c = await server.connect();
    const { time } = await c.call("hb", { n: 12 });
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    await assert.rejects(c.call("hb", { n: 1, x: 2 }), rejectsWith(-32602));
    await assert.rejects(c.call("hb", { n: "1" }), rejectsWith(-32602));
    await c.close();
  });

  test("answers malformed messages and stays", async () => {
    const c = await server.connect();
    const cases = [
      ["{", -32700], ["[1,2", -32700], ['{"a":1,"a":2}', -32700], ["\u0000", -32700],
      ["[]", -32600], ['"x"', -32600], ['{"jsonrpc":"1.0","id":1,"method":"x"}', -32600],
      ['{"jsonrpc":"2.0","id":{},"method":"hb"}', -32600], ['{"jsonrpc":"2.0","id":1,"method":7}', -32600],
      ['{"jsonrpc":"2.0","id":1,"method":"hb","extra":1}', -32600], ['{"jsonrpc":"2.0","id":1,"method":"hb","params":[1]}', -32602],
      [`{"jsonrpc":"2.0","id":1,"method":"${"x".repeat(200)}"}`, -32600],
    ];
    for (const [text, code] of cases) {
      const seen = c.heard.length;
      c.socket.send(text);
      await until(`an answer to ${text}`, () => c.heard.length > seen);
      const { error } = c.heard.at(-1);
      assert.equal(error.code, code, text);
      assert.ok(error.data.message_zh && error.data.message_en && error.data.code);
      await c.call("hb", {}); // valid ones in between: no run of garbage
    }
    await c.close();
  });

  test("closes with 4008 on repeated garbage", async () => {
    const c = await server.connect();
    for (let i = 0; i < 20; i++) c.socket.send("garbage");
    const [code, reason] = await c.closed;
    assert.equal(code, 4008);
    assert.ok(reason);
    assert.ok(c.heard.some((m) => m.error?.code === -32700), "the reason was told first");
  });

  test("closes with 4008 on binary", async () => {
    const c = await server.connect();
    c.socket.send(Buffer.from("{}"));
    assert.equal((await c.closed)[0], 4008);
  });

  test("closes with 1009 beyond max_frame, whole or in fragments", async () => {
    const c = await server.connect();
    c.socket.send("x".repeat(8193));
    assert.equal((await c.closed)[0], 1009);
    const d = await server.connect();
    for (let i = 0; i < 40; i++) d.socket.send("y".repeat(500), { fin: false });
    assert.equal((await d.closed)[0], 1009);
    const e = await server.connect();
    const text = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "hb", params: {} });
    e.socket.send(text + " ".repeat(8192 - text.length));
    await e.answer(1);
    await e.close();
  });

  test("puts fragments together", async () => {
    const c = await server.connect();
    const text = JSON.stringify({ jsonrpc: "2.0", id: "分片", method: "hb", params: { n: 5 } });
    const bytes = Buffer.from(text);
    for (let i = 0; i < bytes.length; i++) c.socket.send(bytes.subarray(i, i + 1), { binary: false, fin: i === bytes.length - 1 });
    assert.ok((await c.answer("分片")).time);
    await c.close();
  });

  test("unknown methods, methods without a session, notifications", async () => {
    const c = await server.connect();
    await assert.rejects(c.call("no.such"), rejectsWith(-32601));
    await assert.rejects(c.call("user.list", {}), rejectsWith(-32001));
    c.socket.send('{"jsonrpc":"2.0","method":"org.import","params":{}}');
    const refused = await c.hear((m) => m.id === null && m.error);
    assert.equal(refused.error.code, -32600);
    await c.close();
  });

  test("opens, hears, and closes a session", async () => {
    const c = await server.session("desk");
    assert.ok(c.opened.sid && c.opened.epoch === c.hello.epoch);
    await assert.rejects(c.call("session.open", { token: c.token }), rejectsWith(-32009));
    const admin = await server.session("admin");
    const { n } = await admin.call("org.import", { units: [unit(1, "一队")] });
    const event = await c.hear((m) => m.method === "event" && m.params.n === n);
    assert.equal(event.params.kind, "org.unit_set");
    assert.ok(event.params.p <= n - 1 && event.params.at && event.params.data);
    await c.call("session.close", {});
    await assert.rejects(c.call("user.list", {}), rejectsWith(-32001));
    await assert.rejects(c.call("session.close", {}), rejectsWith(-32001));
    await c.close();
    await admin.close();
  });

  test("p names the previous event of this session, in order", async () => {
    const c = await server.session("desk");
    const admin = await server.session("admin");
    for (let i = 0; i < 20; i++) admin.send("org.import", { units: [unit(2, `第 ${i} 次`)] });
    const events = await until("20 events", () => (c.events().length >= 20 ? c.events() : null));
    for (let i = 1; i < events.length; i++) {
      assert.equal(events[i].p, events[i - 1].n);
      assert.ok(events[i].n > events[i - 1].n);
    }
    await c.close();
    await admin.close();
  });

  test("resumes without loss", async () => {
    const c = await server.session("desk", { device: "resume-phone" });
    const admin = await server.session("admin");
    const { n } = await admin.call("org.import", { units: [unit(3, "前")] });
    await c.hear((m) => m.method === "event" && m.params.n === n);
    c.socket.terminate();
    await c.closed;
    const missed = (await admin.call("org.import", { units: [unit(3, "后")] })).n;
    const d = await server.connect();
    const resumed = await d.call("session.resume", { token: c.token, sid: c.opened.sid, epoch: c.opened.epoch, last: n, device: "resume-phone" });
    assert.equal(resumed.resumed, true);
    const event = await d.hear((m) => m.method === "event" && m.params.n === missed);
    assert.equal(event.params.p, n);
    await d.close();
    await admin.close();
  });

  test("a newer session of the same device replaces the older with 4010", async () => {
    const c = await server.session("desk", { device: "phone-1" });
    const d = await server.session("desk", { device: "phone-1", token: c.token });
    assert.equal((await c.closed)[0], 4010);
    assert.ok((await d.call("hb", {})).time);
    await d.close();
  });

  test("takes a pipeline of requests in order, refuses what is too much", async () => {
    const c = await server.session("admin");
    const ids = [];
    for (let i = 0; i < 50; i++) ids.push(c.send("org.import", { units: [unit(4, `流水 ${i}`)] }));
    let last = 0;
    for (const id of ids) {
      const { n } = await c.answer(id);
      assert.ok(n > last);
      last = n;
    }
    const many = [];
    for (let i = 0; i < 400; i++) many.push(c.send("org.tree", {}));
    const outcomes = await Promise.all(many.map((id) => c.answer(id).then(() => "ok", (e) => e)));
    const refused = outcomes.filter((o) => o !== "ok");
    for (const e of refused) {
      assert.equal(e.code, -32010);
      assert.ok(e.data.retry_after_ms > 0);
    }
    assert.ok(outcomes.includes("ok"));
    await c.close();
  });

  test("a request and then the session's end in one packet", async () => {
    const c = await server.session("desk");
    c.socket._socket.cork();
    const ids = [c.send("session.close", {}), c.send("org.tree", {}), c.send("session.close", {}), c.send("org.tree", {})];
    c.socket._socket.uncork();
    await c.answer(ids[0]);
    for (const id of ids.slice(1)) await assert.rejects(c.answer(id), rejectsWith(-32001));
    await c.close();
  });

  test("survives clients that vanish with requests under way", async () => {
    for (let i = 0; i < 20; i++) {
      const c = await server.session("admin", { token: (server.adminToken ??= await server.login("admin")) });
      for (let k = 0; k < 30; k++) c.send("org.import", { units: [unit(5, `${i}-${k}`)] });
      c.socket.terminate();
      await c.closed;
    }
    await until("all of them gone", async () => (await server.metrics()).terminal_connections === 0);
  });

  test("rubbish on the wire instead of a handshake or a frame", async () => {
    for (let i = 0; i < 20; i++)
      await new Promise((done) => {
        const s = tcp(server.port, "127.0.0.1", () => s.end(i % 2 ? randomBytes(3000) : "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"));
        s.on("error", () => {});
        s.on("close", done);
        s.resume();
      });
    const c = await server.connect();
    c.socket._socket.write(randomBytes(2000)); // frames with reserved bits, unmasked, of any length
    c.socket._socket.end();
    await c.closed;
    await (await server.connect()).close();
  });
});

describe("a terminal that is silent or slow", () => {
  test("is closed after two missed heartbeats; one that beats stays", async () => {
    const server = await startServer({ terminal: { heartbeat: "300 ms" } });
    const silent = await server.connect();
    const alive = await server.connect();
    const beat = setInterval(() => alive.send("hb", {}), 100);
    const [code] = await silent.closed;
    assert.equal(code, 4009);
    assert.equal(alive.socket.readyState, 1);
    clearInterval(beat);
    await alive.close();
    assert.equal((await server.metrics()).terminal_heartbeat_closes_total, 1);
    await server.stop();
  });

  test("is closed with 4009 while others hear everything", async () => {
    const server = await startServer({ terminal: { send_budget: "16 KiB", socket_buffer: "8 KiB" } });
    const slow = await server.session("desk");
    const fast = await server.session("desk");
    const admin = await server.session("admin");
    slow.socket._socket.pause();
    let n = 0;
    const units = (i) => Array.from({ length: 20 }, (_, k) => unit(100 + k, `${i}`.padEnd(60, "长")));
    for (let i = 0; (await server.metrics()).terminal_slow_closes_total < 1; i++) {
      assert.ok(i < 2000, "the slow one was never closed");
      ({ n } = await admin.call("org.import", { units: units(i) }));
    }
    await fast.hear((m) => m.method === "event" && m.params.n === n);
    const events = fast.events();
    for (let i = 1; i < events.length; i++) assert.equal(events[i].p, events[i - 1].n);
    slow.socket._socket.resume();
    assert.equal((await slow.closed)[0], 4009);
    const last = slow.events().at(-1)?.n ?? slow.opened.head;
    assert.ok(last < n);
    const again = await server.connect();
    const resumed = await again.call("session.resume", { token: slow.token, sid: slow.opened.sid, epoch: slow.opened.epoch, last });
    assert.equal(resumed.resumed, true);
    await again.close();
    assert.equal((await server.metrics()).terminal_queue_bytes, 0);
    await fast.close();
    await admin.close();
    await server.stop();
  });

  test("catches up with more than its budget, by socket and by stream", async () => {
    const server = await startServer({ terminal: { send_budget: "16 KiB", socket_buffer: "8 KiB" } });
    const admin = await server.session("admin");
    const { n: last } = await admin.call("org.import", { units: [unit(1, "始")] });
    let n = last;
    for (let i = 0; i < 6; i++)
      ({ n } = await admin.call("org.import", { units: Array.from({ length: 100 }, (_, k) => unit(200 + k, `${i}`.padEnd(50, "追"))) }));
    const token = await server.login("desk");
    const c = await server.connect();
    const resumed = await c.call("session.resume", { token, sid: "before", epoch: c.hello.epoch, last });
    assert.equal(resumed.resumed, true);
    await c.hear((m) => m.method === "event" && m.params.n === n);
    const events = c.events();
    assert.equal(events.length, 600);
    let previous = last;
    for (const e of events) {
      assert.equal(e.p, previous);
      previous = e.n;
    }
    const abort = new AbortController();
    const stream = await fetch(`${server.url}/api/v1/events?after=${last}`, {
      headers: { authorization: `Bearer ${token}`, accept: "text/event-stream" },
      signal: abort.signal,
    });
    let text = "";
    for await (const part of stream.body) {
      text += Buffer.from(part).toString();
      if (text.includes(`id: ${n}\n`)) break;
    }
    abort.abort();
    assert.equal(text.match(/^id: /gm).length, 600);
    await c.close();
    await admin.close();
    await server.stop();
  });

  test("hears the latest of volatile messages and is not closed for them", async () => {
    const server = await startServer({ terminal: { send_budget: "8 KiB", socket_buffer: "8 KiB" } });
    await server.call("user.add", { name: "officer-1", display: "网格员", roles: ["officer"], org: "430525", password: PASSWORD });
    const slow = await server.session("desk", { topics: ["positions"] });
    const deaf = await server.session("desk");
    const officer = await server.session("officer-1");
    const move = (lon) => officer.socket.send(JSON.stringify({ jsonrpc: "2.0", method: "position.update", params: { lon, lat: 27, acc: 5 } }));
    move(110.5);
    const first = await slow.hear((m) => m.method === "positions");
    assert.equal(first.params.key, "officer-1");
    assert.equal(first.params.data.lon, 110.5);
    slow.socket._socket.pause();
    const sent = 110.6;
    let behind = false;
    for (let i = 0; i < 200 && !behind; i++) {
      for (let k = 0; k < 50; k++) move(110.5 + k / 1000);
      await officer.call("hb", {});
      behind = (await server.metrics()).terminal_queue_bytes > 0;
    }
    assert.ok(behind, "the reader never fell behind");
    for (let k = 0; k < 20; k++) move(110.5 + k / 1000);
    move(sent);
    await officer.call("hb", {});
    const m = await server.metrics();
    assert.equal(m.terminal_slow_closes_total, 0);
    assert.ok(m.terminal_queue_bytes <= 8192);
    slow.socket._socket.resume();
    await slow.hear((x) => x.method === "positions" && x.params.data.lon === sent);
    assert.equal(deaf.heard.filter((x) => x.method === "positions").length, 0, "heard by those who asked for the topic");
    assert.equal(officer.heard.filter((x) => x.error).length, 0);
    await Promise.all([slow, deaf, officer].map((c) => c.close()));
    await server.stop();
  });

  test("hears 1012 with a delay when the server goes, and finds it again", async () => {
    const server = await startServer();
    const clients = await Promise.all(Array.from({ length: 20 }, () => server.connect()));
    const { code } = await server.halt();
    assert.equal(code, 0);
    for (const c of clients) {
      const [close, reason] = await c.closed;
      assert.equal(close, 1012);
      const ms = Number(/retry_after_ms=(\d+)/.exec(reason)[1]);
      assert.ok(ms >= 0 && ms <= 2000);
    }
    await server.start();
    await (await server.connect()).close();
    await server.stop();
  });

  test("several network threads share one port", async () => {
    const server = await startServer({ terminal: { threads: 3 } });
    const token = await server.login("desk");
    const clients = await Promise.all(Array.from({ length: 30 }, () => server.session("desk", { token })));
    const admin = await server.session("admin");
    const { n } = await admin.call("org.import", { units: [unit(9, "众")] });
    for (const c of clients) await c.hear((m) => m.method === "event" && m.params.n === n);
    await Promise.all([...clients, admin].map((c) => c.close()));
    await server.stop();
  });
});

describe("listening", () => {
  test("a taken port, also with several threads, ends the start with the reason", async () => {
    const server = await startServer({}, { accounts: false });
    for (const threads of [1, 2]) {
      const { code, log } = await serveInVain({ terminal: { threads } }, `127.0.0.1:${server.port}`);
      assert.ok(Number.isInteger(code) && code !== 0, log);
      assert.match(log, /cannot listen on/);
    }
    await server.stop();
  });

  test("demo passwords stay on loopback", async () => {
    const { code, log } = await serveInVain({ terminal: { demo: true } }, `0.0.0.0:${await freePort()}`);
    assert.ok(Number.isInteger(code) && code !== 0, log);
    assert.match(log, /loopback/);
  });

  test("an address that is none, a certificate that is missing", async () => {
    for (const listen of ["nonsense", "127.0.0.1:99999x", "127.0.0.1:"])
      assert.notEqual((await serveInVain({}, listen)).code, 0, listen);
    const { code, log } = await serveInVain({ terminal: { tls_cert: "/nowhere.pem", tls_key: "/nowhere.pem" } }, `127.0.0.1:${await freePort()}`);
    assert.ok(Number.isInteger(code) && code !== 0, log);
    assert.match(log, /certificate/);
  });
});

describe("TLS", () => {
  test("the same contract; nothing older than TLS 1.2", async (t) => {
    const dir = mkdtempSync(join(tmpdir(), "fengqiao-tls-"));
    const [cert, key] = ["cert.pem", "key.pem"].map((name) => join(dir, name));
    try {
      execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert], { stdio: "ignore" });
    } catch {
      rmSync(dir, { recursive: true });
      return t.skip("no openssl command");
    }
    const ca = readFileSync(cert);
    const server = await startServer({ terminal: { tls_cert: cert, tls_key: key } }, { ca });
    const c = await server.connect({ ca });
    const big = { n: 1, x: "x".repeat(40_000) };
    await assert.rejects(c.call("hb", big), rejectsWith(-32602));
    assert.ok((await c.call("hb", { n: 1 })).time);
    const token = (await c.call("session.login", { name: "desk", password: PASSWORD })).token;
    await c.call("session.open", { token });
    await c.close();
    for (const version of ["TLSv1", "TLSv1.1"])
      await assert.rejects(new Promise((done, fail) => {
        const s = tlsConnect({ port: server.port, host: "127.0.0.1", ca, minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" }, () => done(s.end()));
        s.on("error", fail);
      }), version);
    await new Promise((done) => tcp(server.port, "127.0.0.1", function () { this.end("GET / HTTP/1.1\r\n\r\n"); this.resume(); this.on("close", done); this.on("error", () => {}); }));
    await server.stop();
    rmSync(dir, { recursive: true });
  });
});
