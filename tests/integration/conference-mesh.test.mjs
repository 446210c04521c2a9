// A call from page to page, as the server sees it: three sockets that exchange descriptions through it. What the
// descriptions say is not looked at here; that faces travel is shown in tests/e2e.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AT, startCounty } from "./county.mjs";
import { until } from "./server.mjs";

const people = [["desk", "dispatcher", AT.county], ["officer", "officer", AT.A1g], ["boss", "commander", AT.county], ["director", "director", AT.A], ["office", "department", AT.D1], ["nosy", "dispatcher", AT.county]];
const SDP = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=ice-ufrag:abcd",
  "a=ice-pwd:0123456789012345678901", "a=fingerprint:sha-256 00:11", "a=mid:0", ""].join("\r\n");
const code = (name) => (e) => e.data?.code === name || assert.fail(`${name} expected: ${JSON.stringify(e)}`);

let server;
before(async () => {
  server = await startCounty(people, { conference: { janus: "", stun_url: "stun:stun.example:3478", turn_url: "turn:turn.example:3478", turn_secret: "a secret" } });
});
after(() => server?.stop({ prove: true }));
const open = (name) => server.session(name, { token: server.tokens[name], device: `page-${name}` });
const legs = (c, op) => c.heard.filter((m) => m.method === "leg" && (!op || m.params.data.op === op)).map((m) => m.params.data);
const leg = async (c, op, fits = () => true) => (await c.hear((m) => m.method === "leg" && m.params.data.op === op && fits(m.params.data))).params.data;
const member = async (c, id, user) => (await c.call("conf.get", { id })).members.find((m) => m.user === user);
const is = (c, id, user, state) => until(`${user} to be ${state}`, async () => (await member(c, id, user))?.state === state);

/** Both sides of the newest pair of the two. */
async function pair(a, b, peerOfA, peerOfB, not = []) {
  const mine = await leg(a, "open", (m) => m.peer === peerOfA && !not.includes(m.leg));
  const theirs = await leg(b, "open", (m) => m.peer === peerOfB && !not.includes(m.leg));
  assert.notEqual(mine.offerer, theirs.offerer);
  assert.notEqual(mine.polite, theirs.polite);
  return mine.offerer ? [a, mine.leg, b, theirs.leg] : [b, theirs.leg, a, mine.leg];
}
async function agree([from, offering, to, answering]) {
  await from.call("media.leg.offer", { leg: offering, sdp: SDP });
  assert.equal((await leg(to, "offer", (m) => m.leg === answering)).sdp, SDP);
  await to.call("media.leg.answer", { leg: answering, sdp: SDP });
  await leg(from, "answer", (m) => m.leg === offering);
  await from.call("media.leg.state", { leg: offering, state: "up" });
  await to.call("media.leg.state", { leg: answering, state: "up" });
}

test("three agree through the server, each with each; nobody else can say anything", async () => {
  const [desk, officer, boss, nosy] = await Promise.all(["desk", "officer", "boss", "nosy"].map(open));
  const { id } = await desk.call("conf.create", { title: "会商", to: [{ user: "officer" }, { user: "boss" }] });
  await is(desk, id, "desk", "connected"); // alone: nothing is missing
  const told = await until("how it is carried", async () => (await desk.call("conf.get", { id })).backend_why_en && (await desk.call("conf.get", { id })));
  assert.equal(told.backend, "mesh");
  assert.ok(told.backend_why_zh && told.cannot.includes("record"));

  await officer.call("conf.join", { id });
  const first = await pair(desk, officer, "officer", "desk");
  const opened = legs(officer, "open")[0];
  assert.equal(opened.kind, "peer");
  assert.deepEqual(opened.ice_servers.map((s) => s.urls), ["stun:stun.example:3478", "turn:turn.example:3478"]);
  assert.match(opened.ice_servers[1].username, new RegExp(`^\\d+:${id}/officer$`));
  const [from, offering, to, answering] = first;
  await assert.rejects(nosy.call("media.leg.offer", { leg: offering, sdp: SDP }), code("leg.unknown"));
  await assert.rejects(to.call("media.leg.candidate", { leg: offering, candidate: { candidate: "candidate:1" } }), code("leg.unknown"));
  await assert.rejects(from.call("media.leg.offer", { leg: offering, sdp: "v=0\r\nm=audio 9 RTP/AVP 0\r\n" }), code("sdp.bad"));
  await assert.rejects(from.call("media.leg.offer", { leg: offering, sdp: `${SDP}${"a=x\r\n".repeat(9000)}` }), code("params.range"));
  await assert.rejects(to.call("media.leg.answer", { leg: answering, sdp: SDP }), code("leg.state"));
  await assert.rejects(from.call("media.leg.candidate", { leg: offering, candidate: { candidate: "a=candidate:1" } }), code("candidate.bad"));
  const overHttp = await server.rpc({ jsonrpc: "2.0", id: 1, method: "media.leg.offer", params: { leg: offering, sdp: SDP } }, server.tokens.desk);
  assert.equal(overHttp.error.data.code, "leg.unknown"); // a leg belongs to a session
  assert.deepEqual(legs(to, "offer"), []);

  await agree(first);
  const sent = Array.from({ length: 20 }, (_, k) => ({ candidate: `candidate:${k} 1 udp 1 192.0.2.${k} 5000 typ host`, sdpMid: "0", sdpMLineIndex: 0 }));
  await Promise.all([...sent.map((candidate) => from.call("media.leg.candidate", { leg: offering, candidate })), from.call("media.leg.candidate", { leg: offering })]);
  await leg(to, "candidate", (m) => m.candidate === null);
  assert.deepEqual(legs(to, "candidate").map((m) => m.candidate), [...sent, null]);
  for (const user of ["desk", "officer"]) await is(desk, id, user, "connected");

  await boss.call("conf.join", { id });
  await agree(await pair(desk, boss, "boss", "desk"));
  await agree(await pair(officer, boss, "boss", "officer"));
  await is(desk, id, "boss", "connected");

  // How good the lines are is told to all.
  await from.call("media.leg.state", { leg: offering, state: "up", rtt_ms: 950, loss: 0.2, kbps_in: 10, kbps_out: 20 });
  const quality = await boss.hear((m) => m.method === "quality");
  assert.equal(quality.params.data.rtt_ms, 950);

  // Stopped: said, and mended by who makes the offers.
  const before = legs(from, "restart").length;
  await to.call("media.leg.state", { leg: answering, state: "failed" });
  await until("new paths", () => legs(from, "restart").length > before);
  await agree(first);

  // Put out: both his legs end at once, here and on the other pages.
  await desk.call("conf.kick", { id, user: "boss" });
  await until("the legs of the one who was put out to end", () => legs(boss, "close").length === 2);
  await until("the others to be told", () => [desk, officer].every((c) => legs(c, "close").length === 1));
  for (const m of legs(boss, "open")) await assert.rejects(boss.call("media.leg.offer", { leg: m.leg, sdp: SDP }), code("leg.unknown"));

  await desk.call("conf.end", { id });
  await leg(officer, "close", (m) => m.leg === answering || m.leg === offering);
  await Promise.all([desk, officer, boss, nosy].map((c) => c.close()));
});

test("the fifth is told what to do", async () => {
  const [desk, officer, boss, director, office] = await Promise.all(["desk", "officer", "boss", "director", "office"].map(open));
  const { id } = await desk.call("conf.create", { to: ["officer", "boss", "director", "office"].map((user) => ({ user })) });
  for (const c of [officer, boss, director]) await c.call("conf.join", { id });
  await until("six pairs", () => [desk, officer, boss, director].every((c) => legs(c, "open").filter((m) => m.conf === id).length === 3));
  await until("the most to be known", async () => (await desk.call("conf.get", { id })).cannot.length > 0);
  await assert.rejects(office.call("conf.join", { id }), code("conf.full"));
  await boss.call("conf.leave", { id });
  await office.call("conf.join", { id });
  await until("his three legs", () => legs(office, "open").length === 3);
  await desk.call("conf.end", { id });
  await Promise.all([desk, officer, boss, director, office].map((c) => c.close()));
});

test("a lost link keeps what carries; a server that begins anew makes the legs anew", async () => {
  let [desk, officer] = await Promise.all(["desk", "officer"].map(open));
  const { id } = await desk.call("conf.create", { to: [{ user: "officer" }] });
  await officer.call("conf.join", { id });
  await agree(await pair(desk, officer, "officer", "desk"));
  await is(desk, id, "officer", "connected");
  const old = legs(desk, "open").concat(legs(officer, "open")).map((m) => m.leg);

  officer.socket.terminate();
  await is(desk, id, "officer", "signalling_lost");
  assert.deepEqual(legs(desk, "close"), []); // his picture is still there
  officer = await open("officer");
  await officer.call("conf.resume", { id });
  await agree(await pair(desk, officer, "officer", "desk", old));
  await until("the old pair to end", () => legs(desk, "close").length === 1 && legs(officer, "close").length === 1);
  assert.ok(old.includes(legs(desk, "close")[0].leg));
  await is(desk, id, "officer", "connected");

  await server.kill();
  await server.start();
  server.reconnect();
  [desk, officer] = await Promise.all(["desk", "officer"].map(open));
  await Promise.all([desk, officer].map((c) => c.call("conf.resume", { id })));
  await agree(await pair(desk, officer, "officer", "desk"));
  for (const user of ["desk", "officer"]) await is(desk, id, user, "connected");
  await Promise.all([desk, officer].map((c) => c.close()));
});
