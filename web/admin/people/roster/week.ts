// Days and weeks of the county, which lives on Beijing time whatever the browser's zone; and what a copied week would be.

import type { Leave, Shift } from "../api";

const DAY = 86_400_000;
const OFFSET = 8 * 3_600_000;

/** "2026-11-22" in the county. */
export const dayOf = (ms: number): string => new Date(ms + OFFSET).toISOString().slice(0, 10);
/** "08:00" in the county. */
export const hourOf = (iso: string): string => new Date(Date.parse(iso) + OFFSET).toISOString().slice(11, 16);
export const startOf = (day: string): number => Date.parse(`${day}T00:00:00+08:00`);
export const addDays = (day: string, n: number): string => dayOf(startOf(day) + n * DAY);
/** The Monday of the day's week. */
export const mondayOf = (day: string): string => addDays(day, -((new Date(startOf(day) + OFFSET).getUTCDay() + 6) % 7));
export const weekOf = (monday: string): string[] => [0, 1, 2, 3, 4, 5, 6].map((n) => addDays(monday, n));
/** From and until in words that the server takes; until the next day when the hours run over midnight. */
export function span(day: string, from: string, until: string): { from: string; until: string } {
  const last = until <= from ? addDays(day, 1) : day;
  return { from: `${day}T${from}:00+08:00`, until: `${last}T${until}:00+08:00` };
}
/** Is some of it on that day? */
export function onDay(x: { from: string; until: string }, day: string): boolean {
  return Date.parse(x.from) < startOf(day) + DAY && Date.parse(x.until) > startOf(day);
}
/** Shifts are shown on the day they begin. */
export const beginsOn = (s: Shift, day: string): boolean => dayOf(Date.parse(s.from)) === day;

export interface Planned {
  user: string;
  display: string;
  from: string;
  until: string;
  post?: string;
  /** Why it is left out. */
  why?: "past" | "taken" | "leave" | "gone";
}
const meets = (a: { from: string; until: string }, b: { from: string; until: string }) => Date.parse(a.from) < Date.parse(b.until) && Date.parse(a.until) > Date.parse(b.from);

/** The shifts of one week, `days` later. What somebody took over from another stays with whom the roster meant. */
export function planCopy(source: Shift[], target: Shift[], leaves: Leave[], people: ReadonlySet<string>, nowMs: number, days = 7): Planned[] {
  const later = (iso: string) => new Date(Date.parse(iso) + days * DAY).toISOString();
  return source
    .filter((s) => !s.instead_of)
    .map((s) => {
      const p: Planned = { user: s.user, display: s.display ?? s.user, from: later(s.from), until: later(s.until), ...(s.post && { post: s.post }) };
      const why = !people.has(s.user)
        ? "gone"
        : Date.parse(p.until) <= nowMs
          ? "past"
          : target.some((x) => x.user === s.user && meets(x, p))
            ? "taken"
            : leaves.some((l) => l.user === s.user && meets(l, p))
              ? "leave"
              : undefined;
      return why ? { ...p, why } : p;
    });
}
