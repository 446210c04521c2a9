// Conferences: what signalling costs the server, and how many pictures the media server forwards on a core.
//   node tests/bench/conference.mjs [--conferences 100] [--at-once 20] [--tabs 5] [--seconds 15] [--only signalling,janus]
// In the build directory, with FENGQIAO_PLUGINS and FENGQIAO_PACKS set, after tests/integration/integration.sh has run
// there once (its WebSocket client is used); for janus also FQ_WEB_DIR (playwright-core) and Chromium. Markdown on stdout.
//
// signalling: so many conferences of three people in a mesh: created, joined, three pairs that exchange offers and
// answers as long as Chromium's and five candidates each way, ended. The server's own CPU time (/proc) and the time on
// the wall, beside those of the plainest command there is, with as many sessions, in the same run.
// janus: one conference of --tabs Chromium tabs that all send and all look; CPU time of the process janus for each
// track that reaches somebody. The tabs are on the same cores: the figure is the media server's CPU, not what fits.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";

const run = promisify(execFile);
const { values: opt } = parseArgs({
  options: {
    conferences: { type: "string", default: "100" },
    "at-once": { type: "string", default: "20" },
    tabs: { type: "string", default: "5" },
    seconds: { type: "string", default: "15" },
    only: { type: "string", default: "signalling,janus" },
    tmp: { type: "string", default: process.cwd() },
  },
});
const count = Number(opt.conferences), atOnce = Number(opt["at-once"]), tabs = Number(opt.tabs), seconds = Number(opt.seconds);
const WebSocket = createRequire(join(process.cwd(), "build-integration/package.json"))("ws");
const binary = resolve(process.env.FENGQIAO ?? "fengqiao");
const dir = mkdtempSync(join(resolve(opt.tmp), "conference-"));
const data = join(dir, "county");
const COUNTY = "430525";
const say = (text) => process.stderr.write(`${text}\n`);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const listening = () => {
  const s = createServer();
  return new Promise((done) => s.listen(0, "127.0.0.1", () => done(s)));
};
const free = async () => {
  const s = await listening(), { port } = s.address();
  await new Promise((done) => s.close(done));
  return port;
};
const port = await free(), pagePort = await free();

// ---- the server ---------------------------------------------------------------------------------------------------

let child, exited;
async function start() {
  const log = openSync(join(dir, "log"), "a");
  child = spawn(binary, ["serve", "--data", data, "--listen", `127.0.0.1:${port}`], { stdio: ["ignore", log, log] });
  exited = new Promise((done) => child.on("exit", done));
  while (!(await fetch(`http://127.0.0.1:${port}/readyz`).then((r) => r.ok, () => false))) {
    if (child.exitCode !== null) throw new Error(`the server ended:\n${readFileSync(join(dir, "log"), "utf8")}`);
    await pause(20);
  }
}
async function stop() {
  child?.kill("SIGTERM");
  await exited;
  child = null;
}

/** CPU seconds of a process, user and system: clock ticks are hundredths on Linux. */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The server's CPU microseconds and the milliseconds that `work` took. */
async function measured(work) {
  const cpu0 = cpu(child.pid), t0 = performance.now();
  await work();
  return { cpu: (cpu(child.pid) - cpu0) * 1e6, ms: performance.now() - t0 };
}

// ---- people -------------------------------------------------------------------------------------------------------

let calls = 0;
async function person(name, token, heard) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ["fengqiao.v1"]);
  const waiting = new Map();
  let next = 1;
  socket.on("message", (text) => {
    const m = JSON.parse(text);
    const asked = waiting.get(m.id);
    if (asked) {
      waiting.delete(m.id);
      if (m.error) asked.fail(new Error(`${asked.method} of ${name}: ${JSON.stringify(m.error)}`));
      else asked.done(m.result);
    } else if (m.method === "leg") me.onLeg?.(m.params.data);
  });
  await new Promise((done, fail) => socket.on("open", done).on("error", fail));
  const me = {
    name,
    call: (method, params) =>
      new Promise((done, fail) => {
        calls++;
        const id = next++;
        waiting.set(id, { done, fail, method });
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      }),
    onLeg: heard,
    close: () => socket.close(),
  };
  await me.call("session.open", { token, device: "bench" });
  return me;
}

let key = 0;
const idem = () => `bench-conference-${String(++key).padStart(9, "0")}`;

/** As long as Chromium's for a microphone and a camera. */
function description() {
  const media = (kind, mid, types) => [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${types.join(" ")}`, "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0", "a=ice-ufrag:Abcd",
    "a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=ice-options:trickle",
    `a=fingerprint:sha-256 ${Array(32).fill("AB").join(":")}`, "a=setup:actpass", `a=mid:${mid}`, "a=sendrecv", "a=rtcp-mux", "a=rtcp-rsize",
    ...Array.from({ length: 9 }, (_, i) => `a=extmap:${i + 1} http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time-${i}`),
    ...types.flatMap((t) => [`a=rtpmap:${t} VP8/90000`, `a=rtcp-fb:${t} goog-remb`, `a=rtcp-fb:${t} transport-cc`, `a=rtcp-fb:${t} nack pli`, `a=fmtp:${t} profile-id=0`]),
    "a=ssrc:1234567890 cname:abcdefghijklmnop", "a=ssrc:1234567890 msid:stream track",
  ];
  return ["v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=msid-semantic: WMS",
    ...media("audio", 0, [111, 63, 9, 0, 8, 13, 110, 126]), ...media("video", 1, [96, 97, 102, 103, 104, 105, 106, 107, 108, 109, 127, 125]), ""].join("\r\n");
}
const sdp = description();
const candidate = (i) => ({ candidate: `candidate:${i} 1 udp 2122260223 192.168.1.${i} 5${i}000 typ host generation 0 ufrag Abcd network-id 1`, sdpMid: "0", sdpMLineIndex: 0 });

/** Answers for one page what the server tells it of its legs; `up` is called for each that would carry pictures now. */
function page(me, up) {
  const candidates = (leg) => Promise.all([1, 2, 3, 4, 5].map((i) => me.call("media.leg.candidate", { leg, candidate: candidate(i) })));
  const kinds = new Map();
  me.onLeg = async (d) => {
    if (d.op === "open") {
      kinds.set(d.leg, 0);
      if (d.offerer) await me.call("media.leg.offer", { leg: d.leg, sdp });
    } else if (d.op === "offer") {
      await me.call("media.leg.answer", { leg: d.leg, sdp });
      await candidates(d.leg);
      await me.call("media.leg.state", { leg: d.leg, state: "up" });
      up();
    } else if (d.op === "answer") {
      await candidates(d.leg);
      await me.call("media.leg.state", { leg: d.leg, state: "up" });
      up();
    }
  };
}

async function conference(people, phases) {
  let legs = 0, everyLeg;
  const connected = new Promise((done) => (everyLeg = done));
  for (const me of people) page(me, () => ++legs === people.length * (people.length - 1) && everyLeg());
  const [chair, ...others] = people;
  const { id } = await chair.call("conf.create", { title: "bench", to: others.map((o) => ({ user: o.name })), idem: idem() });
  for (const o of others) await o.call("conf.join", { id, idem: idem() });
  const late = setTimeout(() => everyLeg(new Error(`conference ${id}: ${legs} legs of ${people.length * (people.length - 1)}`)), 30_000);
  const wrong = await connected;
  clearTimeout(late);
  if (wrong) throw wrong;
  phases.legs += legs;
  await chair.call("conf.end", { id, idem: idem() });
}

/** `jobs` one after another in `width` lanes. */
async function lanes(jobs, width) {
  let next = 0;
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < jobs.length) await jobs[next++]();
  }));
}

const f = (x, digits = 1) => Number(x).toLocaleString("en", { maximumFractionDigits: digits });

async function signalling(tokens) {
  say(`signalling: ${count} conferences of three, ${atOnce} at once`);
  const desks = [], officers = [];
  for (let i = 0; i < atOnce; i++) desks.push(await person(`desk-${i}`, tokens.get(`desk-${i}`)));
  for (let i = 0; i < 2 * atOnce; i++) officers.push(await person(`officer-${i}`, tokens.get(`officer-${i}`)));
  const { id } = await desks[0].call("incident.report", { category: "fire", title: "bench", place: { lon: 110.57, lat: 27.06 }, idem: idem() });
  const plain = 30 * count;
  const bare = await measured(() => lanes(Array.from({ length: plain }, (_, i) => () => desks[i % atOnce].call("incident.comment", { id, text: "bench", idem: idem() })), atOnce));
  calls = 0;
  const phases = { legs: 0 };
  const idle = desks.map((desk, i) => [desk, ...officers.slice(2 * i, 2 * i + 2)]);
  const all = await measured(() => lanes(Array.from({ length: count }, () => async () => {
    const group = idle.pop();
    await conference(group, phases);
    idle.push(group);
  }), atOnce));
  const each = { bare: bare.cpu / plain, conf: all.cpu / calls };
  console.log(`### Signalling of ${count} conferences of three, ${atOnce} at once\n`);
  console.log(`A conference is ${f(calls / count)} calls: create, two joins, three pairs (offer and answer of ${f(sdp.length / 1024)} KiB, five candidates and a state each way), end.\n`);
  console.log("| | calls | calls/s | server CPU µs a call | against the plain command | server CPU ms a conference | conferences/s |\n|---|--:|--:|--:|--:|--:|--:|");
  console.log(`| plain command (one entry) | ${plain} | ${f((plain / bare.ms) * 1000, 0)} | ${f(each.bare, 0)} | 1 | — | — |`);
  console.log(`| conferences | ${calls} | ${f((calls / all.ms) * 1000, 0)} | ${f(each.conf, 0)} | ${f(each.conf / each.bare, 2)}× | ${f(all.cpu / 1000 / count)} | ${f((count / all.ms) * 1000)} |\n`);
  if (phases.legs !== 6 * count) throw new Error(`${phases.legs} legs instead of ${6 * count}`);
  for (const p of [...desks, ...officers]) p.close();
}

// ---- the media server ---------------------------------------------------------------------------------------------

/* A page that does what it is told of its legs, and nothing else: sends a small picture, counts what arrives. */
async function sit({ ws, token, conf }) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 240, frameRate: 15 } });
  const socket = new WebSocket(ws, "fengqiao.v1"), waiting = new Map(), legs = new Map();
  let next = 1;
  const call = (method, params) => new Promise((done, fail) => {
    waiting.set(next, { done, fail });
    socket.send(JSON.stringify({ jsonrpc: "2.0", id: next++, method, params }));
  });
  const offer = async (leg, pc, options) => {
    await pc.setLocalDescription(await pc.createOffer(options));
    await call("media.leg.offer", { leg, sdp: pc.localDescription.sdp });
  };
  const open = async (d) => {
    const pc = new RTCPeerConnection({ iceServers: d.ice_servers ?? [] });
    legs.set(d.leg, pc);
    pc.onicecandidate = (e) => call("media.leg.candidate", e.candidate?.candidate ? { leg: d.leg, candidate: e.candidate.toJSON() } : { leg: d.leg }).catch(() => {});
    pc.onconnectionstatechange = () => pc.connectionState === "connected" && call("media.leg.state", { leg: d.leg, state: "up" }).catch(() => {});
    if (d.kind === "send" || d.kind === "peer") for (const track of stream.getTracks()) pc.addTrack(track, stream);
    if (d.offerer) await offer(d.leg, pc);
  };
  const told = async (d) => {
    const pc = legs.get(d.leg);
    if (d.op === "open") return open(d);
    if (!pc) return;
    if (d.op === "offer") {
      await pc.setRemoteDescription({ type: "offer", sdp: d.sdp });
      await pc.setLocalDescription();
      await call("media.leg.answer", { leg: d.leg, sdp: pc.localDescription.sdp });
    } else if (d.op === "answer") await pc.setRemoteDescription({ type: "answer", sdp: d.sdp });
    else if (d.op === "candidate" && d.candidate) await pc.addIceCandidate(d.candidate).catch(() => {});
    else if (d.op === "restart") await offer(d.leg, pc, { iceRestart: true });
    else if (d.op === "close") {
      pc.close();
      legs.delete(d.leg);
    }
  };
  let order = Promise.resolve();
  socket.onmessage = ({ data }) => {
    const m = JSON.parse(data), asked = waiting.get(m.id);
    if (asked) {
      waiting.delete(m.id);
      if (m.error) asked.fail(new Error(JSON.stringify(m.error)));
      else asked.done(m.result);
    } else if (m.method === "leg") order = order.then(() => told(m.params.data)).catch((e) => console.error(String(e)));
  };
  await new Promise((done, fail) => Object.assign(socket, { onopen: done, onerror: fail }));
  await call("session.open", { token, device: "bench" });
  setInterval(() => call("hb", {}), 10_000);
  await call("conf.join", { id: conf, idem: `bench-sit-${Math.random().toString(36).slice(2).padEnd(12, "0")}` });
  /** Bytes and packets by track that arrive here. */
  window.arrived = async () => {
    const tracks = {};
    for (const [leg, pc] of legs)
      for (const r of (await pc.getStats()).values())
        if (r.type === "inbound-rtp") tracks[`${leg} ${r.id}`] = { packets: r.packetsReceived, bytes: r.bytesReceived };
    return tracks;
  };
}

const janusPid = () => {
  const of = readdirSync("/proc").filter((n) => /^\d+$/.test(n));
  return of.find((n) => {
    try {
      const stat = readFileSync(`/proc/${n}/stat`, "utf8");
      return stat.includes("(janus)") && stat.replace(/.*\) /s, "").split(" ")[1] === String(child.pid);
    } catch {
      return false;
    }
  });
};

async function janus(tokens) {
  say(`janus: ${tabs} Chromium tabs in one conference`);
  const { chromium } = createRequire(join(resolve(process.env.FQ_WEB_DIR ?? "build-web"), "package.json"))("playwright-core");
  const server = createServer((_, r) => r.setHeader("content-type", "text/html").end("<!doctype html><title>bench</title>"));
  await new Promise((done) => server.listen(pagePort, "127.0.0.1", done));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required"],
  });
  try {
    for (let i = 0; !janusPid(); i++) {
      if (i > 100) throw new Error("no janus is running: is it installed?");
      await pause(100);
    }
    const chair = await person("desk-0", tokens.get("desk-0"));
    const users = Array.from({ length: tabs }, (_, i) => `officer-${i}`);
    const { id } = await chair.call("conf.create", { title: "bench", to: users.map((user) => ({ user })), idem: idem() });
    const pages = [];
    for (const user of users) {
      const page = await browser.newPage();
      page.on("console", (m) => m.type() === "error" && say(`${user}: ${m.text()}`));
      await page.goto(`http://127.0.0.1:${pagePort}/`);
      await page.evaluate(sit, { ws: `ws://127.0.0.1:${port}/ws`, token: tokens.get(user), conf: id });
      pages.push(page);
    }
    const arrived = async () => (await Promise.all(pages.map((p, i) => p.evaluate("arrived()").then((t) => Object.entries(t).map(([k, v]) => [`${i} ${k}`, v]))))).flat();
    const wanted = tabs * (tabs - 1) * 2;
    let flowing = 0;
    for (let i = 0; flowing < wanted; i++) {
      if (i > 120) throw new Error(`${flowing} of ${wanted} tracks arrive`);
      await pause(500);
      flowing = (await arrived()).filter(([, v]) => v.packets > 0).length;
    }
    await pause(5000); // the estimate of the line has settled
    const pid = janusPid(), before = new Map(await arrived()), cpu0 = cpu(pid), t0 = performance.now();
    await pause(seconds * 1000);
    const after = await arrived(), s = (performance.now() - t0) / 1000, used = (cpu(pid) - cpu0) / s;
    const moved = after.map(([k, v]) => ({ packets: v.packets - (before.get(k)?.packets ?? 0), bytes: v.bytes - (before.get(k)?.bytes ?? 0) })).filter((v) => v.packets > 0);
    const packets = moved.reduce((n, v) => n + v.packets, 0) / s, kbps = (moved.reduce((n, v) => n + v.bytes, 0) * 8) / 1000 / s;
    const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
    console.log(`### The media server: ${tabs} people who all send and all look, ${f(s, 0)} s\n`);
    console.log("| tracks forwarded | kbit/s each | packets/s | janus CPU, share of a core | of a core per track | tracks a core | janus MiB |\n|--:|--:|--:|--:|--:|--:|--:|");
    console.log(`| ${moved.length} | ${f(kbps / moved.length, 0)} | ${f(packets, 0)} | ${f(used * 100)} % | ${f((used / moved.length) * 100, 3)} % | ${f(moved.length / used, 0)} | ${f(rss, 0)} |\n`);
    chair.close();
  } finally {
    await browser.close();
    server.close();
  }
}

const model = /model name\s*:\s*(.*)/.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "?";
let kept = true;
try {
  await run(binary, ["init", "--quiet", "--data", data]);
  const only = new Set(opt.only.split(","));
  const call = (method, params) => run(binary, ["call", "--data", data, method, JSON.stringify(params)]);
  await call("org.import", { units: [
    { id: COUNTY, kind: "county", name: "县", lon: 110.57, lat: 27.06 },
    { id: `${COUNTY}100000`, parent: COUNTY, kind: "township", name: "镇", lon: 110.57, lat: 27.06 },
    { id: `${COUNTY}100001-01`, parent: `${COUNTY}100000`, kind: "grid", name: "格", lon: 110.57, lat: 27.06 }] });
  const most = Math.max(2 * atOnce, tabs), tokens = new Map();
  const people = [...Array.from({ length: atOnce }, (_, i) => [`desk-${i}`, "dispatcher", COUNTY]), ...Array.from({ length: most }, (_, i) => [`officer-${i}`, "officer", `${COUNTY}100001-01`])];
  for (const [name, role, org] of people) await call("user.add", { name, display: name, roles: [role], org });
  for (const line of (await run(binary, ["user", "--data", data, "token", "all"])).stdout.trim().split("\n")) tokens.set(...line.split(/\s+/).slice(0, 2));
  writeFileSync(join(data, "fengqiao.lua"), `terminal = { origins = "http://127.0.0.1:${pagePort}" }\nconference = { backend = "mesh" }\n`, { flag: "a" });
  console.log(`${new Date().toISOString().slice(0, 16)}Z, ${cpus().length} × ${model}; load average ${readFileSync("/proc/loadavg", "utf8").split(" ")[0]} before.\n`);
  if (only.has("signalling")) {
    await start();
    await signalling(tokens);
    await stop();
  }
  if (only.has("janus")) {
    writeFileSync(join(data, "fengqiao.lua"), 'conference = { backend = "janus" }\n', { flag: "a" });
    await start();
    await janus(tokens);
    await stop();
  }
  kept = false;
} finally {
  await stop().catch(() => {});
  if (kept) say(`kept: ${dir}`);
  else rmSync(dir, { recursive: true, force: true });
}
