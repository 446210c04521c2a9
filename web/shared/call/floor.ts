// Push to talk: the floor is asked for while the button is down, kept while it is held, and given back when it is let
// go. The microphone is open only while the server says that the floor is this person's.

import type { Call, CallLink } from "./call";

/** The server lets a floor lapse after 60 s without a word. */
const RENEW_MS = 20_000;

/** none: nobody has it. waiting: in line. mine: speak. other: somebody else's. */
export type FloorState = "none" | "waiting" | "mine" | "other";

export class Floor {
  pressed = false;
  error: unknown = null;
  private readonly call: Call;
  private readonly link: CallLink;
  private renewing: ReturnType<typeof setInterval> | null = null;
  private readonly stop: () => void;

  constructor(call: Call, link: CallLink) {
    this.call = call;
    this.link = link;
    this.stop = call.watch(() => this.follow());
  }

  get holder(): string {
    return this.call.conference?.floor.holder ?? "";
  }
  get state(): FloorState {
    const me = this.call.user;
    if (this.holder === me && me) return "mine";
    if (this.call.conference?.floor.line.includes(me)) return "waiting";
    return this.holder ? "other" : "none";
  }
  /** How many are before this person. */
  get before(): number {
    return Math.max(0, this.call.conference?.floor.line.indexOf(this.call.user) ?? 0);
  }

  async press(priority?: number): Promise<void> {
    if (this.pressed) return;
    this.pressed = true;
    this.renewing = setInterval(() => void this.say("conf.floor_ask", priority ? { priority } : {}), RENEW_MS);
    await this.say("conf.floor_ask", priority ? { priority } : {});
  }

  async release(): Promise<void> {
    if (!this.pressed) return;
    this.letGo();
    await this.say("conf.floor_release", {});
  }

  private letGo(): void {
    this.pressed = false;
    if (this.renewing) clearInterval(this.renewing);
    this.renewing = null;
    this.call.holdFloor(false);
  }

  private async say(method: string, params: Record<string, unknown>): Promise<void> {
    try {
      await this.link.command(method, { id: this.call.id, ...params });
      this.error = null;
    } catch (e) {
      this.error = e;
    }
    this.call.refresh();
  }

  private follow(): void {
    if (this.call.phase === "over") return this.close();
    // Without a link nobody knows whose turn it is.
    this.call.holdFloor(this.pressed && this.state === "mine" && this.call.phase === "in");
  }

  close(): void {
    this.stop();
    if (this.pressed) this.letGo();
  }
}
