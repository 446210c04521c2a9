// A village camera for tests: RTSP over TCP, interleaved, digest authentication, a picture made by ffmpeg that
// repeats without end. It can also refuse, hang and reboot.
//
//   const camera = await startCamera({ user: "admin", password: "secret", codec: "h264" });
//   camera.url        rtsp://admin:secret@127.0.0.1:PORT/stream1
//   camera.playing    how many are being sent the picture now
//   camera.logins     right and wrong ones so far
//   camera.refuse = true / camera.hang = true; await camera.reboot(ms); await camera.close()
//
// As a program: node fake_camera.mjs [PORT] prints its address.
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const RATE = 15, MTU = 1200, CLOCK = 90_000;
const ENCODERS = { h264: ["-c:v", "libx264", "-profile:v", "baseline", "-bf", "0"], h265: ["-c:v", "libx265", "-x265-params", "log-level=none:bframes=0"] };
const md5 = (text) => createHash("md5").update(text).digest("hex");

/** NAL units of an Annex B stream. */
function units(stream) {
  const starts = [];
  for (let i = stream.indexOf("\0\0\x01", 0, "latin1"); i >= 0; i = stream.indexOf("\0\0\x01", i + 3, "latin1")) starts.push(i + 3);
  return starts.map((at, x) => {
    let end = x + 1 < starts.length ? starts[x + 1] - 3 : stream.length;
    while (end > at && stream[end - 1] === 0) end--;
    return stream.subarray(at, end);
  });
}

const typeOf = { h264: (n) => n[0] & 31, h265: (n) => (n[0] >> 1) & 63 };
const isPicture = { h264: (t) => t >= 1 && t <= 5, h265: (t) => t < 32 };

/** Pictures: each an array of the NAL units that belong to it, its parameter sets before it. */
function pictures(stream, codec) {
  const list = [];
  let open = [];
  for (const nal of units(stream)) {
    open.push(nal);
    if (!isPicture[codec](typeOf[codec](nal))) continue;
    list.push(open);
    open = [];
  }
  return list;
}

/** RTP payloads of one NAL unit: itself, or fragments. */
function payloads(nal, codec) {
  if (nal.length <= MTU) return [nal];
  const head = codec === "h264" ? 1 : 2, out = [];
  const type = typeOf[codec](nal);
  for (let at = head; at < nal.length; at += MTU - 3) {
    const part = nal.subarray(at, at + MTU - 3), edge = (at === head ? 0x80 : 0) | (at + part.length === nal.length ? 0x40 : 0);
    const prefix = codec === "h264" ? [(nal[0] & 0xe0) | 28, edge | type] : [(nal[0] & 0x81) | (49 << 1), nal[1], edge | type];
    out.push(Buffer.concat([Buffer.from(prefix), part]));
  }
  return out;
}

async function film(codec, size) {
  const dir = await mkdtemp(join(tmpdir(), "fake-camera-")), file = join(dir, "film");
  try {
    await promisify(execFile)("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", `testsrc=size=${size}:rate=${RATE}`, "-t", "4", "-pix_fmt", "yuv420p", "-g", String(RATE), ...ENCODERS[codec], "-f", codec === "h264" ? "h264" : "hevc", "-y", file]);
    return pictures(await readFile(file), codec);
  } finally {
    await rm(dir, { recursive: true });
  }
}

class Viewer {
  constructor(camera, socket) {
    Object.assign(this, { camera, socket, text: Buffer.alloc(0), nonce: randomBytes(8).toString("hex"), seq: 0, ssrc: randomBytes(4) });
    socket.on("data", (bytes) => this.heard(bytes));
    socket.on("error", () => {});
    socket.on("close", () => this.gone());
  }

  gone() {
    clearInterval(this.timer);
    this.camera.viewers.delete(this);
  }

  heard(bytes) {
    this.text = Buffer.concat([this.text, bytes]);
    for (;;) {
      if (this.text[0] === 0x24) { // what the viewer reports about his reception
        if (this.text.length < 4 || this.text.length < 4 + this.text.readUInt16BE(2)) return;
        this.text = this.text.subarray(4 + this.text.readUInt16BE(2));
        continue;
      }
      const end = this.text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const lines = this.text.subarray(0, end).toString("latin1").split("\r\n");
      this.text = this.text.subarray(end + 4);
      if (!this.camera.hang) this.answer(lines);
    }
  }

  say(cseq, status, headers = [], body = "") {
    this.socket.write([`RTSP/1.0 ${status}`, `CSeq: ${cseq}`, ...headers, ...(body ? ["Content-Type: application/sdp", `Content-Length: ${body.length}`] : []), "", body].join("\r\n"));
  }

  /** Does the digest of this request prove the password? */
  proven(verb, header) {
    const said = Object.fromEntries([...header.matchAll(/(\w+)="([^"]*)"/g)].map((m) => [m[1], m[2]]));
    const { user, password, realm } = this.camera;
    return said.username === user && said.nonce === this.nonce && said.response === md5(`${md5(`${user}:${realm}:${password}`)}:${this.nonce}:${md5(`${verb}:${said.uri}`)}`);
  }

  answer([first, ...rest]) {
    const [verb, uri] = first.split(" ");
    const headers = new Map(rest.map((l) => [l.slice(0, l.indexOf(":")).toLowerCase(), l.slice(l.indexOf(":") + 1).trim()]));
    const cseq = headers.get("cseq"), { camera } = this;
    if (camera.refuse) return this.say(cseq, "503 Service Unavailable");
    if (verb === "OPTIONS") return this.say(cseq, "200 OK", ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"]);
    const proof = headers.get("authorization");
    if (!proof || !this.proven(verb, proof)) {
      if (proof) camera.logins.wrong++;
      return this.say(cseq, "401 Unauthorized", [`WWW-Authenticate: Digest realm="${camera.realm}", nonce="${this.nonce}"`]);
    }
    if (verb === "DESCRIBE") {
      camera.logins.right++;
      return this.say(cseq, "200 OK", [`Content-Base: ${uri}/`], this.describe());
    }
    if (verb === "SETUP") {
      if (!/TCP/.test(headers.get("transport"))) return this.say(cseq, "461 Unsupported Transport");
      return this.say(cseq, "200 OK", ["Session: 1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"]);
    }
    if (verb === "PLAY") {
      this.say(cseq, "200 OK", ["Session: 1"]);
      return this.play();
    }
    if (verb === "TEARDOWN") this.gone();
    this.say(cseq, "200 OK", ["Session: 1"]);
  }

  describe() {
    const { codec, film: [first] } = this.camera;
    const sets = first.filter((n) => !isPicture[codec](typeOf[codec](n))).map((n) => n.toString("base64"));
    const format = codec === "h264" ? `a=fmtp:96 packetization-mode=1;profile-level-id=42c01f;sprop-parameter-sets=${sets.slice(0, 2).join(",")}\r\n` : "";
    return `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:96 ${codec.toUpperCase()}/90000\r\n${format}a=control:track1\r\n`;
  }

  play() {
    let frame = 0;
    this.camera.viewers.add(this);
    this.timer = setInterval(() => {
      if (this.camera.hang) return;
      const { film, codec } = this.camera, nals = film[frame % film.length];
      nals.forEach((nal, x) => {
        const parts = payloads(nal, codec);
        parts.forEach((payload, y) => this.packet(payload, x === nals.length - 1 && y === parts.length - 1, frame));
      });
      frame++;
    }, 1000 / RATE);
  }

  packet(payload, last, frame) {
    const head = Buffer.alloc(16);
    head.writeUInt8(0x24, 0);
    head.writeUInt16BE(12 + payload.length, 2);
    head.writeUInt8(0x80, 4);
    head.writeUInt8(96 | (last ? 0x80 : 0), 5);
    head.writeUInt16BE(this.seq++ & 0xffff, 6);
    head.writeUInt32BE((frame * CLOCK / RATE) >>> 0, 8);
    this.ssrc.copy(head, 12);
    this.socket.write(Buffer.concat([head, payload]));
  }
}

class Camera {
  constructor(options) {
    Object.assign(this, { user: "admin", password: "Cam-5ecret", realm: "IP Camera", codec: "h264", size: "320x240", port: 0, refuse: false, hang: false }, options);
    this.logins = { right: 0, wrong: 0 };
    this.viewers = new Set();
    this.sockets = new Set();
  }

  async listen() {
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      new Viewer(this, socket);
    });
    await new Promise((ok, bad) => this.server.once("error", bad).listen(this.port, "127.0.0.1", ok));
    this.port = this.server.address().port;
  }

  get url() {
    return `rtsp://${this.user}:${this.password}@127.0.0.1:${this.port}/stream1`;
  }

  get playing() {
    return this.viewers.size;
  }

  async close() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((ok) => this.server.close(ok));
  }

  /** Every connection breaks; nobody is there for a while; then it answers again. */
  async reboot(ms = 1500) {
    await this.close();
    await sleep(ms);
    await this.listen();
  }
}

export async function startCamera(options) {
  const camera = new Camera(options);
  camera.film = await film(camera.codec, camera.size);
  await camera.listen();
  return camera;
}

if (import.meta.url === `file://${process.argv[1]}`) console.log((await startCamera({ port: Number(process.argv[2] ?? 0), codec: process.argv[3] ?? "h264" })).url);
