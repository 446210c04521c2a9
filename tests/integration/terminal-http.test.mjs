// The HTTP side of the wire contract: rpc, snapshot, events, blobs, pages.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect as tcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startServer, until } from "./server.mjs";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const unit = (n, name) => ({ id: `430525-T${n}`, parent: "430525", kind: "team", name });

/** Sends the path as it is: fetch would tidy it up. */
function raw(port, path, { method = "GET", headers = {} } = {}) {
  return new Promise((done, fail) => {
    const r = request({ port, host: "127.0.0.1", path, method, headers }, (response) => {
      let body = "";
      response.on("data", (d) => (body += d));
      response.on("end", () => done({ status: response.statusCode, headers: response.headers, body }));
    });
    r.on("error", fail);
    r.end();
  });
}

/** Bytes to the port, everything back until the server closes. */
function bare(port, text) {
  return new Promise((done, fail) => {
    let got = "";
    const s = tcp(port, "127.0.0.1", () => s.write(text));
    s.on("data", (d) => (got += d));
    s.on("close", () => done(got));
    s.on("error", fail);
  });
}

describe("HTTP", () => {
  let server, pages, secret, desk, admin;
  before(async () => {
    const root = mkdtempSync(join(tmpdir(), "fengqiao-pages-"));
    pages = join(root, "pages");
    secret = "the-secret-outside";
    writeFileSync(join(root, "secret.txt"), secret);
    mkdirSync(join(pages, "console/assets"), { recursive: true });
    mkdirSync(join(pages, "field"));
    writeFileSync(join(pages, "console/index.html"), "<!doctype html><title>控制台</title>");
    writeFileSync(join(pages, "console/assets/index-Bx81kQ0f.js"), "export const big = '" + "x".repeat(300_000) + "';");
    writeFileSync(join(pages, "field/index.html"), "<!doctype html><title>现场</title>");
    writeFileSync(join(pages, ".hidden"), secret);
    symlinkSync(join(root, "secret.txt"), join(pages, "link.txt"));
    server = await startServer({ terminal: { pages, max_body: "64 KiB", max_blob: "1 MiB" } });
    desk = await server.login("desk");
    admin = await server.login("admin");
  });
  after(async () => {
    await server.stop();
    rmSync(join(pages, ".."), { recursive: true });
  });

  test("health, readiness, metrics", async () => {
    assert.deepEqual(await (await fetch(`${server.url}/healthz`)).json(), { ok: true });
    assert.deepEqual(await (await fetch(`${server.url}/readyz`)).json(), { ready: true });
    assert.match(await (await fetch(`${server.url}/metrics`)).text(), /^fengqiao_terminal_http_requests_total \d+$/m);
  });

  test("rpc: one, a batch, errors", async () => {
    const one = await server.rpc({ jsonrpc: "2.0", id: "x", method: "org.tree", params: {} }, desk);
    assert.equal(one.id, "x");
    assert.ok(one.result.units.length);
    const batch = await server.rpc(
      [
        { jsonrpc: "2.0", id: 1, method: "org.tree" },
        { jsonrpc: "2.0", id: 2, method: "no.such" },
        { jsonrpc: "2.0", id: 3, method: "session.open", params: { token: desk } },
        7,
      ],
      desk,
    );
    assert.deepEqual(batch.map((r) => r.id), [1, 2, 3, null]);
    assert.deepEqual(batch.map((r) => r.error?.code), [undefined, -32601, -32600, -32600]);
    assert.equal((await server.rpc({ jsonrpc: "2.0", id: 1, method: "org.tree" })).error.code, -32001);
    assert.equal((await server.rpc({ jsonrpc: "2.0", id: 1, method: "org.tree" }, "wrong")).error.code, -32001);
    assert.equal((await server.rpc([])).error.code, -32600);
    assert.equal((await server.rpc(Array(65).fill({ jsonrpc: "2.0", id: 1, method: "org.tree" }), desk)).error.code, -32011);
  });

  test("rpc: bad bodies", async () => {
    const post = (body) => fetch(`${server.url}/api/v1/rpc`, { method: "POST", body });
    const broken = await post("{");
    assert.equal(broken.status, 400);
    assert.equal((await broken.json()).error.code, -32700);
    assert.equal((await post("")).status, 400);
    const huge = await post("x".repeat(65 * 1024));
    assert.equal(huge.status, 413);
    const error = (await huge.json()).error;
    assert.ok(error.data.message_zh && error.data.message_en);
    assert.match(await bare(server.port, "POST /api/v1/rpc HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), /^HTTP\/1\.1 411 /);
    assert.match(await bare(server.port, "POST /api/v1/rpc HTTP/1.1\r\nHost: x\r\n\r\n"), /^HTTP\/1\.1 411 /);
  });

  test("wrong method, wrong path, security headers", async () => {
    const wrong = await fetch(`${server.url}/api/v1/rpc`);
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.get("allow"), "POST");
    const missing = await fetch(`${server.url}/nothing/here`);
    assert.equal(missing.status, 404);
    assert.equal((await missing.json()).error.code, -32004);
    for (const r of [wrong, missing, await fetch(`${server.url}/console/`)]) {
      assert.equal(r.headers.get("x-content-type-options"), "nosniff");
      assert.match(r.headers.get("content-security-policy"), /default-src 'self'/);
      assert.doesNotMatch(r.headers.get("content-security-policy"), /script-src[^;]*unsafe/);
      assert.equal(r.headers.get("x-frame-options"), "DENY");
    }
  });

  test("keeps a connection, one request after another", async () => {
    const got = await bare(server.port, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert.equal(got.match(/HTTP\/1\.1 200 OK/g)?.length, 3, got);
  });

  test("whoever sends on behind a body is hung up on, and delays nobody", async () => {
    const post = (body, path = "/api/v1/rpc") => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const ask = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "org.tree", params: {} });
    const look = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    for (const text of [post(ask) + post(ask), look + post(ask), look + post(ask) + post(ask) + look, `${post(ask)} and more`, post("") + post(ask) + look]) {
      const answer = bare(server.port, text).catch((e) => e.code);
      assert.equal((await fetch(`${server.url}/healthz`, { signal: AbortSignal.timeout(20_000) })).status, 200, text);
      await answer;
    }
  });

  test("snapshot", async () => {
    assert.equal((await fetch(`${server.url}/api/v1/snapshot`)).status, 401);
    const r = await fetch(`${server.url}/api/v1/snapshot`, { headers: { authorization: `Bearer ${desk}` } });
    assert.equal(r.status, 200);
    assert.equal(typeof (await r.json()).n, "number");
  });

  test("events as a stream, from where one left off", async () => {
    const before = (await server.rpc({ jsonrpc: "2.0", id: 1, method: "org.import", params: { units: [unit(1, "甲")] } }, admin)).result.n;
    const missed = (await server.rpc({ jsonrpc: "2.0", id: 1, method: "org.import", params: { units: [unit(1, "乙")] } }, admin)).result.n;
    const abort = new AbortController();
    const r = await fetch(`${server.url}/api/v1/events?after=${before}`, {
      headers: { authorization: `Bearer ${desk}`, accept: "text/event-stream" },
      signal: abort.signal,
    });
    assert.equal(r.status, 200);
    assert.match(r.headers.get("content-type"), /^text\/event-stream/);
    let text = "";
    const reading = (async () => {
      try {
        for await (const part of r.body) text += Buffer.from(part).toString();
      } catch {
        // aborted below
      }
    })();
    await until("the missed event", () => text.includes(`\nid: ${missed}\n`) || text.includes(`id: ${missed}\n`));
    assert.ok(!text.includes(`id: ${before}\n`));
    const live = (await server.rpc({ jsonrpc: "2.0", id: 1, method: "org.import", params: { units: [unit(1, "丙")] } }, admin)).result.n;
    await until("the live event", () => text.includes(`id: ${live}\n`));
    const data = JSON.parse(/^id: (\d+)\ndata: (.*)$/m.exec(text)[2]);
    assert.equal(data.p, before);
    assert.equal(data.n, missed);
    abort.abort();
    await reading;
    await until("the stream's end is noticed", async () => (await server.metrics()).terminal_connections === 0);
  });

  test("events as a long poll", async () => {
    const n = (await server.rpc({ jsonrpc: "2.0", id: 1, method: "org.import", params: { units: [unit(2, "甲")] } }, admin)).result.n;
    const poll = fetch(`${server.url}/api/v1/events?after=${n}`, { headers: { authorization: `Bearer ${desk}` } });
    await until("the poll to wait", async () => (await server.metrics()).terminal_connections === 1);
    const next = (await server.rpc({ jsonrpc: "2.0", id: 1, method: "org.import", params: { units: [unit(2, "乙")] } }, admin)).result.n;
    const body = await (await poll).json();
    assert.equal(body.n, next);
    assert.deepEqual(body.events.map((e) => [e.p, e.n]), [[n, next]]);
    assert.equal((await fetch(`${server.url}/api/v1/events`)).status, 401);
    assert.equal((await fetch(`${server.url}/api/v1/events?after=x`, { headers: { authorization: `Bearer ${desk}` } })).status, 400);
    assert.equal((await fetch(`${server.url}/api/v1/events`, { headers: { authorization: "Bearer wrong" } })).status, 401);
  });

  test("blobs: whole, in ranges, again", async () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), randomBytes(200_000)]);
    const at = `${server.url}/api/v1/blobs/${sha256(bytes)}`;
    const auth = { authorization: `Bearer ${desk}` };
    const put = (part, range) => fetch(at, { method: "PUT", body: part, headers: { ...auth, ...(range ? { "content-range": range } : {}) }, redirect: "manual" });

    let r = await put(undefined, `bytes */${bytes.length}`);
    assert.equal(r.status, 308);
    assert.equal(r.headers.get("range"), null);
    r = await put(bytes.subarray(0, 70_000), `bytes 0-69999/${bytes.length}`);
    assert.equal(r.status, 308);
    assert.equal(r.headers.get("range"), "bytes=0-69999");
    r = await put(bytes.subarray(150_000), `bytes 150000-${bytes.length - 1}/${bytes.length}`);
    assert.equal(r.status, 308, "a gap");
    assert.equal(r.headers.get("range"), "bytes=0-69999");
    r = await put(undefined, `bytes */${bytes.length}`);
    assert.equal(r.headers.get("range"), "bytes=0-69999");
    r = await put(bytes.subarray(70_000), `bytes 70000-${bytes.length - 1}/${bytes.length}`);
    assert.equal(r.status, 201);
    assert.deepEqual(await r.json(), { sha256: sha256(bytes), size: bytes.length });
    assert.equal((await put(bytes)).status, 200, "here already");

    const got = await fetch(at, { headers: auth });
    assert.equal(got.status, 200);
    assert.equal(got.headers.get("content-type"), "image/jpeg");
    assert.match(got.headers.get("content-disposition"), /^inline/);
    assert.ok(Buffer.from(await got.arrayBuffer()).equals(bytes));
    const part = await fetch(at, { headers: { ...auth, range: "bytes=10-19" } });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get("content-range"), `bytes 10-19/${bytes.length}`);
    assert.ok(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20)));
    assert.equal((await fetch(at, { headers: { ...auth, range: "bytes=999999-" } })).status, 416);
    assert.equal((await fetch(at)).status, 401);
    assert.equal((await fetch(at, { headers: { authorization: `Bearer ${admin}` } })).status, 404, "not his, not referred to");
  });

  test("blobs: what is not what it says, too large, badly named", async () => {
    const auth = { authorization: `Bearer ${desk}` };
    const put = (name, body, headers = {}) => fetch(`${server.url}/api/v1/blobs/${name}`, { method: "PUT", body, headers: { ...auth, ...headers } });
    const name = sha256("one thing");
    let r = await put(name, "another thing");
    assert.equal(r.status, 409);
    assert.ok((await r.json()).error.data.message_zh);
    r = await put(name, "one thing");
    assert.equal(r.status, 201, "the wrong bytes are gone");
    assert.equal((await put(name.toUpperCase(), "x")).status, 400);
    assert.ok((await put("..%2f..%2fcounty.db", "x")).status >= 400);
    assert.equal((await put(sha256("big"), Buffer.alloc(1024 * 1024 + 1))).status, 413);
    assert.equal((await put(sha256("y"), "yy", { "content-range": "bytes 5-1/9" })).status, 400);
    assert.equal((await put(sha256("y"), "yy", { "content-range": "bytes 0-5/9" })).status, 400);
    r = await fetch(`${server.url}/api/v1/blobs/${sha256("y")}`, { method: "PUT", body: "y" });
    assert.equal(r.status, 401);
    r = await fetch(`${server.url}/api/v1/blobs/${sha256("y")}`, { method: "PUT", body: "y", headers: { authorization: "Bearer wrong" } });
    assert.equal(r.status, 401);
    assert.equal((await fetch(`${server.url}/api/v1/blobs/${sha256("absent")}`, { headers: auth })).status, 404);
  });

  test("pages: types, caching, folders", async () => {
    const index = await fetch(`${server.url}/console/`);
    assert.equal(index.headers.get("content-type"), "text/html; charset=utf-8");
    assert.equal(index.headers.get("cache-control"), "no-cache");
    assert.match(await index.text(), /控制台/);
    const again = await fetch(`${server.url}/console/`, { headers: { "if-none-match": index.headers.get("etag") } });
    assert.equal(again.status, 304);
    const asset = await fetch(`${server.url}/console/assets/index-Bx81kQ0f.js`);
    assert.equal(asset.headers.get("content-type"), "text/javascript; charset=utf-8");
    assert.match(asset.headers.get("cache-control"), /immutable/);
    assert.ok((await asset.text()).length > 300_000);
    const root = await fetch(`${server.url}/`, { redirect: "manual" });
    assert.equal(root.headers.get("location"), "/console/");
    assert.equal((await fetch(`${server.url}/field`, { redirect: "manual" })).headers.get("location"), "/field/");
    const head = await raw(server.port, "/console/", { method: "HEAD" });
    assert.equal(head.status, 200);
    assert.equal(head.body, "");
  });

  test("pages: nothing outside of the folder", async () => {
    const tries = [
      "/../secret.txt", "/console/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt",
      "/console/..%2f..%2fsecret.txt", "/console/%2e%2e/%2e%2e/secret.txt", "/..%5csecret.txt", "/..\\secret.txt",
      "//etc/passwd", "/%2fetc/passwd", "/.hidden", "/%2ehidden", "/link.txt", "/console/index.html%00.txt", "/....//secret.txt",
      "/%c0%ae%c0%ae/secret.txt", "/console/assets/../../../secret.txt", "/secret.txt", "http://x/../secret.txt",
    ];
    for (const path of tries) {
      const r = await raw(server.port, path).catch(() => ({ status: 0, body: "" }));
      assert.ok(![200, 206].includes(r.status) || !r.body.includes(secret), path);
      assert.ok(!r.body.includes(secret) && !r.body.includes("root:"), path);
    }
  });

  test("behind a proxy: who asks is whom it names, and nobody else is believed", async () => {
    const tries = (url, forwarded) =>
      fetch(`${url}/api/v1/rpc`, {
        method: "POST",
        headers: { "x-forwarded-for": forwarded },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "session.login", params: { name: "somebody", password: "wrong-password" } }),
      }).then(async (r) => (await r.json()).error.data.code);
    const locked = async (url, address) => {
      for (let n = 0; n < 50; n++) if ((await tries(url, address(n))) === "login.locked") return true;
      return false;
    };
    assert.equal(await locked(server.url, (n) => `10.9.0.${n}`), true, "no proxy is configured: all are one address");
    const behind = await startServer({ terminal: { proxies: "127.0.0.1 10.0.0.1" } });
    try {
      assert.equal(await locked(behind.url, (n) => `10.9.${n}.1, 10.8.0.1, 10.0.0.1`), true, "what stands before the last stranger anybody may have written");
      assert.equal(await tries(behind.url, "10.8.0.1"), "login.locked");
      assert.notEqual(await tries(behind.url, "10.8.0.2"), "login.locked", "another resident");
      for (const rubbish of ["unknown", ",", "a".repeat(600), "10.8.0.1,", ""]) assert.ok(await tries(behind.url, rubbish));
    } finally {
      await behind.stop();
    }
  });

  test("a slow download delays nobody", async () => {
    const sockets = Array.from({ length: 10 }, () => {
      const s = tcp(server.port, "127.0.0.1", () => s.write("GET /console/assets/index-Bx81kQ0f.js HTTP/1.1\r\nHost: x\r\n\r\n"));
      s.pause();
      s.on("error", () => {});
      return s;
    });
    for (let i = 0; i < 50; i++) assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    for (const s of sockets) s.destroy();
  });
});
