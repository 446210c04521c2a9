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

export function isOverdue(i: Incident, nowMs: number): boolean {
  const c = pressingClock(i.clocks);
  return c !== null && (c.state === "overdue" || c.state === "breached" || Date.parse(c.due_at) < nowMs);
}

function rank(i: Incident): number {
  if (isUnassigned(i)) return 0;
  if (i.state === "handled" || i.state === "verified") return 2;
  if (i.state === "suspended") return 3;
  return 1;
}

/** Unassigned first, then by level, then the longest waiting. Stable: no row moves because time passes. */
export function compareIncidents(a: Incident, b: Incident): number {
  return (
    rank(a) - rank(b) || (a.level || 4) - (b.level || 4) || Date.parse(a.reported_at) - Date.parse(b.reported_at) || a.number - b.number
  );
}

export type Filter = "all" | "unassigned" | "active" | "handled" | "overdue";

export function matches(i: Incident, filter: Filter, level: number, search: string, nowMs: number): boolean {
  if (level && i.level !== level) return false;
  if (filter === "unassigned" && rank(i) !== 0) return false;
  if (filter === "active" && rank(i) !== 1) return false;
  if (filter === "handled" && rank(i) !== 2) return false;
  if (filter === "overdue" && !isOverdue(i, nowMs)) return false;
  const words = search.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const hay = [
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
    .toLowerCase();
  return words.every((w) => hay.includes(w));
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
