// Faces through the media server: the real Janus under the real server, three tabs of a real browser. The page is the
// test's own, as small as the protocol of legs allows, so that what is shown here is the server's doing.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { missing, PASSWORD, startBrowser, startServer, until } from "./harness.mjs";

const needed = { "/usr/bin/janus": "janus", "/usr/bin/janus-pp-rec": "janus-tools", "/usr/bin/ffmpeg": "ffmpeg", "/usr/bin/ffprobe": "ffmpeg" };
const absent = Object.keys(needed).find((path) => !existsSync(path));
const lacks = missing() || (absent ? `no ${absent}: apt install ${needed[absent]}` : "");
if (lacks) console.log(`conference_janus: not run: ${lacks}`);

/* What runs in a tab: one person in one call. */
function tab() {
  const legs = new Map();
  const asked = new Map();
  const log = [];
  let socket;
  let next = 1;
  let media;
  const rpc = (method, params = {}) =>
    new Promise((done, fail) => {
      asked.set(next, { done, fail });
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: next++, method, params }));
    });
  const say = (method, params) => rpc(method, params).catch((e) => log.push(`${method}: ${e.message}`));
  const offer = async (leg) => {
    await leg.pc.setLocalDescription();
    await say("media.leg.offer", { leg: leg.id, sdp: leg.pc.localDescription.sdp });
  };
  async function take(m) {
    log.push(`${m.op} ${m.kind ?? ""} ${m.reason ?? ""}`);
    if (m.op === "open") {
      const pc = new RTCPeerConnection({ iceServers: m.ice_servers });
      const leg = { id: m.leg, kind: m.kind, peer: m.peer, pc, streams: [], seen: new Map() };
      legs.set(m.leg, leg);
      pc.onicecandidate = ({ candidate: c }) => {
        if (c && (!c.candidate || c.protocol === "tcp")) return;
        void say("media.leg.candidate", c ? { leg: m.leg, candidate: { candidate: c.candidate, sdpMid: c.sdpMid, sdpMLineIndex: c.sdpMLineIndex } } : { leg: m.leg });
      };
      pc.onconnectionstatechange = () => pc.connectionState === "connected" && void say("media.leg.state", { leg: m.leg, state: "up" });
      pc.ontrack = ({ track, transceiver }) => {
        if (track.kind !== "video") return;
        const video = document.createElement("video");
        Object.assign(video, { muted: true, autoplay: true, srcObject: new MediaStream([track]) });
        document.body.append(video);
        leg.seen.set(transceiver, video);
      };
      if (m.offerer) {
        for (const t of media.getTracks()) pc.addTransceiver(t, { direction: m.kind === "peer" ? "sendrecv" : "sendonly" });
        await offer(leg);
      }
      return;
    }
    const leg = legs.get(m.leg);
    if (!leg) return;
    if (m.op === "offer") {
      if (m.streams) leg.streams = m.streams;
      if (leg.kind === "peer" && !leg.pc.getSenders().length) for (const t of media.getTracks()) leg.pc.addTrack(t);
      await leg.pc.setRemoteDescription({ type: "offer", sdp: m.sdp });
      await leg.pc.setLocalDescription();
      await say("media.leg.answer", { leg: leg.id, sdp: leg.pc.localDescription.sdp });
    } else if (m.op === "answer") await leg.pc.setRemoteDescription({ type: "answer", sdp: m.sdp });
    else if (m.op === "candidate" && m.candidate) await leg.pc.addIceCandidate(m.candidate).catch(() => undefined);
    else if (m.op === "restart") {
      leg.pc.restartIce();
      await offer(leg);
    } else if (m.op === "close") {
      leg.pc.close();
      leg.closed = m.reason; // kept: nothing may come through it any more
    }
  }
  let work = Promise.resolve();
  const from = (user, kind) => {
    for (const leg of legs.values()) {
      if (leg.kind === "send" || leg.closed) continue;
      for (const tr of leg.pc.getTransceivers()) {
        const known = leg.kind === "peer" ? leg.peer : leg.streams.find((s) => s.mid === tr.mid)?.user;
        if (known === user && tr.receiver.track.kind === kind && /recv/.test(tr.currentDirection ?? "")) return { leg, tr };
      }
    }
    return null;
  };
  window.call = {
    log,
    kinds: () => [...legs.values()].filter((l) => !l.closed).map((l) => l.kind).sort().join(" "),
    async sit(name, password) {
      media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 240, frameRate: 15 } });
      const login = await (
        await fetch("/api/v1/rpc", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "session.login", params: { name, password, device: `tab-${name}` } }),
        })
      ).json();
      window.call.token = login.result.token;
      socket = new WebSocket(`ws://${location.host}/ws`, "fengqiao.v1");
      socket.onmessage = ({ data }) => {
        const m = JSON.parse(data);
        if (m.method === "leg") work = work.then(() => take(m.params.data)).catch((e) => log.push(String(e)));
        if (m.method === "talking") log.push(`talking ${m.params.data.user} ${m.params.data.talking}`);
        const a = asked.get(m.id);
        asked.delete(m.id);
        if (a && m.error) a.fail(new Error(m.error.message));
        else if (a) a.done(m.result);
      };
      await new Promise((done) => (socket.onopen = done));
      await rpc("session.open", { token: login.result.token, device: `tab-${name}` });
    },
    rpc,
    /** How many pictures of him were decoded, how many packets of his sound came, and what the picture is. */
    async of(user) {
      const out = { frames: 0, audio: 0, picture: "" };
      const v = from(user, "video");
      const a = from(user, "audio");
      if (v) {
        (await v.tr.receiver.getStats()).forEach((s) => s.type === "inbound-rtp" && (out.frames = s.framesDecoded ?? 0));
        const video = v.leg.seen.get(v.tr);
        const canvas = Object.assign(document.createElement("canvas"), { width: 32, height: 24 });
        const paint = canvas.getContext("2d");
        if (video?.videoWidth) {
          paint.drawImage(video, 0, 0, 32, 24);
          out.picture = paint.getImageData(0, 0, 32, 24).data.join();
        }
      }
      if (a) (await a.tr.receiver.getStats()).forEach((s) => s.type === "inbound-rtp" && (out.audio = s.packetsReceived ?? 0));
      return out;
    },
    /** Bytes that came into this tab, over all it ever had. */
    async bytes() {
      let n = 0;
      for (const leg of legs.values()) if (leg.pc.connectionState !== "closed") (await leg.pc.getStats()).forEach((s) => s.type === "transport" && (n += s.bytesReceived));
      return n;
    },
  };
}

let server;
let browser;
before(async () => {
  if (lacks) return;
  browser = await startBrowser("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required");
  server = await startServer({ hours: 1 });
  await up();
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

const media = () => JSON.parse(server.run("call", "media.server"));
const up = () => until("the media server", () => media().state === "up");

/** Its process: the server's own child. */
function janus() {
  const { stdout } = spawnSync("ps", ["-eo", "pid=,ppid=,user=,args="], { encoding: "utf8" });
  const rows = stdout.split("\n").map((l) => l.trim().split(/\s+/));
  return rows.filter((r) => r[1] === String(server.pid) && r[3] === "/usr/bin/janus").map((r) => ({ pid: Number(r[0]), user: r[2] }))[0];
}

async function sit(name) {
  const context = await browser.newContext({ permissions: ["camera", "microphone"] });
  const page = await context.newPage();
  await page.goto(`${server.url}/readyz`);
  await page.evaluate(`(${tab})()`);
  await page.evaluate(([n, p]) => window.call.sit(n, p), [name, PASSWORD]);
  return {
    name,
    page,
    rpc: (method, params) => page.evaluate(([m, p]) => window.call.rpc(m, p), [method, params]),
    of: (user) => page.evaluate((u) => window.call.of(u), user),
    bytes: () => page.evaluate(() => window.call.bytes()),
    kinds: () => page.evaluate(() => window.call.kinds()),
    log: () => page.evaluate(() => window.call.log),
    leave: () => context.close(),
  };
}

/** One more picture of him than before, and not the same one. */
async function sees(one, other, limitMs = 20_000) {
  const before = await one.of(other);
  await until(
    `${one.name} to see ${other}`,
    async () => {
      const now = await one.of(other);
      return now.frames > 5 && now.frames !== before.frames && now.picture && now.picture !== before.picture && now.audio > 0;
    },
    limitMs,
  ).catch(async (e) => {
    throw new Error(`${e.message}: ${(await one.log()).join("; ")}\n${server.log().slice(-2000)}`);
  });
}

async function stands(one, other, what, wait = 1500) {
  // packets under way have a moment to arrive; then the number must not move
  await one.page.waitForTimeout(700);
  const before = (await one.of(other))[what];
  await one.page.waitForTimeout(wait);
  assert.equal((await one.of(other))[what], before, `${what} of ${other} at ${one.name}`);
}

test("three in a call: seen, muted, put out, and the media server killed under them", { skip: lacks || false, timeout: 120_000 }, async () => {
  const [a, b, c] = await Promise.all(["dispatcher", "commander", "dispatcher2"].map(sit));
  const all = [a, b, c];
  const { id } = await a.rpc("conf.create", { title: "三方会商", to: [{ user: "commander" }, { user: "dispatcher2" }] });
  for (const one of all) await one.rpc("conf.join", { id });

  await test("begins between the pages, and moves when the chair mutes", async () => {
    for (const one of all) for (const other of all) if (one !== other) await sees(one, other.name);
    assert.match(await a.kinds(), /^peer peer$/);
    await a.rpc("conf.mute", { id, user: "commander", muted: true });
    await until("legs of the media server alone", async () => (await Promise.all(all.map((one) => one.kinds()))).every((k) => k === "recv send"));
    for (const one of all) for (const other of all) if (one !== other && other !== b) await sees(one, other.name);
  });

  await test("who is muted is not heard, and is seen", async () => {
    await stands(a, "commander", "audio");
    const before = await a.of("commander");
    await until("his picture to go on", async () => (await a.of("commander")).frames > before.frames);
    await a.rpc("conf.mute", { id, user: "commander", muted: false });
    await until("his voice", async () => (await a.of("commander")).audio > before.audio + 10);
  });

  await test("killed, it is back, and so are they", async () => {
    const was = janus();
    assert.equal(was.user, "nobody");
    const t0 = Date.now();
    process.kill(was.pid, "SIGKILL");
    await until("another one", () => janus()?.pid && janus().pid !== was.pid);
    await up();
    for (const one of all) for (const other of all) if (one !== other) await sees(one, other.name);
    console.log(`    faces back ${Date.now() - t0} ms after the media server was killed`);
  });

  await test("who is put out gets not one frame more", async () => {
    await a.rpc("conf.kick", { id, user: "dispatcher2" });
    await until("his legs to close", async () => (await c.kinds()) === "");
    const before = await c.bytes();
    await c.page.waitForTimeout(1500);
    assert.equal(await c.bytes(), before);
    assert.equal(media().handles, 5, "the desk of the room, and two handles of each who is left");
    await sees(a, "commander");
    assert.equal((await a.of("dispatcher2")).frames, 0);
  });

  await test("over, nothing is left of it", async () => {
    await a.rpc("conf.end", { id });
    await until("no handle", () => media().handles === 0 && media().rooms === 0);
  });
  for (const one of all) await one.leave();
});

/** How long each stream of a film is, in seconds, and what a player says when it plays it to the end. */
function play(film) {
  const dir = mkdtempSync(join(tmpdir(), "fq-film-"));
  const file = join(dir, "film.mp4");
  try {
    writeFileSync(file, film);
    const said = spawnSync("ffprobe", ["-v", "error", "-show_entries", "stream=codec_type,duration", "-of", "json", file], { encoding: "utf8" });
    const played = spawnSync("ffmpeg", ["-v", "error", "-nostdin", "-i", file, "-f", "null", "-"], { encoding: "utf8" });
    const streams = JSON.parse(said.stdout).streams.map((s) => [s.codec_type, Number(s.duration)]);
    return { ...Object.fromEntries(streams), complaints: said.stderr + played.stderr };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test("recorded: who spoke, one film of it, the same bytes as were hashed", { skip: lacks || false, timeout: 120_000 }, async () => {
  const both = await Promise.all(["dispatcher", "commander"].map(sit));
  const [a, b] = both;
  const begin = async (title) => {
    const { id } = await a.rpc("conf.create", { title, to: [{ user: "commander" }] });
    for (const one of both) await one.rpc("conf.join", { id });
    await a.rpc("conf.record", { id, on: true });
    await until("the media server to carry it", async () => (await Promise.all(both.map((one) => one.kinds()))).every((k) => k === "recv send"));
    await sees(a, "commander");
    await sees(b, "dispatcher");
    return id;
  };
  const latest = async (conf) => (await a.rpc("recording.list", { conf })).rows[0];
  const made = (conf) =>
    until("the film", async () => {
      const row = await latest(conf);
      if (row.state === "failed") throw new Error(`${row.why_en}\n${server.log().slice(-2000)}`);
      return row.state === "done" && row;
    });
  const heard = (row) => row.tracks.map((t) => `${t.kind} ${t.user}`).sort();
  const everybody = ["audio commander", "audio dispatcher", "video commander", "video dispatcher"];

  await test("switched on and off", async () => {
    const id = await begin("录制");
    await a.page.waitForTimeout(2000); // what is recorded
    await a.rpc("conf.record", { id, on: false });
    const row = await made(id);
    assert.deepEqual(heard(row), everybody);
    const answer = await fetch(`${server.url}/api/v1/blobs/${row.sha256}`, { headers: { authorization: `Bearer ${await a.page.evaluate(() => window.call.token)}` } });
    assert.equal(answer.status, 200);
    const film = Buffer.from(await answer.arrayBuffer());
    assert.equal(film.length, row.size);
    const { video, audio, complaints } = play(film);
    assert.equal(complaints, "");
    assert.ok(video >= 2 && Math.abs(video - audio) < 0.5, `video ${video} s, audio ${audio} s`);
    const asked = await a.rpc("recording.verify", { id: row.id });
    assert.equal(asked.files, 5);
    assert.equal((await until("every file to be hashed again", async () => { const r = await latest(id); return r.verified_at && r; })).intact, true);
    await sees(a, "commander"); // the call goes on
    await a.rpc("conf.end", { id });
  });

  await test("the conference ends while it is recorded", async () => {
    const id = await begin("散会");
    const t0 = Date.now();
    await a.rpc("conf.end", { id });
    await until("its end", async () => (await a.rpc("conf.get", { id })).state === "ended", 10_000);
    console.log(`    ended ${Date.now() - t0} ms after the chair said so`);
    assert.deepEqual(heard(await made(id)), everybody);
  });
  for (const one of both) await one.leave();
});
