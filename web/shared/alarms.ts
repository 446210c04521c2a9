// A panic alarm as the server tells it: whose, where, who was told, who has answered (panic.open, panic.get).

import type { Incident, Place } from "./types";

export interface Told {
  /** "user/x", or "unit/y" for a desk, which answers as one. */
  who: string;
  why: "police" | "village" | "relative" | "desk" | "township" | "county";
  name?: string;
  step: number;
  told_at: string;
  /** The phone has it; its owner has not necessarily seen it. */
  received_at?: string;
  answered_at?: string;
  coming?: boolean;
  eta_at?: string;
  note?: string;
  by_name?: string;
}

export interface PanicAlarm {
  id: string;
  incident: string;
  number: number;
  title: string;
  state: string;
  where: NonNullable<Incident["where"]>;
  org: string;
  by: string;
  user?: string;
  name?: string;
  address?: string;
  device?: string;
  text?: string;
  voice?: string;
  place?: Place;
  last_place?: Place;
  last_at?: string;
  occurred_at: string;
  raised_at: string;
  repeats?: number;
  silent?: boolean;
  round: number;
  step: number;
  settled: boolean;
  /** It waits for me, or for my desk. */
  rings?: boolean;
  mine?: string[];
  disposed_at?: string;
  disposed_by?: string;
  how?: string;
  note?: string;
  told: Told[];
}

export const hearsPanic = (e: { kind: string }): boolean => e.kind.startsWith("panic.");
/** Sent long after it was pressed: a phone without a network. */
export const LATE_MS = 60_000;
export const lateMs = (a: Pick<PanicAlarm, "raised_at" | "occurred_at">): number => {
  const ms = Date.parse(a.raised_at) - Date.parse(a.occurred_at);
  return ms > LATE_MS ? ms : 0;
};
/** Those who come; then the desks that watch. */
export const coming = (a: Pick<PanicAlarm, "told">): Told[] => a.told.filter((w) => w.answered_at && w.why !== "desk" && w.why !== "relative" && w.coming !== false);
export const watching = (a: Pick<PanicAlarm, "told">): Told[] => a.told.filter((w) => w.answered_at && (w.why === "desk" || w.who.startsWith("unit/")));
