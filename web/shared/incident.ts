// How incidents are read by people: order, search, who is on it.

import { pressingClock } from "./clock";
import type { Incident, Task } from "./types";

/** Tasks that somebody is still expected to act on. */
const LIVE = new Set(["sent", "delivered", "seen", "accepted", "arrived", "fed_back"]);

export function liveTasks(i: Incident): Task[] {
  return (i.tasks ?? []).filter((t) => LIVE.has(t.state));
}

/** Nobody is on it and somebody should be. */
export function isUnassigned(i: Incident): boolean {
  if (i.state === "reported" || i.state === "accepted" || i.state === "returned") return true;
  return (i.state === "dispatched" || i.state === "handling") && liveTasks(i).length === 0 && !(i.tasks ?? []).some((t) => t.state === "finished");
}

function rankOf(i: Incident): number {
  if (isUnassigned(i)) return 0;
  if (i.state === "handled" || i.state === "verified") return 2;
  if (i.state === "suspended") return 3;
  return 1;
}

/** What a list asks of a row again and again, reckoned once: ten thousand rows are sorted and filtered at each change. */
export interface Keys {
  /** 0 unassigned, 1 under way, 2 to be checked, 3 suspended. */
  rank: number;
  level: number;
  reportedMs: number;
  /** When the pressing clock is due; Infinity: none runs. */
  dueMs: number;
  /** Past due by the server's word. */
  late: boolean;
  /** Has somebody on it: the row has a line for them. */
  staffed: boolean;
  hay: string;
}
const known = new WeakMap<Incident, Keys>();

export function keysOf(i: Incident): Keys {
  let k = known.get(i);
  if (k) return k;
  const c = pressingClock(i.clocks);
  k = {
    rank: rankOf(i),
    level: i.level || 4,
    reportedMs: Date.parse(i.reported_at),
    dueMs: c ? Date.parse(c.due_at) : Infinity,
    late: c !== null && (c.state === "overdue" || c.state === "breached"),
    staffed: liveTasks(i).length > 0,
    hay: [
      `#${i.number}`,
      i.title,
      i.text,
      i.address,
      i.where?.grid,
      i.where?.village,
      i.where?.township,
      i.reporter,
      ...(i.tasks ?? []).flatMap((t) => [t.name, t.to.user, t.to.unit]),
    ]
      .filter(Boolean)
      .join(" ")
      .toLowerCase(),
  };
  known.set(i, k);
  return k;
}

export function isOverdue(i: Incident, nowMs: number): boolean {
  const k = keysOf(i);
  return k.late || k.dueMs < nowMs;
}

/** Unassigned first, then by level, then the longest waiting. Stable: no row moves because time passes. */
export function compareIncidents(a: Incident, b: Incident): number {
  const x = keysOf(a);
  const y = keysOf(b);
  return x.rank - y.rank || x.level - y.level || x.reportedMs - y.reportedMs || a.number - b.number;
}

export type Filter = "all" | "unassigned" | "active" | "handled" | "overdue";

export interface Wanted {
  filter: Filter;
  level: number;
  search: string;
}

/** A test of rows: the words typed are cut up once, not for each row. */
export function matcher({ filter, level, search }: Wanted, nowMs: number): (i: Incident) => boolean {
  const words = search.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const rank = { all: -1, overdue: -1, unassigned: 0, active: 1, handled: 2 }[filter];
  return (i) => {
    if (level && i.level !== level) return false;
    const k = keysOf(i);
    if (rank >= 0 && k.rank !== rank) return false;
    if (filter === "overdue" && !(k.late || k.dueMs < nowMs)) return false;
    return words.every((w) => k.hay.includes(w));
  };
}

/** The ladder a task climbs: 派出 → 送达 → 接单 → 到场 → 反馈 → 完成, each with when it was reached. */
export interface Step {
  name: "sent" | "delivered" | "accepted" | "arrived" | "fed_back" | "finished";
  at: string | null;
}
export function ladder(t: Task): Step[] {
  return [
    { name: "sent", at: t.created_at },
    { name: "delivered", at: t.delivered_at ?? t.seen_at ?? t.accepted_at ?? null },
    { name: "accepted", at: t.accepted_at ?? null },
    { name: "arrived", at: t.arrived_at ?? null },
    { name: "fed_back", at: t.fed_back_at ?? null },
    { name: "finished", at: t.finished_at ?? null },
  ];
}

export function whereText(i: { where?: Incident["where"]; grid?: string | null; org?: string | null }): string {
  const w = i.where;
  // Grids are named after their village: say it once.
  const village = w?.village && w.grid?.startsWith(w.village) ? "" : w?.village;
  const parts = [w?.township, village, w?.grid].filter(Boolean) as string[];
  return parts.length ? parts.join(" · ") : (i.grid ?? i.org ?? "");
}
