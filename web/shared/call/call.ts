// One person's seat in a conference, on one page: joins, keeps the legs the server asks for, gives them the microphone
// and the camera, follows what the conference is, and takes the seat again after the link or the page was gone. It knows
// no Vue and draws nothing; use.ts makes it visible.

import type { Link } from "../link";
import type { Entry } from "../types";
import { mediaSource, openDevices, openScreen, type Chosen, type Given, type MediaSource } from "./devices";
import { Legs, type Incoming, type Leg, type Measure } from "./legs";
import { ABSENT, type Conference, type LegMessage, type Member, type Quality } from "./types";
import type { CameraSaid } from "./watching";

export type CallLink = Pick<Link, "state" | "sid" | "user" | "command" | "query" | "watchState" | "watchVolatile" | "watchEntries">;

/** lost: the link is down; media may still flow, and the seat is kept. */
export type Phase = "idle" | "joining" | "in" | "lost" | "over";
/** Why it is over; the first three also what a member's `left_why` says. */
export type OverWhy = "hangup" | "kicked" | "ended" | "timeout" | "replaced" | "refused";

export interface CallOptions {
  link: CallLink;
  id: string;
  source?: MediaSource | null;
  makePeer?: (config: RTCConfiguration) => RTCPeerConnection;
  now?: () => number;
}

export interface JoinOptions {
  /** resume: the seat is kept from before. monitor: unseen and unheard, with a reason. */
  how?: "join" | "resume" | "monitor";
  reason?: string;
  audioOnly?: boolean;
  muted?: boolean;
  camera?: boolean;
}

const REFRESH_MS = 100;
const RETRY_MS = 2000;
const MEASURE_MS = 10_000;
const LISTEN_MS = 300;
/** Louder than this is speech; a silent microphone makes less. */
const SPEECH = 0.02;
const LOW_KBPS = 150;
const NORMAL_KBPS = 1200;

export class Call {
  readonly id: string;
  phase: Phase = "idle";
  over: OverWhy | "" = "";
  /** What the server refused last: joining, or a word about oneself. */
  error: unknown = null;
  conference: Conference | null = null;
  /** By this person's own choice. */
  muted = false;
  /** By the chair's. */
  silenced = false;
  camera = true;
  sharing = false;
  quality: Quality = "normal";
  /** Somebody asks this person to unmute; until answered. */
  asked = false;
  /** The far side speaks: by the server's word or by what is heard here. */
  talking: ReadonlySet<string> = new Set();
  measures = new Map<string, Measure>();
  missing: Given["missing"] = {};
  readonly legs: Legs;

  private readonly opt: Required<CallOptions>;
  private readonly listeners = new Set<() => void>();
  private readonly stops: (() => void)[] = [];
  private given: Given = { audio: null, video: null, missing: {} };
  private screen: MediaStreamTrack | null = null;
  private chosen: Chosen = {};
  private floor = false;
  private hidden = false;
  private told = new Map<string, number>();
  private heard: ReadonlySet<string> = new Set();
  /** By the track itself: a new connection brings one of the same id. */
  private streams = new WeakMap<MediaStreamTrack, MediaStream>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private asking = 0;
  private seat = 0;
  private readonly watched = new Map<string, CameraSaid | null>();

  constructor(options: CallOptions) {
    this.opt = {
      source: mediaSource(),
      makePeer: (config) => new RTCPeerConnection(config),
      now: () => Date.now(),
      ...options,
    };
    this.id = options.id;
    this.legs = new Legs({
      send: (method, params) => this.opt.link.command(method, params),
      local: (kind) => this.local(kind),
      limit: (leg) => this.limit(leg),
      makePeer: this.opt.makePeer,
      gone: (leg) => this.legs.drop(leg),
      changed: () => {
        this.legs.dropReplaced();
        this.changed();
      },
    });
  }

  watch(fn: () => void): () => void {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }
  private changed(): void {
    for (const fn of this.listeners) fn();
  }

  /* ---- the seat ---------------------------------------------------------------------------------- */

  get me(): Member | null {
    return this.member(this.user);
  }
  get user(): string {
    return this.opt.link.user?.id ?? "";
  }
  member(user: string): Member | null {
    return this.conference?.members.find((m) => m.user === user) ?? null;
  }

  /** Takes the seat. The devices are asked for meanwhile: whoever hesitates over the permission hears and sees already. */
  async join(o: JoinOptions = {}): Promise<void> {
    if (this.phase !== "idle") return;
    this.phase = "joining";
    this.muted = o.muted ?? false;
    this.camera = (o.camera ?? true) && !o.audioOnly;
    this.quality = o.audioOnly ? "audio" : "normal";
    this.hidden = o.how === "monitor";
    this.listen();
    this.changed();
    if (!this.hidden) void this.openDevices({ audio: true, video: this.camera });
    const method = o.how === "resume" ? "conf.resume" : o.how === "monitor" ? "conf.monitor" : "conf.join";
    await this.sit(method, { ...(o.reason && { reason: o.reason }), ...(o.audioOnly && method === "conf.join" && { audio_only: true }) });
    if ((this.phase as Phase) === "in" && !this.hidden && (this.muted || !this.camera)) void this.tellSelf({ muted: this.muted, camera: this.camera });
  }

  private async sit(method: string, params: Record<string, unknown>): Promise<void> {
    const mine = ++this.seat;
    try {
      await this.opt.link.command(method, { id: this.id, ...params });
      if (mine !== this.seat || this.phase === "over") return;
      if (this.phase === "lost") this.legs.restartLost();
      if (method === "conf.resume") for (const id of this.watched.keys()) void this.addCamera(id).catch(() => this.watched.delete(id));
      this.phase = "in";
      this.error = null;
      this.refresh(0);
      this.changed();
    } catch (e) {
      if (mine !== this.seat || this.phase === "over") return;
      this.error = e;
      // Not sent, or not answered: the next link takes it up. A refusal is an answer.
      if ((e as { code?: number }).code === -1 && method === "conf.resume") this.setPhase("lost");
      else this.end("refused");
    }
  }

  private listen(): void {
    const { link } = this.opt;
    this.stops.push(
      link.watchVolatile(({ topic, params }) => this.hear(topic, (params as { data?: Record<string, unknown> }).data ?? {})),
      link.watchEntries((e) => this.heardEntry(e)),
      link.watchState((state) => {
        if (this.phase === "over" || this.phase === "joining") return;
        if (state === "up") {
          void this.sit("conf.resume", {});
        } else if (state === "signed_out") this.end("refused");
        else this.setPhase("lost");
      }),
    );
    const measuring = setInterval(() => void this.measure(), MEASURE_MS);
    const listening = setInterval(() => this.listenIn(), LISTEN_MS);
    this.stops.push(
      () => clearInterval(measuring),
      () => clearInterval(listening),
    );
  }

  private setPhase(phase: Phase): void {
    if (this.phase === phase) return;
    this.phase = phase;
    this.changed();
  }

  /** Hangs up. What the server says to it is no reason to stay. */
  async leave(): Promise<void> {
    if (this.phase === "over") return;
    this.end("hangup");
    await this.opt.link.command("conf.leave", { id: this.id }).catch(() => undefined);
  }

  /** Gives the seat to another window of the same person: nothing is said to the server, which has heard it from there. */
  yieldSeat(): void {
    this.end("replaced");
  }

  private end(why: OverWhy): void {
    if (this.phase === "over") return;
    this.phase = "over";
    this.over = why;
    for (const stop of this.stops.splice(0)) stop();
    if (this.timer) clearTimeout(this.timer);
    this.legs.close();
    for (const track of [this.given.audio, this.given.video, this.screen]) track?.stop();
    this.given = { audio: null, video: null, missing: {} };
    this.screen = null;
    this.sharing = false;
    this.changed();
  }

  /* ---- what is heard ----------------------------------------------------------------------------- */

  private hear(topic: string, p: Record<string, unknown>): void {
    const camera = String(p["camera"]);
    if (topic === "camera" && this.watched.has(camera)) {
      this.watched.set(camera, p as unknown as CameraSaid);
      this.changed();
    }
    if (p["conf"] !== this.id) return;
    if (topic === "leg") {
      const m = p as unknown as LegMessage;
      if (m.op === "open" && m.camera && !this.watched.has(m.camera)) this.watched.set(m.camera, null);
      this.legs.take(m);
      this.changed();
    } else if (topic === "talking") {
      this.say(String(p["user"]), p["talking"] === true);
    } else if (topic === "quality") {
      const { user, rtt_ms, loss, kbps } = p as { user: string; rtt_ms?: number; loss?: number; kbps?: number };
      this.measures.set(user, { ...(rtt_ms !== undefined && { rtt_ms }), ...(loss !== undefined && { loss }), ...(kbps !== undefined && { kbps_in: kbps }) });
      this.changed();
    }
  }

  private heardEntry(e: Entry): void {
    const d = e.data ?? {};
    if (!e.kind.startsWith("conf.") || (d["conf"] ?? e.subject) !== this.id) return;
    const aboutMe = d["user"] === this.user || (Array.isArray(d["users"]) && d["users"].includes(this.user));
    if (e.kind === "conf.ended") return this.end("ended");
    if (e.kind === "conf.kicked" && aboutMe) return this.end("kicked");
    // The same person has sat down at another page.
    if (/^conf\.(joined|resumed)$/.test(e.kind) && aboutMe && d["session"] && d["session"] !== this.opt.link.sid) return this.end("replaced");
    if (e.kind === "conf.muted" && aboutMe) {
      this.silenced = d["muted"] !== false;
      this.applyTracks();
      this.changed();
    }
    if (e.kind === "conf.unmute_asked" && aboutMe) this.asked = true;
    this.refresh();
  }

  /** What the conference is by now; several entries, one question. */
  refresh(ms = REFRESH_MS): void {
    this.timer ??= setTimeout(() => void this.fetch(), ms);
  }
  private async fetch(): Promise<void> {
    this.timer = null;
    if (this.phase === "over" || this.opt.link.state !== "up") return;
    const ask = ++this.asking;
    try {
      const c = await this.opt.link.query<Conference>("conf.get", { id: this.id });
      if (ask === this.asking) this.took(c);
    } catch {
      if (ask === this.asking && this.opt.link.state === "up") this.refresh(RETRY_MS);
    }
  }
  private took(c: Conference): void {
    // Over meanwhile: the list stays as it last was.
    if ((this.phase as Phase) === "over") return;
    this.conference = c;
    const me = this.me;
    if (c.state === "ended") return this.end("ended");
    if (this.phase === "in" && me && ABSENT.has(me.state)) {
      const why = me.left_why;
      return this.end(why === "kicked" || why === "ended" || why === "timeout" || why === "replaced" ? why : "hangup");
    }
    if (me && me.quality !== this.quality && this.phase === "in") this.useQuality(me.quality);
    if (me) this.silenced = me.silenced ?? false;
    this.applyTracks();
    this.legs.applyLimits();
    this.changed();
  }

  /* ---- what is sent ------------------------------------------------------------------------------ */

  /** Is this person heard? Muted is muted, by whomever, unless he has the floor; in a broadcast only one is. */
  get open(): boolean {
    const speaker = this.conference?.broadcast;
    if (speaker && speaker !== this.user) return false;
    return this.floor || !(this.muted || this.silenced);
  }

  private local(kind: "audio" | "video"): MediaStreamTrack | null {
    if (this.hidden) return null;
    if (kind === "audio") return this.given.audio;
    if (this.screen) return this.screen;
    return this.camera && this.quality !== "audio" ? this.given.video : null;
  }

  private limit(leg: Leg): number {
    const far = leg.kind === "peer" ? (this.member(leg.peer)?.quality ?? "normal") : "normal";
    if (this.screen) return far === "audio" ? 0 : NORMAL_KBPS;
    if (this.quality === "audio" || far === "audio") return 0;
    return this.quality === "low" || far === "low" ? LOW_KBPS : NORMAL_KBPS;
  }

  private applyTracks(): void {
    if (this.given.audio) this.given.audio.enabled = this.open;
    this.legs.putTracks();
  }

  private async openDevices(want: { audio: boolean; video: boolean }): Promise<void> {
    const got = await openDevices({ ...want, quality: this.quality, chosen: this.chosen }, this.opt.source);
    if ((this.phase as Phase) === "over") {
      got.audio?.stop();
      got.video?.stop();
      return;
    }
    for (const kind of ["audio", "video"] as const) {
      if (!want[kind]) continue;
      this.given[kind]?.stop();
      this.given[kind] = got[kind];
      this.missing = { ...this.missing, [kind]: got.missing[kind] };
      const track = got[kind];
      if (track) track.onended = () => this.tookAway(kind);
    }
    if (want.video && !this.camera) this.stopCamera();
    this.applyTracks();
    this.changed();
  }

  private tookAway(kind: "audio" | "video"): void {
    this.given[kind] = null;
    this.missing = { ...this.missing, [kind]: "ended" };
    this.applyTracks();
    this.changed();
  }

  private stopCamera(): void {
    const track = this.given.video;
    if (!track) return;
    track.onended = null;
    track.stop(); // its light goes out
    this.given.video = null;
  }

  /** Asks for what is missing again, from a click. */
  async retryDevices(): Promise<void> {
    await this.openDevices({ audio: !this.given.audio, video: this.camera && this.quality !== "audio" && !this.given.video });
  }

  async choose(kind: "audio" | "video", id: string): Promise<void> {
    this.chosen = { ...this.chosen, [kind]: id };
    if (kind === "audio" || this.camera) await this.openDevices({ audio: kind === "audio", video: kind === "video" });
  }

  async setMuted(muted: boolean): Promise<void> {
    // Whom the chair has muted is heard again when the server says so, not before.
    if (!muted && this.silenced) {
      if (!(await this.tellSelf({ muted }))) return;
      this.silenced = false;
    }
    const told = this.muted === muted;
    this.muted = muted;
    this.asked = false;
    this.applyTracks();
    this.changed();
    if (!muted && !this.given.audio) await this.openDevices({ audio: true, video: false });
    if (!told) await this.tellSelf({ muted });
  }

  /** The answer to being asked is no. */
  stayMuted(): void {
    this.asked = false;
    this.changed();
  }

  async setCamera(camera: boolean): Promise<void> {
    this.camera = camera;
    if (!camera) this.stopCamera();
    this.applyTracks();
    this.changed();
    if (camera && !this.given.video && this.quality !== "audio") await this.openDevices({ audio: false, video: true });
    await this.tellSelf({ camera });
  }

  /** The screen takes the camera's place: no new line, so that it works on every back end. */
  async setScreen(sharing: boolean): Promise<void> {
    if (sharing === this.sharing) return;
    if (sharing) {
      const track = await openScreen(this.opt.source);
      if (!track || (this.phase as Phase) === "over") return track?.stop();
      this.screen = track;
      track.onended = () => void this.setScreen(false); // the browser's own bar ends it, too
    } else {
      if (this.screen) {
        this.screen.onended = null;
        this.screen.stop();
      }
      this.screen = null;
    }
    this.sharing = sharing;
    this.applyTracks();
    this.changed();
    await this.tellSelf({ screen: sharing });
  }

  async setQuality(quality: Quality): Promise<void> {
    this.useQuality(quality);
    await this.tellSelf({ quality });
  }
  private useQuality(quality: Quality): void {
    const before = this.quality;
    this.quality = quality;
    if (quality === "audio") this.stopCamera();
    else if (this.camera && before !== quality && !this.hidden) void this.openDevices({ audio: false, video: true });
    this.applyTracks();
    this.changed();
  }

  async setHand(hand: boolean): Promise<void> {
    await this.tellSelf({ hand });
  }

  /** Push to talk: the microphone is open while the floor is held, and as it was afterwards. */
  holdFloor(held: boolean): void {
    if (this.floor === held) return;
    this.floor = held;
    this.applyTracks();
    this.changed();
  }

  private async tellSelf(what: Record<string, unknown>): Promise<boolean> {
    let ok = true;
    try {
      await this.opt.link.command("conf.self", { id: this.id, ...what });
      this.error = null;
    } catch (e) {
      this.error = e;
      ok = false;
    }
    this.refresh();
    this.changed();
    return ok;
  }

  /* ---- what comes in ----------------------------------------------------------------------------- */

  /** The picture or sound of a person, or of a camera by "camera/ID"; the same object as long as it is the same track. */
  stream(who: string, kind: "audio" | "video"): MediaStream | null {
    if (who === this.user) return kind === "video" ? this.own() : null;
    const one = this.incoming().get(`${who} ${kind}`);
    if (!one || (kind === "video" && one.track.muted)) return null;
    // A camera that hung up leaves its last picture standing in the leg.
    if (one.camera && (this.watched.get(one.camera)?.state ?? "live") !== "live") return null;
    return this.streamOf(one.track);
  }
  private incoming(): Map<string, Incoming> {
    return this.legs.incoming();
  }
  private own(): MediaStream | null {
    const track = this.local("video");
    return track && this.streamOf(track);
  }
  private streamOf(track: MediaStreamTrack): MediaStream {
    let s = this.streams.get(track);
    if (!s) this.streams.set(track, (s = new MediaStream([track])));
    return s;
  }
  /** The cameras that one looks at in this call, with what was last said of each. */
  cameras(): ReadonlyMap<string, CameraSaid | null> {
    return this.watched;
  }
  /** A watch belongs to a session: after the link was gone it is asked for again. */
  async addCamera(id: string): Promise<void> {
    this.watched.set(id, await this.opt.link.command<CameraSaid>("cam.watch", { id, conf: this.id }));
    this.changed();
  }
  async removeCamera(id: string): Promise<void> {
    this.watched.delete(id);
    for (const leg of this.legs.all) if (leg.camera === id) this.legs.drop(leg);
    this.changed();
    if (this.opt.link.state === "up") await this.opt.link.command("cam.unwatch", { id });
  }
  /** Everybody who can be heard. */
  voices(): { who: string; stream: MediaStream }[] {
    const out: { who: string; stream: MediaStream }[] = [];
    for (const [key, one] of this.incoming()) if (one.kind === "audio") out.push({ who: key, stream: this.streamOf(one.track) });
    return out;
  }

  private listenIn(): void {
    const now = new Set<string>();
    for (const one of this.incoming().values()) {
      if (one.kind !== "audio" || !one.user) continue;
      const level = one.receiver.getSynchronizationSources?.()[0]?.audioLevel ?? 0;
      if (level > SPEECH) now.add(one.user);
    }
    this.heard = now;
    this.tellTalking();
  }
  private say(user: string, talking: boolean): void {
    if (talking) this.told.set(user, this.opt.now());
    else this.told.delete(user);
    this.tellTalking();
  }
  private tellTalking(): void {
    const next = new Set([...this.heard, ...this.told.keys()]);
    if (next.size === this.talking.size && [...next].every((u) => this.talking.has(u))) return;
    this.talking = next;
    this.changed();
  }

  private async measure(): Promise<void> {
    for (const leg of this.legs.all) {
      if (leg.state !== "up") continue;
      try {
        const m = await leg.measure(this.opt.now());
        leg.report(m);
        if (leg.kind === "peer") this.measures.set(leg.peer, m);
        else if (leg.kind === "send") this.measures.set(this.user, m);
      } catch {
        // Closed meanwhile.
      }
    }
    this.changed();
  }
}
