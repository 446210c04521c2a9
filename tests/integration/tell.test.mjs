// What a plugin tells one session: in order with its events, nothing merged, nothing left out; whoever does not keep
// up is closed. And guests: people without an account. By a plugin of the tests (tests/plugins/teller.c).
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { startServer, until } from "./server.mjs";

const build = process.env.FENGQIAO_PLUGINS;
const modules = mkdtempSync(join(tmpdir(), "fengqiao-plugins-"));
const folders = [join(build, ".libs"), build, join(build, "tests/plugins/.libs"), join(build, "tests/plugins")];

let server;
before(async () => {
  for (const folder of folders.filter(existsSync))
    for (const file of readdirSync(folder).filter((f) => f.endsWith(".so") && !existsSync(join(modules, f))))
      symlinkSync(resolve(folder, file), join(modules, file));
  process.env.FENGQIAO_PLUGINS = modules;
  server = await startServer({ server: { plugins: "terminal dispatch map campaign public conference teller" }, terminal: { send_budget: "64 KiB", socket_buffer: "8 KiB" } });
});
after(async () => {
  assert.equal((await server.halt()).code, 0);
  await server.prove();
  process.env.FENGQIAO_PLUGINS = build;
  rmSync(modules, { recursive: true, force: true });
});

const told = (c) => c.heard.filter((m) => m.method === "told").map((m) => m.params);
const inOrder = (numbers) => numbers.forEach((n, i) => assert.equal(n, i));

describe("what is told", () => {
  test("comes in order, with the events between, nothing merged", async () => {
    const c = await server.session("desk");
    for (let i = 0; i < 20; i++) await c.call("teller.tell", { from: i * 50, count: 50 });
    await until("the last", () => told(c).length === 1000);
    inOrder(told(c).map((p) => p.data.i));
    assert.equal(told(c)[0].key, "");
    const both = c.heard.filter((m) => m.method === "told" || m.params?.kind === "teller.tells");
    for (const [i, m] of both.entries()) if (m.method === "event") assert.equal(both[i + 1].params.data.i, m.params.data.from, "after its commit");
    await c.close();
  });

  test("reaches one session, whatever topics it asked for, and not the user's other one", async () => {
    const one = await server.session("desk", { device: "a" });
    const two = await server.session("desk", { device: "b" });
    await two.call("teller.tell", { session: one.opened.sid, count: 3 });
    await until("all three", () => told(one).length === 3);
    await two.call("hb", {});
    assert.equal(told(two).length, 0);
    await one.close();
    await until("that it has gone", async () => (await two.call("teller.gone")).gone === `${one.opened.sid} desk`);
    await two.close();
  });

  test("waits for one who is behind, and closes it with 4009 rather than losing any", async () => {
    const slow = await server.session("desk", { device: "slow" });
    const other = await server.session("desk", { device: "other" });
    const sid = slow.opened.sid;
    slow.socket._socket.pause();
    let sent = 0;
    const burst = async (count, bytes) => {
      await other.call("teller.tell", { session: sid, from: sent, count, bytes });
      sent += count;
    };
    let behind = false;
    for (let i = 0; i < 2000 && !behind; i++) {
      await burst(1, 4000);
      behind = (await server.metrics()).terminal_queue_bytes > 0;
    }
    assert.ok(behind, "the reader never fell behind");
    await burst(10, 100); // within its budget: they wait
    assert.equal((await server.metrics()).terminal_slow_closes_total, 0);
    slow.socket._socket.resume();
    await until("what waited", () => told(slow).length === sent);
    inOrder(told(slow).map((p) => p.data.i));

    slow.socket._socket.pause();
    for (let i = 0; (await server.metrics()).terminal_slow_closes_total < 1; i++) {
      assert.ok(i < 2000, "never closed");
      await burst(20, 4000);
    }
    slow.socket._socket.resume();
    assert.equal((await slow.closed)[0], 4009);
    inOrder(told(slow).map((p) => p.data.i)); // up to where it was closed, without a gap
    assert.ok(told(slow).length < sent);
    await until("that it has gone", async () => (await other.call("teller.gone")).gone === `${sid} desk`);
    assert.equal((await server.metrics()).terminal_queue_bytes, 0);
    await other.close();
  });
});

describe("a guest", () => {
  test("opens a session, acts within his role, and hears what is for him", async () => {
    const guest = await server.session("", { token: "g.guest-7" });
    const { n } = await guest.call("teller.tell", { from: 5 });
    const event = await guest.hear((m) => m.params?.n === n);
    assert.equal(event.params.actor, "guest-7");
    assert.equal((await guest.hear((m) => m.method === "told")).params.data.i, 5);
    const refused = await guest.call("teller.end", { user: "guest-7" }).catch((e) => e);
    assert.equal(refused.data.code, "role");
    const desk = await server.session("desk");
    await desk.call("teller.end", { user: "guest-7" });
    assert.equal((await guest.closed)[0], 4001);
    await desk.call("teller.end", { user: "desk" }); // an account is nobody's guest
    await desk.call("hb", {});
    await desk.close();
  });

  test("comes back by resume, and asks over HTTP; he uploads nothing", async () => {
    const guest = await server.session("", { token: "g.guest-8" });
    const { n } = await guest.call("teller.tell", {});
    const { sid, epoch } = guest.opened;
    await guest.close();
    const again = await server.connect();
    const resumed = await again.call("session.resume", { token: "g.guest-8", sid, epoch, last: n - 1 });
    assert.equal(resumed.resumed, true);
    await again.hear((m) => m.params?.n === n);
    await again.close();
    const reply = await server.rpc({ jsonrpc: "2.0", id: 1, method: "teller.gone" }, "g.guest-8");
    assert.ok(reply.result.gone);
    const put = await fetch(`${server.url}/api/v1/blobs/${"0".repeat(64)}`, { method: "PUT", headers: { authorization: "Bearer g.guest-8" }, body: "x" });
    assert.equal(put.status, 401);
  });

  test("is not let in under an account's name", async () => {
    const c = await server.connect();
    for (const token of ["g.desk", "g.system", "g.public", "g.a b", "g.", "h.guest-7"]) {
      const refused = await c.call("session.open", { token }).catch((e) => e);
      assert.equal(refused.data.code, "token.invalid", token);
    }
    await c.close();
  });
});
