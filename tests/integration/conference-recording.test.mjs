// Recordings on the real server with the real converters: tracks as Janus writes them (made here out of RTP that ffmpeg
// sends), a server that is killed on the way, one playable file with both voices in their places, hashes that are
// checked, a file that is damaged, removal.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { AT, startCounty } from "./county.mjs";
import { until } from "./server.mjs";

const missing = ["ffmpeg", "janus", "janus-pp-rec"].filter((program) => {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`]);
    return false;
  } catch {
    return true;
  }
});
const SECONDS = 4;

/** RTP packets that ffmpeg sends for this input, [milliseconds since the first, packet]. */
async function packets(args) {
  const socket = createSocket("udp4"), heard = [];
  let began = 0;
  socket.on("message", (m) => {
    began ||= Date.now();
    heard.push([Date.now() - began, m]);
  });
  await new Promise((done) => socket.bind(0, "127.0.0.1", done));
  const { port } = socket.address();
  const child = spawn("ffmpeg", ["-v", "error", "-re", ...args, "-t", String(SECONDS), "-f", "rtp", `rtp://127.0.0.1:${port}?pkt_size=1200&rtcpport=${port + 1}`], { stdio: "ignore" });
  await new Promise((done) => child.on("exit", done));
  socket.close();
  return heard;
}

/** A .mjr file of these packets; `from`: when the first came. */
function mjr(type, codec, from, heard) {
  const text = JSON.stringify({ t: type, c: codec, s: from * 1000, u: from * 1000 });
  const head = Buffer.alloc(10);
  head.write("MJR00002");
  head.writeUInt16BE(text.length, 8);
  const parts = [head, Buffer.from(text)];
  for (const [ms, packet] of heard) {
    const frame = Buffer.alloc(10);
    frame.write("MEET");
    frame.writeUInt32BE(ms, 4);
    frame.writeUInt16BE(packet.length, 8);
    parts.push(frame, packet);
  }
  return Buffer.concat(parts);
}

describe("recordings", { skip: missing.length ? `NOT RUN: ${missing.join(" and ")} not installed (apt install janus janus-tools ffmpeg)` : false }, () => {
  let server, desk, security, conf, recording;
  const session = (name) => server.session(name, { token: server.tokens[name], device: `page-${name}` });
  const one = async (id) => (await server.system("recording.list", {})).rows.find((r) => r.id === id);
  const becomes = (id, state, limit = 60_000) => until(`${id} to be ${state}`, async () => {
    const r = await one(id);
    return r?.state === state && r;
  }, limit);
  before(async () => {
    server = await startCounty([["desk", "dispatcher", AT.county], ["chief", "commander", AT.county], ["keeper", "admin.security", AT.county], ["officer", "officer", AT.A1g]]);
    [desk, security] = await Promise.all([session("desk"), session("keeper")]);
  });
  after(() => server?.stop({ prove: true }));

  test("the chair begins it, others may not", async () => {
    conf = (await desk.call("conf.create", { title: "汛情会商", org: AT.A, to: [{ user: "officer" }] })).id;
    const officer = await session("officer");
    await officer.call("conf.join", { id: conf });
    await assert.rejects(officer.call("conf.record", { id: conf, on: true }), (e) => e.data.code === "conf.chair");
    const answer = await until("the media server", () => desk.call("conf.record", { id: conf, on: true }).catch((e) => (assert.equal(e.data.code, "conf.cannot_record"), null)), 15_000);
    recording = answer.recording;
    assert.equal((await desk.call("conf.get", { id: conf })).recording, true);
    assert.deepEqual(await desk.call("conf.record", { id: conf, on: true }).then((r) => r.recording), recording, "once is enough");
    assert.equal((await one(recording)).state, "recording");
    await officer.close();
  });

  test("tracks that a killed server left behind become evidence, and the recording goes on", async () => {
    const [voice, picture, other] = await Promise.all([
      packets(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-c:a", "libopus", "-payload_type", "111"]),
      packets(["-f", "lavfi", "-i", "testsrc=size=320x240:rate=15", "-pix_fmt", "yuv420p", "-c:v", "libvpx", "-deadline", "realtime", "-payload_type", "96"]),
      packets(["-f", "lavfi", "-i", "testsrc2=size=240x320:rate=15", "-pix_fmt", "yuv420p", "-c:v", "libvpx", "-deadline", "realtime", "-payload_type", "96"]),
    ]);
    assert.ok(voice.length > 100 && picture.length > 40 && other.length > 40);
    await server.kill();
    const dir = join(server.data, "recordings", conf), from = Date.now() - 60_000;
    mkdirSync(dir, { recursive: true });
    const put = (user, type, codec, at, heard) => {
      const file = join(dir, `videoroom-${conf}-user-${user}~1-${at}-${type === "a" ? "audio" : "video"}-0.mjr`);
      writeFileSync(file, mjr(type, codec, at, heard));
      utimesSync(file, new Date(), new Date(at + SECONDS * 1000));
    };
    put("desk", "a", "opus", from, voice);
    put("desk", "v", "vp8", from, picture);
    put("officer", "v", "vp8", from + 2000, other);
    writeFileSync(join(dir, `videoroom-${conf}-user-desk~9-1-audio-0.mjr`), "no recording at all");
    await server.start();
    server.reconnect();
    const { tracks } = await until("the tracks", async () => {
      const r = await one(recording);
      return r.tracks.length === 3 && r;
    });
    assert.deepEqual(tracks.map((t) => `${t.user} ${t.kind}`).sort(), ["desk audio", "desk video", "officer video"]);
    for (const t of tracks) assert.ok(server.blob(t.sha256), "kept under its hash");
  });

  test("stopped, it becomes one playable file, also when the server is killed meanwhile", async () => {
    [desk, security] = await Promise.all([session("desk"), session("keeper")]);
    const running = (await server.system("recording.list", { conf })).rows.find((r) => r.state === "recording");
    if (running) await session("chief").then((c) => c.call("conf.record", { id: conf, on: false }));
    await until("the conversion", async () => (await one(recording)).progress !== undefined, 75_000);
    await server.kill();
    await server.start();
    server.reconnect();
    const done = await becomes(recording, "done");
    assert.equal(done.broken, undefined);
    const file = join(server.data, "blobs", done.sha256.slice(0, 2), done.sha256);
    const { stdout } = await promisify(execFile)("ffprobe", ["-v", "error", "-show_entries", "stream=codec_name,width,height:format=duration", "-of", "json", file]);
    const { streams, format } = JSON.parse(stdout);
    assert.deepEqual(streams.map((s) => s.codec_name).sort(), ["aac", "h264"]);
    assert.deepEqual([streams.find((s) => s.width).width, streams.find((s) => s.width).height], [1280, 720]);
    assert.ok(Math.abs(Number(format.duration) - (SECONDS + 2)) < 0.7, `${format.duration} s`);
    // the second picture comes two seconds later, in its own tile on the right
    const tile = async (second) => (await promisify(execFile)("ffmpeg", ["-v", "error", "-ss", String(second), "-i", file, "-frames:v", "1", "-vf", "crop=200:200:860:260", "-f", "rawvideo", "-pix_fmt", "gray", "-"], { encoding: "buffer" })).stdout;
    const spread = (b) => Math.max(...b) - Math.min(...b);
    assert.ok(spread(await tile(1)) < 12, "empty before he came");
    assert.ok(spread(await tile(3.5)) > 60, "there afterwards");
    [desk, security] = await Promise.all([session("desk"), session("keeper")]);
    const got = await fetch(`${server.url}/api/v1/blobs/${done.sha256}`, { headers: { authorization: `Bearer ${desk.token}`, range: "bytes=0-99" } });
    assert.equal(got.headers.get("content-type"), "video/mp4");
    assert.equal(got.status, 206);
    const recorded = (await server.journal()).find((e) => e.kind === "conf.recorded" && e.data.recording === recording);
    assert.deepEqual([recorded.data.operator, recorded.data.sha256, recorded.data.tracks.length], ["desk", done.sha256, 3]);
  });

  test("each file is checked against its hash, and a changed one is told", async () => {
    const verified = async () => {
      const from = desk.heard.length;
      assert.equal((await desk.call("recording.verify", { id: recording })).files, 4);
      return (await desk.hear((m) => desk.heard.indexOf(m) >= from && m.params?.kind === "conf.record_verified")).params.data;
    };
    assert.deepEqual((await verified()).damaged, []);
    const { sha256 } = (await one(recording)).tracks[0];
    const file = join(server.data, "blobs", sha256.slice(0, 2), sha256), bytes = readFileSync(file);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(file, bytes);
    assert.deepEqual((await verified()).damaged, [sha256]);
    assert.equal((await one(recording)).intact, false);
  });

  test("removed with a reason, its files are gone and the entry stays", async () => {
    const { sha256, tracks } = await one(recording);
    await assert.rejects(desk.call("recording.remove", { id: recording, reason: "x" }), (e) => e.code === -32003);
    await security.call("recording.remove", { id: recording, reason: "当事人要求删除" });
    await until("the files to go", () => [sha256, ...tracks.map((t) => t.sha256)].every((s) => !server.blob(s)));
    assert.equal((await one(recording)).state, "removed");
    assert.equal((await server.journal()).find((e) => e.kind === "conf.record_removed").data.reason, "当事人要求删除");
  });
});
