// Cameras watched outside a call: each is a leg that the server offers. What is wanted is asked for again after the link
// was gone, because a watch belongs to a session; what is no longer wanted is given back at once, because every watch is
// written down from when until when.

import type { Link } from "../link";
import { Legs } from "./legs";
import type { LegMessage } from "./types";

type WatchLink = Pick<Link, "state" | "command" | "watchState" | "watchVolatile">;

export type CameraState = "off" | "starting" | "live" | "failed";
export interface CameraSaid {
  state: CameraState;
  why_zh?: string;
  why_en?: string;
  retry_at?: string;
}

export class Watching {
  private readonly link: WatchLink;
  private readonly legs: Legs;
  private readonly wanted = new Map<string, { reason: string; error: unknown; said: CameraSaid | null }>();
  private readonly streams = new Map<string, MediaStream>();
  private readonly stops: (() => void)[];
  private readonly listeners = new Set<() => void>();

  constructor(link: WatchLink, makePeer: (config: RTCConfiguration) => RTCPeerConnection = (config) => new RTCPeerConnection(config)) {
    this.link = link;
    this.legs = new Legs({
      send: (method, params) => link.command(method, params),
      local: () => null,
      limit: () => 0,
      makePeer,
      gone: (leg) => this.legs.drop(leg),
      changed: () => {
        this.legs.dropReplaced();
        this.changed();
      },
    });
    this.stops = [
      link.watchVolatile(({ topic, params }) => this.hear(topic, (params as { data?: Record<string, unknown> }).data ?? {})),
      link.watchState((state) => {
        if (state === "up") for (const id of this.wanted.keys()) void this.ask(id);
        else this.changed();
      }),
    ];
  }

  onChange(fn: () => void): () => void {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }
  private changed(): void {
    for (const fn of this.listeners) fn();
  }

  private hear(topic: string, p: Record<string, unknown>): void {
    if (topic === "camera") {
      const w = this.wanted.get(String(p["camera"]));
      if (!w) return;
      w.said = p as unknown as CameraSaid;
      this.changed();
    } else if (topic === "leg" && !p["conf"]) {
      const m = p as unknown as LegMessage;
      if (m.op === "open" && (m.kind !== "camera" || !this.wanted.has(m.camera ?? ""))) return;
      if (this.legs.take(m)) this.changed();
    }
  }

  private async ask(id: string): Promise<void> {
    const w = this.wanted.get(id);
    if (!w) return;
    try {
      w.said = await this.link.command<CameraSaid>("cam.watch", { id, ...(w.reason && { reason: w.reason }) });
      w.error = null;
    } catch (e) {
      w.error = e;
    }
    // Given up while it was asked for.
    if (!this.wanted.has(id)) void this.giveBack(id);
    this.changed();
  }
  private async giveBack(id: string): Promise<void> {
    for (const leg of this.legs.all) if (leg.camera === id) this.legs.drop(leg);
    if (this.link.state === "up") await this.link.command("cam.unwatch", { id }).catch(() => undefined);
  }

  has(id: string): boolean {
    return this.wanted.has(id);
  }
  watch(id: string, reason = ""): void {
    if (this.wanted.has(id)) return;
    this.wanted.set(id, { reason, error: null, said: null });
    void this.ask(id);
    this.changed();
  }
  unwatch(id: string): void {
    if (!this.wanted.delete(id)) return;
    void this.giveBack(id);
    this.changed();
  }
  /** Asks again for one that was refused. */
  again(id: string, reason = ""): void {
    const w = this.wanted.get(id);
    if (!w) return;
    if (reason) w.reason = reason;
    w.error = null;
    void this.ask(id);
    this.changed();
  }

  error(id: string): unknown {
    return this.wanted.get(id)?.error ?? null;
  }
  said(id: string): CameraSaid | null {
    return this.wanted.get(id)?.said ?? null;
  }
  /** What it shows now. A camera that hung up leaves its last picture standing in the leg: that is not shown. */
  stream(id: string): MediaStream | null {
    if ((this.said(id)?.state ?? "live") !== "live") return null;
    const one = this.legs.incoming().get(`camera/${id} video`);
    if (!one || one.track.muted) return null;
    let s = this.streams.get(one.track.id);
    if (!s) this.streams.set(one.track.id, (s = new MediaStream([one.track])));
    return s;
  }

  close(): void {
    for (const stop of this.stops) stop();
    for (const id of [...this.wanted.keys()]) this.unwatch(id);
    this.legs.close();
  }
}
