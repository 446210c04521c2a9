// Clocks as people read them: what is left, how urgent it is, in words. Pure functions of a clock and the
// server's time; the ticker that moves them is in ticker.ts.

import type { Clock } from "./types";

export type Urgency = "calm" | "amber" | "red" | "overdue" | "breached" | "met" | "late" | "paused" | "stopped";

export interface ClockView {
  urgency: Urgency;
  /** "04:31", "1:02:09", "+03:10"; for a stopped clock, how long it took. */
  text: string;
  /** 0..1 of the limit used. */
  used: number;
}

/** Shares of the limit at which a countdown turns amber, then red. */
export const AMBER_AT = 0.5;
export const RED_AT = 0.8;

/** mm:ss, or h:mm:ss from an hour on; always floor, so that 00:00 appears when nothing is left. */
export function durationText(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const h = Math.floor(total / 3600);
  const m = Math.floor((total % 3600) / 60);
  const s = total % 60;
  const two = (v: number) => String(v).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

export function clockView(c: Clock, nowMs: number): ClockView {
  const from = Date.parse(c.from_at);
  const due = Date.parse(c.due_at);
  const limit = c.limit_ms > 0 ? c.limit_ms : Math.max(1, due - from);
  if (c.state === "met" || c.state === "met_late") {
    const stopped = c.stopped_at ? Date.parse(c.stopped_at) : due;
    return {
      urgency: c.state === "met" ? "met" : "late",
      text: c.state === "met" ? durationText(stopped - from) : `+${durationText(stopped - due)}`,
      used: Math.min(1, Math.max(0, (stopped - from) / limit)),
    };
  }
  if (c.state === "stopped") return { urgency: "stopped", text: "–", used: 0 }; // dropped: its incident ended
  if (c.state === "paused") {
    const left = c.remaining_ms ?? due - nowMs;
    return { urgency: "paused", text: durationText(left), used: clamp(1 - left / limit) };
  }
  const left = due - nowMs;
  // The server's word counts when it says so a moment before our idea of its time does.
  if (left < 0 || c.state === "breached" || c.state === "overdue") {
    const graced = c.state !== "breached" && (c.grace_ms ?? 0) > 0;
    return { urgency: graced ? "overdue" : "breached", text: `+${durationText(-left)}`, used: 1 };
  }
  const used = clamp(1 - left / limit);
  return { urgency: used >= RED_AT ? "red" : used >= AMBER_AT ? "amber" : "calm", text: durationText(left), used };
}

function clamp(v: number): number {
  return Math.min(1, Math.max(0, v));
}

/** The running clock that is due first: the one to show in a list row. */
export function pressingClock(clocks: readonly Clock[] | undefined): Clock | null {
  let best: Clock | null = null;
  for (const c of clocks ?? []) {
    if (c.state !== "running" && c.state !== "due_soon" && c.state !== "overdue" && c.state !== "breached") continue;
    if (!best || Date.parse(c.due_at) < Date.parse(best.due_at)) best = c;
  }
  return best;
}
