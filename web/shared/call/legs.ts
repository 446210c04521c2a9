// Legs: each is one RTCPeerConnection between this page and another page, or the media server. The server says which to
// open and close and passes on what the far side says; here is perfect negotiation, the order of things, and what a leg
// shows. A leg of kind `peer` negotiates both ways; `send` is offered by this page; `recv` and `camera` by the server.

import type { LegKind, LegMessage, LegOpen, LegStream } from "./types";

export interface LegHost {
  /** A command of media.leg.*; its failure is the leg's to bear. */
  send(method: string, params: Record<string, unknown>): Promise<unknown>;
  /** What this page sends at the moment. */
  local(kind: "audio" | "video"): MediaStreamTrack | null;
  /** Kilobits a second for the picture of this leg; 0: none at all. */
  limit(leg: Leg): number;
  makePeer(config: RTCConfiguration): RTCPeerConnection;
  changed(): void;
  /** The server knows no such leg, and nothing flows through it. */
  gone(leg: Leg): void;
}

export interface Incoming extends LegStream {
  track: MediaStreamTrack;
  receiver: RTCRtpReceiver;
}

export interface Measure {
  rtt_ms?: number;
  loss?: number;
  kbps_in?: number;
  kbps_out?: number;
}

type LegState = "new" | "up" | "stalled" | "failed" | "closed";

/** A connection that failed for good is tried again by itself, the more slowly the more often. */
const RETRY_MS = [500, 2000, 5000, 10_000];
const CODE_OVERLOADED = -32010;
const CODE_UNKNOWN = -32004;
const SEND_AGAIN = 4;
/** A leg may say 64; TCP candidates of a browser only ever dial a server that listens, which none of ours does. */
const MOST_CANDIDATES = 60;
const MOST_CANDIDATE = 512;

export class Leg {
  readonly id: string;
  readonly kind: LegKind;
  readonly peer: string;
  readonly camera: string;
  readonly pc: RTCPeerConnection;
  readonly maxKbps: number;
  state: LegState = "new";
  streams: LegStream[] = [];
  private readonly host: LegHost;
  private readonly mayOffer: boolean;
  private readonly polite: boolean;
  private readonly carries: { audio: boolean; video: boolean };
  private readonly senders: { audio?: RTCRtpSender; video?: RTCRtpSender } = {};
  private work: Promise<void> = Promise.resolve();
  private making = false;
  private ignoring = false;
  private described = false;
  private early: RTCIceCandidateInit[] = [];
  private unsent: (RTCIceCandidateInit | null)[] = [];
  private candidates = 0;
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private last: { at: number; inBytes: number; outBytes: number; lost: number; packets: number } | null = null;

  constructor(id: string, open: LegOpen, host: LegHost) {
    this.id = id;
    this.kind = open.kind;
    this.peer = open.peer ?? "";
    this.camera = open.camera ?? "";
    this.host = host;
    this.polite = open.polite ?? !open.offerer;
    this.mayOffer = open.offerer || open.kind === "peer";
    this.maxKbps = open.constraints?.max_kbps ?? 0;
    this.carries = { audio: open.constraints?.audio ?? true, video: open.constraints?.video ?? true };
    this.pc = host.makePeer({ iceServers: open.ice_servers ?? [] });
    this.listen();
    // The answering page sends on what the offer brings: its own would be lines nobody asked for.
    if (open.offerer) this.addSenders();
  }

  private listen(): void {
    const { pc } = this;
    pc.onnegotiationneeded = () => void this.offer();
    pc.onicecandidate = ({ candidate }) => this.found(candidate);
    pc.onconnectionstatechange = () => this.moved();
    pc.ontrack = ({ track }) => {
      track.onmute = track.onunmute = track.onended = () => this.host.changed();
      this.host.changed();
    };
  }

  private addSenders(): void {
    const direction = this.kind === "peer" ? "sendrecv" : "sendonly";
    for (const kind of ["audio", "video"] as const) {
      if (this.carries[kind]) this.senders[kind] = this.pc.addTransceiver(this.host.local(kind) ?? kind, { direction }).sender;
    }
    this.applyLimit();
  }

  /** After the first offer of the far side: this page sends on the same lines. */
  private joinSenders(): void {
    if (this.kind !== "peer") return;
    for (const tr of this.pc.getTransceivers()) {
      const kind = tr.receiver.track.kind as "audio" | "video";
      if (this.senders[kind] || !this.carries[kind]) continue;
      tr.direction = "sendrecv";
      this.senders[kind] = tr.sender;
    }
    this.putTracks();
  }

  /** What this page sends has changed: no new description is needed for that. */
  putTracks(): void {
    for (const kind of ["audio", "video"] as const) {
      const sender = this.senders[kind];
      const track = this.host.local(kind);
      if (sender && sender.track !== track) void sender.replaceTrack(track).catch(() => undefined);
    }
    this.applyLimit();
  }

  applyLimit(): void {
    const sender = this.senders.video;
    if (!sender) return;
    const p = sender.getParameters();
    if (!p.encodings?.length) return; // not described yet: asked again when it is
    const wanted = this.host.limit(this);
    const kbps = this.maxKbps ? Math.min(wanted, this.maxKbps) : wanted;
    const e = p.encodings[0]!;
    const active = kbps > 0;
    const maxBitrate = active ? kbps * 1000 : undefined;
    if (e.active === active && e.maxBitrate === maxBitrate) return;
    e.active = active;
    if (maxBitrate) e.maxBitrate = maxBitrate;
    void sender.setParameters(p).catch(() => undefined); // overtaken by a new description, which asks again
  }

  /* ---- descriptions ------------------------------------------------------------------------------ */

  /** What the server passes on, one thing after the other. */
  take(m: LegMessage): void {
    this.work = this.work.then(async () => {
      if (this.state === "closed") return;
      try {
        await this.act(m);
      } catch {
        this.fail();
      }
    });
  }

  private async act(m: LegMessage): Promise<void> {
    if (m.op === "offer") await this.offered(m.sdp, m.streams);
    else if (m.op === "answer") await this.answered(m.sdp, m.streams);
    else if (m.op === "candidate") await this.candidate(m.candidate);
    else if (m.op === "restart") await this.restart();
  }

  private async offer(): Promise<void> {
    if (!this.mayOffer || this.state === "closed") return;
    try {
      this.making = true;
      await this.pc.setLocalDescription();
      await this.say("media.leg.offer", { sdp: this.pc.localDescription!.sdp });
    } catch {
      this.fail();
    } finally {
      this.making = false;
    }
  }

  private async offered(sdp: string, streams?: LegStream[]): Promise<void> {
    const { pc } = this;
    const glare = this.kind === "peer" && (this.making || pc.signalingState !== "stable");
    this.ignoring = glare && !this.polite;
    if (this.ignoring) return; // the far side is the polite one: it takes its own back
    await pc.setRemoteDescription({ type: "offer", sdp });
    if (streams) this.streams = streams;
    await this.useEarly();
    this.joinSenders();
    await pc.setLocalDescription();
    this.applyLimit();
    await this.say("media.leg.answer", { sdp: pc.localDescription!.sdp });
    this.host.changed();
  }

  private async answered(sdp: string, streams?: LegStream[]): Promise<void> {
    if (this.pc.signalingState !== "have-local-offer") return; // to an offer that was taken back
    await this.pc.setRemoteDescription({ type: "answer", sdp });
    if (streams) this.streams = streams;
    await this.useEarly();
    this.applyLimit();
    this.host.changed();
  }

  private async candidate(c: RTCIceCandidateInit | null): Promise<void> {
    if (!this.pc.remoteDescription) {
      if (c) this.early.push(c);
      return;
    }
    try {
      await this.pc.addIceCandidate(c ?? undefined);
    } catch {
      // Of the offer that was not taken, or one that this browser does not understand: others follow.
    }
  }

  private async useEarly(): Promise<void> {
    const early = this.early;
    this.early = [];
    for (const c of early) await this.candidate(c);
  }

  /** New paths for the same media. */
  async restart(): Promise<void> {
    if (this.state === "closed") return;
    if (!this.mayOffer) return void this.say("media.leg.restart", {});
    // An offer whose answer was lost would stand in the way for ever.
    if (this.pc.signalingState === "have-local-offer") await this.pc.setLocalDescription({ type: "rollback" });
    this.pc.restartIce();
  }

  /* ---- saying ------------------------------------------------------------------------------------ */

  private async say(method: string, params: Record<string, unknown>): Promise<void> {
    for (let turn = 0; this.state !== "closed"; turn++) {
      try {
        await this.host.send(method, { leg: this.id, ...params });
        break;
      } catch (e) {
        const { code, retryAfterMs } = e as { code?: number; retryAfterMs?: number };
        if (code === CODE_UNKNOWN && this.state !== "up") this.host.gone(this);
        if (code !== CODE_OVERLOADED || turn >= SEND_AGAIN) return; // the state of the connection tells the rest
        await new Promise((done) => setTimeout(done, retryAfterMs || 300 * (turn + 1)));
      }
    }
    if (method === "media.leg.offer" || method === "media.leg.answer") this.described = true;
    for (const c of this.described ? this.unsent.splice(0) : []) this.tell(c);
  }

  private found(c: RTCIceCandidate | null): void {
    if (c && (!c.candidate || c.protocol === "tcp" || c.candidate.length > MOST_CANDIDATE || ++this.candidates > MOST_CANDIDATES)) return;
    const one = c && { candidate: c.candidate, sdpMid: c.sdpMid, sdpMLineIndex: c.sdpMLineIndex };
    if (this.described) this.tell(one);
    else this.unsent.push(one);
  }
  private tell(c: RTCIceCandidateInit | null): void {
    void this.say("media.leg.candidate", c ? { candidate: c } : {});
  }

  private moved(): void {
    const s = this.pc.connectionState;
    if (s === "connected") {
      this.failures = 0;
      this.set("up");
    } else if (s === "disconnected") this.set("stalled");
    else if (s === "failed") this.fail();
  }

  private set(state: LegState): void {
    if (this.state === state || this.state === "closed") return;
    this.state = state;
    void this.say("media.leg.state", { state });
    if (state === "up") this.applyLimit();
    this.host.changed();
  }

  private fail(): void {
    if (this.state === "closed") return;
    this.set("failed");
    const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)]!;
    this.retry ??= setTimeout(() => {
      this.retry = null;
      if (this.state === "failed") void this.restart().catch(() => undefined);
    }, wait);
  }

  close(): void {
    if (this.state === "closed") return;
    this.state = "closed";
    if (this.retry) clearTimeout(this.retry);
    const { pc } = this;
    pc.onnegotiationneeded = pc.onicecandidate = pc.onconnectionstatechange = pc.ontrack = null;
    pc.close();
    this.host.changed();
  }

  /* ---- what it brings ---------------------------------------------------------------------------- */

  incoming(): Incoming[] {
    if (this.state === "closed" || this.kind === "send") return [];
    const out: Incoming[] = [];
    for (const tr of this.pc.getTransceivers()) {
      const { receiver, mid } = tr;
      if (!mid || receiver.track.readyState === "ended" || !/recv/.test(tr.currentDirection ?? "")) continue;
      const kind = receiver.track.kind as "audio" | "video";
      const said = this.streams.find((s) => s.mid === mid);
      if (this.kind === "peer") out.push({ source: kind === "audio" ? "mic" : "camera", ...said, mid, kind, user: this.peer, track: receiver.track, receiver });
      else if (said) out.push({ ...said, track: receiver.track, receiver });
      else if (this.kind === "camera") out.push({ mid, kind, camera: this.camera, source: "camera", track: receiver.track, receiver });
    }
    return out;
  }

  /** What goes through it, since the last time it was asked. */
  async measure(now: number): Promise<Measure> {
    const sum = { at: now, inBytes: 0, outBytes: 0, lost: 0, packets: 0 };
    let rtt: number | undefined;
    (await this.pc.getStats()).forEach((s: Record<string, unknown>) => {
      if (s["type"] === "inbound-rtp") {
        sum.inBytes += Number(s["bytesReceived"] ?? 0);
        sum.lost += Number(s["packetsLost"] ?? 0);
        sum.packets += Number(s["packetsReceived"] ?? 0);
      } else if (s["type"] === "outbound-rtp") sum.outBytes += Number(s["bytesSent"] ?? 0);
      else if (s["type"] === "candidate-pair" && s["nominated"] && typeof s["currentRoundTripTime"] === "number") rtt = s["currentRoundTripTime"] * 1000;
    });
    const before = this.last;
    this.last = sum;
    const out: Measure = {};
    if (rtt !== undefined) out.rtt_ms = Math.round(rtt);
    if (!before || now <= before.at) return out;
    const kbps = (bytes: number) => Math.max(0, Math.round((bytes * 8) / (now - before.at)));
    const lost = Math.max(0, sum.lost - before.lost);
    const came = Math.max(0, sum.packets - before.packets);
    out.kbps_in = kbps(sum.inBytes - before.inBytes);
    out.kbps_out = kbps(sum.outBytes - before.outBytes);
    if (lost + came > 0) out.loss = Math.round((1000 * lost) / (lost + came)) / 1000;
    return out;
  }

  report(measure: Measure): void {
    if (this.state === "up") void this.say("media.leg.state", { state: "up", ...measure });
  }
}

/** The legs that one call, or the watched cameras, have. */
export class Legs {
  private readonly legs = new Map<string, Leg>();
  private readonly host: LegHost;

  constructor(host: LegHost) {
    this.host = host;
  }

  get all(): Leg[] {
    return [...this.legs.values()];
  }
  get(id: string): Leg | undefined {
    return this.legs.get(id);
  }

  /** False: it was about no leg of ours. */
  take(m: LegMessage): boolean {
    if (m.op === "open") {
      this.legs.get(m.leg)?.close();
      this.legs.set(m.leg, new Leg(m.leg, m, this.host));
      this.host.changed();
      return true;
    }
    const leg = this.legs.get(m.leg);
    if (!leg) return false;
    if (m.op === "close") this.drop(leg);
    else leg.take(m);
    return true;
  }

  drop(leg: Leg): void {
    this.legs.delete(leg.id);
    leg.close();
  }

  /** A leg that is up takes the place of older ones to the same far side: the server that closed them may be gone. */
  dropReplaced(): void {
    const all = this.all;
    all.forEach((leg, i) => {
      if (all.slice(i + 1).some((l) => l.state === "up" && l.kind === leg.kind && l.peer === leg.peer && l.camera === leg.camera)) this.drop(leg);
    });
  }

  /** Everything that comes in, by who it shows; of two for the same the newer one, once it flows. */
  incoming(): Map<string, Incoming> {
    const out = new Map<string, { leg: Leg; one: Incoming }>();
    for (const leg of this.legs.values()) {
      for (const one of leg.incoming()) {
        const key = `${one.camera ? `camera/${one.camera}` : (one.user ?? "")} ${one.kind} ${one.source === "screen" ? "screen" : ""}`.trimEnd();
        const before = out.get(key);
        if (!before || leg.state === "up" || before.leg.state !== "up") out.set(key, { leg, one });
      }
    }
    return new Map([...out].map(([key, { one }]) => [key, one]));
  }

  /** The link is back: what was being said when it went may be lost. */
  restartLost(): void {
    for (const leg of this.legs.values()) if (leg.state !== "up") void leg.restart().catch(() => undefined);
  }
  putTracks(): void {
    for (const leg of this.legs.values()) leg.putTracks();
  }
  applyLimits(): void {
    for (const leg of this.legs.values()) leg.applyLimit();
  }
  close(): void {
    for (const leg of this.all) this.drop(leg);
  }
}
