// The media server under the server: how it is kept, and a browser's offer answered. What faces do is shown in tests/e2e.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { OFFER } from "./offer.mjs";
import { startServer, until } from "./server.mjs";

const skip = existsSync("/usr/bin/janus") ? false : "no /usr/bin/janus: apt install janus";
if (skip) console.log(`conference-janus: not run: ${skip}`);
const RANGE = [21000, 21999];

let server;
before(async () => {
  if (!skip) server = await startServer({ conference: { backend: "janus", rtp_ports: RANGE.join("-") } });
});
after(() => server?.stop());

const media = () => server.call("media.server");
const up = () => until("the media server", async () => (await media()).state === "up");
/** Its process: the server's child. */
function janus() {
  const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  return Number(children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("/usr/bin/janus\0")));
}
const sockets = (pid, kind) =>
  spawnSync("ss", ["-Hnp", kind, "state", "all"], { encoding: "utf8" })
    .stdout.split("\n")
    .filter((line) => line.includes(`pid=${pid},`));
const leg = async (c, op, fits = () => true) => (await c.hear((m) => m.method === "leg" && m.params.data.op === op && fits(m.params.data))).params.data;

test("nobody, without privileges, ports or secrets in sight", { skip }, async () => {
  await up();
  const pid = janus();
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  assert.match(status, /^NoNewPrivs:\s+1$/m);
  if (process.getuid() === 0) assert.match(status, /^Uid:\s+65534\s+65534\s+65534\s+65534$/m);
  assert.match(status, /^CapEff:\s+0+$/m);
  assert.deepEqual(sockets(pid, "-tl"), []);
  assert.deepEqual(sockets(pid, "-u"), []);
  const dir = join(server.data, "janus");
  assert.equal(statSync(dir).mode & 0o777, 0o700);
  const secrets = readFileSync(join(dir, "janus.jcfg"), "utf8").match(/secret = "([^"]+)"/g).map((s) => s.split('"')[1]);
  assert.equal(secrets.length, 2);
  for (const secret of secrets) {
    assert.equal(secret.length, 32);
    assert.ok(!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(secret) && !readFileSync(`/proc/${pid}/environ`, "utf8").includes(secret));
    assert.ok(!server.log.includes(secret));
  }
});

test("an offer is answered; killed, it is back and asks anew; killed thrice, calls do without it", { skip, timeout: 60_000 }, async () => {
  await up();
  const desk = await server.session("desk", { device: "page-desk" });
  const { id } = await desk.call("conf.create", { title: "会商" });
  await desk.call("conf.join", { id });
  const first = await leg(desk, "open", (m) => m.kind === "send");
  assert.equal(first.offerer, true);
  await desk.call("media.leg.offer", { leg: first.leg, sdp: OFFER });
  const { sdp } = await leg(desk, "answer", (m) => m.leg === first.leg);
  const { address } = await media();
  const candidate = sdp.match(/^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host/im);
  assert.equal(candidate[1], address);
  assert.doesNotMatch(address, /^127\./);
  assert.ok(Number(candidate[2]) >= RANGE[0] && Number(candidate[2]) <= RANGE[1]);
  assert.match(sdp, /^a=ice-lite/m);
  assert.match(sdp, /^a=recvonly/m);
  assert.deepEqual(sockets(janus(), "-tl"), []);
  for (const line of sockets(janus(), "-u")) {
    const port = Number(line.match(/:(\d+)\s/)[1]);
    assert.ok(port >= RANGE[0] && port <= RANGE[1], line);
  }

  process.kill(janus(), "SIGKILL");
  assert.equal((await leg(desk, "close", (m) => m.leg === first.leg)).reason, "restart");
  const second = await leg(desk, "open", (m) => m.kind === "send" && m.leg !== first.leg);
  await desk.call("media.leg.offer", { leg: second.leg, sdp: OFFER });
  await leg(desk, "answer", (m) => m.leg === second.leg);

  for (let i = 0; i < 2; i++) {
    await up();
    const pid = janus();
    process.kill(pid, "SIGKILL");
    await until("its end to be noticed", () => !existsSync(`/proc/${pid}`));
  }
  const broken = await until("it to be given up for a while", async () => (await media()).state === "broken" && media());
  assert.match(broken.why_zh, /三次/);
  assert.match(broken.why_en, /three times in a minute/);
  const conf = await until("the call to do without it", async () => (await desk.call("conf.get", { id })).backend === "mesh" && desk.call("conf.get", { id }));
  assert.match(conf.backend_why_en, /three times in a minute/);
  assert.ok(conf.cannot.includes("record") && conf.cannot.includes("mute"));
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
});
