import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Call, type CallLink } from "../shared/call/call";
import { openDevices, whyOf, type MediaSource } from "../shared/call/devices";
import { Floor } from "../shared/call/floor";
import { Leg, type LegHost } from "../shared/call/legs";
import { arrange, columns, tilesOf, type Tile } from "../shared/call/tiles";
import type { Conference, LegMessage, LegOpen, Member } from "../shared/call/types";
import { Watching } from "../shared/call/watching";
import { RpcError } from "../shared/link";
import { settle } from "./fakes";

/* ---- a browser's half, in a few lines ---- */

class FakeTrack {
  static n = 0;
  id = `track${++FakeTrack.n}`;
  enabled = true;
  muted = false;
  readyState = "live";
  onended: (() => void) | null = null;
  onmute: unknown = null;
  onunmute: unknown = null;
  constructor(readonly kind: string) {}
  stop() {
    this.readyState = "ended";
  }
}
class FakeStream {
  id: string;
  constructor(readonly tracks: FakeTrack[]) {
    this.id = `stream of ${tracks.map((x) => x.id).join()}`;
  }
  getAudioTracks = () => this.tracks.filter((x) => x.kind === "audio");
  getVideoTracks = () => this.tracks.filter((x) => x.kind === "video");
}

interface FakeSender {
  track: unknown;
  params: { encodings: { active?: boolean; maxBitrate?: number }[] };
  replaceTrack(t: unknown): Promise<void>;
  getParameters(): FakeSender["params"];
  setParameters(p: FakeSender["params"]): Promise<void>;
}
interface FakeTransceiver {
  mid: string | null;
  direction: string;
  currentDirection: string | null;
  sender: FakeSender;
  receiver: { track: FakeTrack; level: number; getSynchronizationSources(): { audioLevel: number }[] };
}

class FakePeer {
  static all: FakePeer[] = [];
  signalingState = "stable";
  connectionState = "new";
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  transceivers: FakeTransceiver[] = [];
  added: unknown[] = [];
  log: string[] = [];
  closed = false;
  stats: Record<string, unknown>[] = [];
  onnegotiationneeded: (() => void) | null = null;
  onicecandidate: ((e: { candidate: unknown }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  ontrack: ((e: { track: FakeTrack }) => void) | null = null;
  private offers = 0;
  private due = false;

  constructor(readonly config: RTCConfiguration) {
    FakePeer.all.push(this);
  }
  private make(kind: string, track: unknown, direction: string): FakeTransceiver {
    const sender: FakeSender = {
      track,
      params: { encodings: [{}] },
      replaceTrack: async (t) => void (sender.track = t),
      getParameters: () => sender.params,
      setParameters: async (p) => void (sender.params = p),
    };
    const receiver = { track: new FakeTrack(kind), level: 0, getSynchronizationSources: () => [{ audioLevel: receiver.level }] };
    const tr: FakeTransceiver = { mid: null, direction, currentDirection: null, sender, receiver };
    this.transceivers.push(tr);
    return tr;
  }
  addTransceiver(what: unknown, { direction }: { direction: string }) {
    const tr = typeof what === "string" ? this.make(what, null, direction) : this.make((what as FakeTrack).kind, what, direction);
    if (!this.due) queueMicrotask(() => ((this.due = false), this.onnegotiationneeded?.()));
    this.due = true;
    return tr;
  }
  getTransceivers = () => this.transceivers;
  async setLocalDescription(d?: { type: string }) {
    if (d?.type === "rollback") {
      if (this.signalingState !== "have-local-offer") throw new Error("nothing to take back");
      this.signalingState = "stable";
      this.log.push("rollback");
      return;
    }
    await Promise.resolve();
    const answering = this.signalingState === "have-remote-offer";
    this.localDescription = { type: answering ? "answer" : "offer", sdp: `v=0 ${answering ? "answer" : "offer"} ${++this.offers}` };
    this.signalingState = answering ? "stable" : "have-local-offer";
    if (answering) this.agree();
  }
  async setRemoteDescription(d: { type: string; sdp: string }) {
    await Promise.resolve();
    if (d.sdp.includes("bad")) throw new Error("no sense");
    if (d.type === "offer") {
      if (this.signalingState === "have-local-offer") this.log.push("rollback");
      this.signalingState = "have-remote-offer";
      // What the offer brings and nobody here has a line for yet.
      for (const kind of ["audio", "video"]) if (!this.transceivers.some((x) => x.receiver.track.kind === kind)) this.make(kind, null, "recvonly");
    } else {
      if (this.signalingState !== "have-local-offer") throw new Error("an answer to nothing");
      this.signalingState = "stable";
      this.agree();
    }
    this.remoteDescription = d;
  }
  private agree() {
    this.transceivers.forEach((tr, i) => {
      tr.mid = String(i);
      tr.currentDirection = tr.direction;
      this.ontrack?.({ track: tr.receiver.track });
    });
  }
  async addIceCandidate(c: unknown) {
    if (!this.remoteDescription) throw new Error("before the description");
    this.added.push(c);
  }
  restartIce() {
    this.log.push("restart");
    this.onnegotiationneeded?.();
  }
  async getStats() {
    return this.stats;
  }
  close() {
    this.closed = true;
  }
  become(state: string) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
}

const asPeer = (config: RTCConfiguration) => new FakePeer(config) as unknown as RTCPeerConnection;
const lastPeer = () => FakePeer.all[FakePeer.all.length - 1]!;

beforeEach(() => {
  FakePeer.all = [];
  vi.useFakeTimers();
  vi.stubGlobal("MediaStream", FakeStream);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
/** Lets promises and due timers run. */
const pass = async (ms = 0) => {
  await settle();
  await vi.advanceTimersByTimeAsync(ms);
  await settle();
};

/* ---- legs ---- */

function legWorld(open: Partial<LegOpen> = {}) {
  const sent: { method: string; params: Record<string, unknown> }[] = [];
  const refuse: { code: number }[] = [];
  const gone: string[] = [];
  const host: LegHost = {
    send: async (method, params) => {
      const e = refuse.shift();
      if (e) throw e;
      sent.push({ method: method.replace("media.leg.", ""), params });
    },
    local: () => null,
    limit: () => 1200,
    makePeer: asPeer,
    changed: () => undefined,
    gone: (l) => gone.push(l.id),
  };
  const leg = new Leg("L1", { op: "open", kind: "peer", peer: "b", offerer: true, ...open }, host);
  const said = () => sent.map((x) => x.method).join(" ");
  return { leg, sent, said, refuse, gone, peer: lastPeer() };
}

describe("a leg", () => {
  it("offers when it is told to, answers when it is not, and sends on the lines of the offer", async () => {
    const a = legWorld({ offerer: true });
    await pass();
    expect(a.said()).toBe("offer");
    expect(a.sent[0]!.params).toMatchObject({ leg: "L1", sdp: "v=0 offer 1" });
    a.leg.take({ leg: "L1", op: "answer", sdp: "v=0 theirs" });
    await pass();
    expect(a.peer.signalingState).toBe("stable");

    const b = legWorld({ offerer: false, polite: true });
    await pass();
    expect(b.said()).toBe("");
    b.leg.take({ leg: "L1", op: "offer", sdp: "v=0 theirs" });
    await pass();
    expect(b.said()).toBe("answer");
    expect(b.peer.transceivers.map((x) => x.direction)).toEqual(["sendrecv", "sendrecv"]);
    expect(b.leg.incoming().map((x) => [x.user, x.kind])).toEqual([["b", "audio"], ["b", "video"]]);
  });

  it("when both offer, the polite one takes its own back and the other goes on", async () => {
    const polite = legWorld({ offerer: true, polite: true });
    await pass();
    polite.leg.take({ leg: "L1", op: "offer", sdp: "v=0 theirs" });
    await pass();
    expect(polite.said()).toBe("offer answer");
    expect(polite.peer.log).toContain("rollback");

    const rude = legWorld({ offerer: true, polite: false });
    await pass();
    rude.leg.take({ leg: "L1", op: "offer", sdp: "v=0 theirs" });
    rude.leg.take({ leg: "L1", op: "candidate", candidate: { candidate: "candidate:of what was ignored" } });
    await pass();
    expect(rude.said()).toBe("offer");
    rude.leg.take({ leg: "L1", op: "answer", sdp: "v=0 theirs" });
    await pass();
    expect(rude.peer.signalingState).toBe("stable");
  });

  it("keeps candidates until there is a description, and its own until the far side has one", async () => {
    const w = legWorld({ offerer: false });
    w.leg.take({ leg: "L1", op: "candidate", candidate: { candidate: "candidate:1" } });
    w.peer.onicecandidate!({ candidate: { candidate: "candidate:mine", sdpMid: "0", sdpMLineIndex: 0, protocol: "udp" } });
    w.peer.onicecandidate!({ candidate: { candidate: "candidate:tcp", sdpMid: "0", sdpMLineIndex: 0, protocol: "tcp" } });
    w.peer.onicecandidate!({ candidate: null });
    await pass();
    expect(w.said()).toBe("");
    w.leg.take({ leg: "L1", op: "offer", sdp: "v=0 theirs" });
    await pass();
    expect(w.peer.added).toEqual([{ candidate: "candidate:1" }]);
    expect(w.sent.map((x) => [x.method, x.params["candidate"]])).toEqual([
      ["answer", undefined],
      ["candidate", { candidate: "candidate:mine", sdpMid: "0", sdpMLineIndex: 0 }],
      ["candidate", undefined],
    ]);
  });

  it("finds new paths: by itself when it failed, when it is told, and after an offer that was never answered", async () => {
    const w = legWorld();
    await pass();
    w.leg.take({ leg: "L1", op: "restart" });
    await pass();
    expect(w.peer.log).toEqual(["rollback", "restart"]);
    w.leg.take({ leg: "L1", op: "answer", sdp: "v=0 theirs" });
    await pass();
    w.peer.become("connected");
    w.peer.become("disconnected");
    w.peer.become("failed");
    expect(w.leg.state).toBe("failed");
    expect(w.peer.log).toHaveLength(2);
    await pass(600);
    expect(w.peer.log).toEqual(["rollback", "restart", "restart"]);
    expect(w.sent.filter((x) => x.method === "state").map((x) => x.params["state"])).toEqual(["up", "stalled", "failed"]);
  });

  it("of the media server's it never offers: it asks", async () => {
    const w = legWorld({ kind: "recv", offerer: false });
    w.leg.take({ leg: "L1", op: "offer", sdp: "v=0 theirs", streams: [{ mid: "0", user: "c", kind: "audio", source: "mic" }] });
    await pass();
    w.leg.take({ leg: "L1", op: "restart" });
    await pass();
    expect(w.said()).toBe("answer restart");
    expect(w.leg.incoming().map((x) => [x.mid, x.user])).toEqual([["0", "c"]]); // the other line shows nobody
  });

  it("waits when it is told to slow down, gives up on a leg the server does not know", async () => {
    const w = legWorld();
    w.refuse.push({ code: -32010 });
    await pass();
    expect(w.said()).toBe("");
    await pass(400);
    expect(w.said()).toBe("offer");
    w.refuse.push({ code: -32004 });
    w.peer.become("failed");
    await pass();
    expect(w.gone).toEqual(["L1"]);
  });

  it("outlives nonsense: named as failed, tried again", async () => {
    const w = legWorld({ offerer: false });
    w.leg.take({ leg: "L1", op: "offer", sdp: "bad" });
    await pass();
    expect(w.leg.state).toBe("failed");
    w.leg.close();
    await pass(20_000);
    expect(w.peer.closed).toBe(true);
    expect(w.said()).toBe("state");
  });

  it("measures what went through since the last time", async () => {
    const w = legWorld();
    w.peer.stats = [
      { type: "inbound-rtp", bytesReceived: 1000, packetsLost: 0, packetsReceived: 10 },
      { type: "outbound-rtp", bytesSent: 500 },
      { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.042 },
    ];
    expect(await w.leg.measure(0)).toEqual({ rtt_ms: 42 });
    w.peer.stats = [
      { type: "inbound-rtp", bytesReceived: 126_000, packetsLost: 10, packetsReceived: 100 },
      { type: "outbound-rtp", bytesSent: 25_500 },
    ];
    expect(await w.leg.measure(1000)).toEqual({ kbps_in: 1000, kbps_out: 200, loss: 0.1 });
  });
});

/* ---- devices ---- */

function source(answers: Record<string, unknown>): MediaSource & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    getUserMedia: async (c?: MediaStreamConstraints) => {
      const key = [c?.audio && "audio", c?.video && "video"].filter(Boolean).join("+");
      asked.push(key);
      const a = answers[key];
      if (a) throw a;
      return new FakeStream(key.split("+").map((k) => new FakeTrack(k))) as unknown as MediaStream;
    },
    getDisplayMedia: async () => new FakeStream([new FakeTrack("video")]) as unknown as MediaStream,
  };
}
const named = (name: string) => Object.assign(new Error(name), { name });

describe("devices", () => {
  it("asks once for both, then for each alone, and says why one is missing", async () => {
    const both = source({});
    const got = await openDevices({ audio: true, video: true }, both);
    expect([both.asked, got.audio?.kind, got.video?.kind]).toEqual([["audio+video"], "audio", "video"]);

    const noCamera = source({ "audio+video": named("NotFoundError"), video: named("NotFoundError") });
    const half = await openDevices({ audio: true, video: true }, noCamera);
    expect([half.audio?.kind, half.video, half.missing]).toEqual(["audio", null, { video: "none" }]);

    const refused = source({ "audio+video": named("NotAllowedError"), audio: named("NotAllowedError"), video: named("NotReadableError") });
    expect((await openDevices({ audio: true, video: true }, refused)).missing).toEqual({ audio: "refused", video: "busy" });
    expect((await openDevices({ audio: true, video: false }, null)).missing).toEqual({ audio: "insecure" });
    expect(whyOf(named("OverconstrainedError"))).toBe("none");
  });
});

/* ---- a call ---- */

const member = (user: string, more: Partial<Member> = {}): Member => ({
  user, name: user.toUpperCase(), role: "speaker", state: "connected", muted: false, camera: true, hand: false, screen: false, quality: "normal", audio_only: false, ...more,
});
const conference = (more: Partial<Conference> = {}): Conference => ({
  id: "v1", title: "x", org: "o", by: "me", state: "active", backend: "mesh", cannot: [], locked: false, layout: "grid", recording: false,
  floor: { line: [] }, members: [member("me", { role: "chair" }), member("b")], texts: [], rev: 1, created_at: "2026-11-23T00:00:00Z", ...more,
});

function callWorld(devices = source({})) {
  const sent: { method: string; params: Record<string, unknown> }[] = [];
  const on = { state: [] as ((s: string) => void)[], volatile: [] as ((v: unknown) => void)[], entry: [] as ((e: unknown) => void)[] };
  const add = <T>(list: T[], fn: T) => {
    list.push(fn);
    return () => void list.splice(list.indexOf(fn), 1);
  };
  const w = { state: "up", conf: conference(), refuse: null as RpcError | null };
  const link = {
    get state() {
      return w.state;
    },
    sid: "s1",
    user: { id: "me", roles: [], org: "o" },
    command: async (method: string, params: Record<string, unknown>) => {
      if (w.refuse && method.startsWith("conf.")) throw w.refuse;
      sent.push({ method, params });
      return {};
    },
    query: async () => structuredClone(w.conf),
    watchState: (fn: never) => add(on.state as never[], fn),
    watchVolatile: (fn: never) => add(on.volatile as never[], fn),
    watchEntries: (fn: never) => add(on.entry as never[], fn),
  };
  const call = new Call({ link: link as unknown as CallLink, id: "v1", source: devices, makePeer: asPeer, now: () => Date.now() });
  const tell = (m: Record<string, unknown>, topic = "leg") => {
    for (const fn of [...on.volatile]) fn({ topic, params: { key: "", data: { conf: "v1", ...m } } });
  };
  return {
    w, call, sent, tell, link: link as unknown as CallLink,
    said: () => sent.map((x) => x.method).filter((m) => m.startsWith("conf.")),
    goes: (state: string) => {
      w.state = state;
      for (const fn of [...on.state]) fn(state);
    },
    entry: (kind: string, data: Record<string, unknown> = {}, actor = "b") => {
      for (const fn of [...on.entry]) fn({ n: 1, p: 0, kind, at: "", subject: kind === "conf.ended" ? "i7" : "v1", data: { conf: "v1", ...data }, actor });
    },
    listeners: () => on.state.length + on.volatile.length + on.entry.length,
    open: (leg: string, more: Record<string, unknown> = {}) => tell({ leg, op: "open", kind: "peer", peer: "b", offerer: false, polite: true, ...more }),
    connect: async (leg: string) => {
      const peer = lastPeer();
      tell({ leg, op: "offer", sdp: "v=0 x" } as Partial<LegMessage>);
      await pass();
      peer.become("connected");
      return peer;
    },
  };
}

describe("a call", () => {
  it("joins, hears and sees before the devices are there, and sends them when they are", async () => {
    const c = callWorld();
    const joined = c.call.join();
    c.open("L1"); // told before the answer to joining
    await joined;
    expect(c.call.phase).toBe("in");
    const peer = await c.connect("L1");
    expect(c.call.stream("b", "video")).not.toBeNull();
    expect(c.call.stream("b", "video")).toBe(c.call.stream("b", "video"));
    expect(peer.transceivers.map((x) => (x.sender.track as FakeTrack).kind)).toEqual(["audio", "video"]);
    expect(c.call.voices().map((v) => v.who)).toEqual(["b audio"]);
  });

  it("says why it could not join, and lets go of everything", async () => {
    const c = callWorld();
    c.w.refuse = new RpcError({ code: -32009, data: { code: "conf.full" } });
    await c.call.join();
    expect([c.call.phase, c.call.over, (c.call.error as RpcError).key]).toEqual(["over", "refused", "conf.full"]);
    await pass();
    expect(c.listeners()).toBe(0);
  });

  it("stays with no devices at all", async () => {
    const c = callWorld(source({ "audio+video": named("NotAllowedError"), audio: named("NotAllowedError"), video: named("NotAllowedError") }));
    await c.call.join();
    await pass();
    expect([c.call.phase, c.call.missing]).toEqual(["in", { audio: "refused", video: "refused" }]);
  });

  it("opens the new leg before the old is closed, and shows the new one once it flows", async () => {
    const c = callWorld();
    await c.call.join();
    c.open("L1");
    const old = await c.connect("L1");
    const before = c.call.stream("b", "video");
    c.tell({ leg: "L2", op: "open", kind: "recv", offerer: false });
    c.tell({ leg: "L2", op: "offer", sdp: "v=0 y", streams: [{ mid: "0", user: "b", kind: "audio", source: "mic" }, { mid: "1", user: "b", kind: "video", source: "camera" }] });
    const fresh = lastPeer();
    await pass();
    expect(c.call.stream("b", "video")).toBe(before);
    expect(old.closed).toBe(false);
    fresh.become("connected");
    expect(c.call.stream("b", "video")).not.toBe(before);
    c.tell({ leg: "L1", op: "close", reason: "promoted" });
    expect(old.closed).toBe(true);
    expect(c.call.phase).toBe("in");
  });

  it("keeps its seat over a lost link: media goes on, and a leg made anew takes the place of the old", async () => {
    const c = callWorld();
    await c.call.join();
    c.open("L1");
    const old = await c.connect("L1");
    c.goes("down");
    expect(c.call.phase).toBe("lost");
    expect(old.closed).toBe(false);
    c.goes("up");
    await pass();
    expect(c.said()).toEqual(["conf.join", "conf.resume"]);
    expect(c.call.phase).toBe("in");
    c.open("L9");
    await c.connect("L9");
    expect(old.closed).toBe(true);
  });

  it("what was being agreed when the link went is begun anew", async () => {
    const c = callWorld();
    await c.call.join();
    c.open("L1", { offerer: true });
    await pass();
    c.goes("down");
    c.goes("up");
    await pass();
    expect(lastPeer().log).toEqual(["rollback", "restart"]);
  });

  it("is muted by others, never unmuted by them: that is asked", async () => {
    const c = callWorld();
    await c.call.join();
    await pass(150);
    c.open("L1");
    const mic = (await c.connect("L1")).transceivers[0]!.sender.track as FakeTrack;
    expect(mic.enabled).toBe(true);
    c.entry("conf.muted", { users: ["me"], muted: true });
    expect([c.call.silenced, mic.enabled]).toEqual([true, false]);
    c.w.refuse = new RpcError({ code: -32009, data: { code: "conf.muted" } });
    await c.call.setMuted(false);
    expect([c.call.silenced, mic.enabled, (c.call.error as RpcError).key]).toEqual([true, false, "conf.muted"]);
    c.w.refuse = null;
    c.entry("conf.unmute_asked", { users: ["me", "b"] });
    expect([c.call.asked, mic.enabled]).toEqual([true, false]);
    await c.call.setMuted(false);
    expect([c.call.asked, mic.enabled]).toEqual([false, true]);
    // What one has chosen oneself stands when the chair's mute is lifted.
    await c.call.setMuted(true);
    c.entry("conf.muted", { users: ["me"], muted: true });
    c.entry("conf.muted", { users: ["me"], muted: false });
    expect([c.call.silenced, c.call.muted, mic.enabled]).toEqual([false, true, false]);
    c.entry("conf.muted", { users: ["b"], muted: true });
    expect(c.call.silenced).toBe(false);
  });

  it("turns the camera's light off, and shares the screen in its place", async () => {
    const c = callWorld();
    await c.call.join();
    c.open("L1");
    const peer = await c.connect("L1");
    const sender = peer.transceivers[1]!.sender;
    const camera = sender.track as FakeTrack;
    await c.call.setScreen(true);
    expect((sender.track as FakeTrack).id).not.toBe(camera.id);
    await c.call.setScreen(false);
    expect(sender.track).toBe(camera);
    await c.call.setCamera(false);
    expect([sender.track, camera.readyState]).toEqual([null, "ended"]);
    await c.call.setCamera(true);
    expect((sender.track as FakeTrack).readyState).toBe("live");
    expect(c.sent.filter((x) => x.method === "conf.self").map((x) => x.params)).toEqual([
      { id: "v1", screen: true }, { id: "v1", screen: false }, { id: "v1", camera: false }, { id: "v1", camera: true },
    ]);
  });

  it("sends less to whom the network is dear", async () => {
    const c = callWorld();
    await c.call.join();
    c.open("L1");
    const sender = (await c.connect("L1")).transceivers[1]!.sender;
    expect(sender.params.encodings[0]!.maxBitrate).toBe(1_200_000);
    c.w.conf = conference({ members: [member("me"), member("b", { quality: "low" })] });
    c.entry("conf.self_set", { user: "b" });
    await pass(150);
    expect(sender.params.encodings[0]!.maxBitrate).toBe(150_000);
    c.w.conf = conference({ members: [member("me"), member("b", { quality: "audio" })] });
    c.entry("conf.self_set", { user: "b" });
    await pass(150);
    expect(sender.params.encodings[0]!.active).toBe(false);
  });

  it("is over when it ends, when one is removed, and when the seat is elsewhere; and then listens no more", async () => {
    for (const [act, why] of [
      [(c: ReturnType<typeof callWorld>) => c.entry("conf.ended"), "ended"],
      [(c: ReturnType<typeof callWorld>) => c.entry("conf.kicked", { user: "me" }), "kicked"],
      [(c: ReturnType<typeof callWorld>) => c.entry("conf.resumed", { user: "me", session: "s2" }), "replaced"],
      [(c: ReturnType<typeof callWorld>) => void c.call.leave(), "hangup"],
    ] as const) {
      const c = callWorld();
      await c.call.join();
      c.open("L1");
      const peer = await c.connect("L1");
      const mic = peer.transceivers[0]!.sender.track as FakeTrack;
      c.entry("conf.kicked", { user: "b" });
      c.entry("conf.resumed", { user: "me", session: "s1" });
      c.entry("conf.joined", { user: "b", session: "s9" });
      expect(c.call.phase).toBe("in");
      act(c);
      expect([c.call.phase, c.call.over, peer.closed, mic.readyState]).toEqual(["over", why, true, "ended"]);
      expect(c.listeners()).toBe(0);
    }
  });

  it("learns that it is over from what the conference is by now", async () => {
    const c = callWorld();
    await c.call.join();
    c.w.conf = conference({ members: [member("me", { state: "left", left_why: "timeout" })] });
    await pass(150);
    expect(c.call.over).toBe("timeout");
  });

  it("hears who talks, from the server and from the sound itself", async () => {
    const c = callWorld();
    await c.call.join();
    c.open("L1");
    const peer = await c.connect("L1");
    peer.transceivers[0]!.receiver.level = 0.3;
    await pass(400);
    expect([...c.call.talking]).toEqual(["b"]);
    peer.transceivers[0]!.receiver.level = 0;
    c.tell({ user: "z", talking: true }, "talking");
    await pass(400);
    expect([...c.call.talking]).toEqual(["z"]);
    c.tell({ user: "z", talking: false }, "talking");
    expect(c.call.talking.size).toBe(0);
  });

  it("monitors unseen and unheard: no device is asked for", async () => {
    const devices = source({});
    const c = callWorld(devices);
    await c.call.join({ how: "monitor", reason: "spot check" });
    expect(c.sent[0]).toEqual({ method: "conf.monitor", params: { id: "v1", reason: "spot check" } });
    expect(devices.asked).toEqual([]);
  });
});

describe("the floor", () => {
  it("opens the microphone while it is this person's, keeps it, and gives it back", async () => {
    const c = callWorld();
    await c.call.join({ muted: true });
    c.open("L1");
    const mic = (await c.connect("L1")).transceivers[0]!.sender.track as FakeTrack;
    const floor = new Floor(c.call, c.link);
    void floor.press();
    await pass();
    expect([floor.state, mic.enabled]).toEqual(["none", false]);
    c.w.conf = conference({ floor: { holder: "b", line: ["me"] } });
    c.entry("conf.floor_waits", { user: "me" });
    await pass(150);
    expect([floor.state, floor.before, mic.enabled]).toEqual(["waiting", 0, false]);
    c.w.conf = conference({ floor: { holder: "me", line: [] } });
    c.entry("conf.floor_given", { user: "me" });
    await pass(150);
    expect([floor.state, mic.enabled]).toEqual(["mine", true]);
    await pass(21_000);
    expect(c.said().filter((m) => m === "conf.floor_ask")).toHaveLength(2);
    c.goes("down");
    expect(mic.enabled).toBe(false); // nobody knows whose turn it is
    c.goes("up");
    await pass(150);
    expect(mic.enabled).toBe(true);
    await floor.release();
    expect([mic.enabled, c.said().at(-1)]).toEqual([false, "conf.floor_release"]);
  });
});

/* ---- the stage ---- */

const tile = (who: string, more: Partial<Tile> = {}): Tile => ({ who, name: who, own: false, member: member(who), video: null, talking: false, poor: false, ...more });

describe("the stage", () => {
  it("shows one large: pinned, broadcast, a screen, the spotlight or whose turn it is", () => {
    const tiles = [tile("me", { own: true }), tile("a"), tile("b")];
    const big = (how: Parameters<typeof arrange>[1], now = 0, pinned = "") => arrange(tiles, how, now, pinned).big?.who;
    expect(big({ layout: "grid" })).toBeUndefined();
    expect(big({ layout: "spotlight", spotlight: "b" })).toBe("b");
    expect(big({ layout: "spotlight", spotlight: "gone" })).toBe("a");
    expect([0, 5000, 10_000].map((now) => big({ layout: "rotate", rotate_s: 5 }, now))).toEqual(["a", "b", "a"]);
    expect(big({ layout: "grid", broadcast: "a" })).toBe("a");
    expect(big({ layout: "spotlight", spotlight: "b", broadcast: "a" }, 0, "me")).toBe("me");
    const sharing = [...tiles, tile("s", { member: member("s", { screen: true }), video: {} as MediaStream })];
    expect(arrange(sharing, { layout: "grid" }, 0).big?.who).toBe("s");
    expect(arrange(sharing, { layout: "grid" }, 0).rest).toHaveLength(3);
  });

  it("fills the space", () => {
    expect([1, 2, 4, 5, 9].map((n) => columns(n, 1600, 900))).toEqual([1, 2, 2, 3, 3]);
    expect(columns(2, 400, 900)).toBe(1);
    expect(columns(0, 400, 900)).toBe(1);
  });

  it("shows who is there, not who is only asked, nor who listens unseen", async () => {
    const c = callWorld();
    c.w.conf = conference({ members: [member("me"), member("b", { state: "ringing" }), member("c", { state: "media_lost" }), member("d", { hidden: true })] });
    await c.call.join();
    await pass(150);
    expect(tilesOf(c.call).map((x) => [x.who, x.own])).toEqual([["me", true], ["c", false]]);
  });
});

describe("a camera in a conference", () => {
  it("shows what it sends, nothing when it hung up, and goes when it is closed", async () => {
    const c = callWorld();
    await c.call.join();
    await pass(150);
    await c.call.addCamera("c7");
    expect(c.sent.at(-1)).toEqual({ method: "cam.watch", params: { id: "c7", conf: "v1" } });
    c.tell({ leg: "L9", op: "open", kind: "camera", camera: "c7", offerer: false });
    c.tell({ leg: "L9", op: "offer", sdp: "v=0", streams: [{ mid: "1", camera: "c7", kind: "video", source: "camera" }] });
    await settle();
    c.tell({ conf: undefined, camera: "c7", state: "live" }, "camera");
    expect(c.call.stream("camera/c7", "video")).not.toBeNull();
    expect(tilesOf(c.call).map((x) => x.who)).toContain("camera/c7");
    c.tell({ conf: undefined, camera: "c7", state: "failed", why_en: "gone" }, "camera");
    expect(c.call.stream("camera/c7", "video")).toBeNull();
    expect(c.call.cameras().get("c7")?.why_en).toBe("gone");
    await c.call.removeCamera("c7");
    expect([c.sent.at(-1)?.method, c.call.cameras().size]).toEqual(["cam.unwatch", 0]);
  });
});

describe("cameras on the wall", () => {
  it("shows a picture while the camera sends one, and says why when it does not", async () => {
    const w = callWorld();
    const watching = new Watching(w.link, asPeer);
    const says = (state: string, more = {}) => w.tell({ conf: undefined, camera: "c7", state, ...more }, "camera");
    watching.watch("c7");
    await settle();
    expect(w.sent).toEqual([{ method: "cam.watch", params: { id: "c7" } }]);
    says("starting");
    expect(watching.said("c7")?.state).toBe("starting");
    says("live");
    w.tell({ conf: undefined, leg: "L1", op: "open", kind: "camera", camera: "c7", offerer: false });
    w.tell({ conf: undefined, leg: "L1", op: "offer", sdp: "v=0", streams: [{ mid: "1", camera: "c7", kind: "video", source: "camera" }] });
    await settle();
    const picture = watching.stream("c7");
    expect(picture).not.toBeNull();
    says("failed", { why_zh: "断开", why_en: "gone" }); // the leg stays open, with the last picture in it
    expect([watching.stream("c7"), watching.said("c7")?.why_en]).toEqual([null, "gone"]);
    says("live");
    expect(watching.stream("c7")).toBe(picture);
    watching.close();
    expect([lastPeer().closed, w.sent.at(-1)?.method]).toEqual([true, "cam.unwatch"]);
  });
});
