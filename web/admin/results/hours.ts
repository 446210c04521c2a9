// The week as 168 hours, Monday 0:00 first. Pure.

import { t } from "../../shared/i18n";

export const HOURS = 168;
export type Staffing = "s" | "e" | "f" | "n";
export interface Stretch {
  from: number;
  to: number; // the hour after the last
  state: Staffing;
}

/** "ssee…" as stretches of the same state; unknown letters count as "n": what is not known is not staffed. */
export function stretches(hours: string): Stretch[] {
  const out: Stretch[] = [];
  for (let h = 0; h < HOURS; h++) {
    const c = hours[h];
    const state: Staffing = c === "s" || c === "e" || c === "f" ? c : "n";
    const last = out[out.length - 1];
    if (last && last.state === state) last.to = h + 1;
    else out.push({ from: h, to: h + 1, state });
  }
  return out;
}

export function tally(hours: string): Record<Staffing, number> {
  const n: Record<Staffing, number> = { s: 0, e: 0, f: 0, n: 0 };
  for (const s of stretches(hours)) n[s.state] += s.to - s.from;
  return n;
}

/** How much it wants looking at: hours of nobody weigh most. */
export const weight = (n: Record<Staffing, number>): number => n.n * 1e6 + n.f * 1e3 + n.e;

const DAYS = ["day.1", "day.2", "day.3", "day.4", "day.5", "day.6", "day.7"] as const;
export function hourText(hour: number): string {
  return `${t(DAYS[Math.floor(hour / 24) % 7] as (typeof DAYS)[number])} ${hour % 24}:00`;
}

/** Stretches of one state in words, days with the same hours taken together: "周一至周五 0:00–8:00". */
export function stateText(hours: string, state: Staffing): string {
  const days: string[] = [];
  for (let d = 0; d < 7; d++) {
    const spans: string[] = [];
    for (const s of stretches(hours)) {
      if (s.state !== state) continue;
      const from = Math.max(s.from, d * 24);
      const to = Math.min(s.to, d * 24 + 24);
      if (from < to) spans.push(to - from === 24 ? "*" : `${from - d * 24}:00–${to - d * 24}:00`);
    }
    days.push(spans.join(t("join.enum")));
  }
  const out: string[] = [];
  for (let d = 0; d < 7; ) {
    let end = d + 1;
    while (end < 7 && days[end] === days[d]) end++;
    if (days[d]) {
      const name = (at: number): string => t(DAYS[at] as (typeof DAYS)[number]);
      const which = end - d === 7 ? t("day.every") : end - d === 1 ? name(d) : t("day.range", { from: name(d), to: name(end - 1) });
      out.push(days[d] === "*" ? t("day.whole", { days: which }) : `${which} ${days[d]}`);
    }
    d = end;
  }
  return out.join(t("join.semicolon"));
}

/** A row of the matrix for those who do not see it. */
export function weekText(hours: string): string {
  const n = tally(hours);
  if (n.s === HOURS) return t("staff.always");
  return (["n", "f", "e"] as const)
    .filter((s) => n[s] > 0)
    .map((s) => `${t(`staff.${s}`)}: ${stateText(hours, s)} (${t("staff.hours", { n: n[s] })})`)
    .join(t("join.semicolon"));
}

/** "430525…" rows under their townships, the ones that want looking at first. */
export function byTownship<T extends { township: string; township_name: string; hours: string }>(
  villages: readonly T[],
): { org: string; name: string; villages: T[]; hours: Record<Staffing, number> }[] {
  const map = new Map<string, { org: string; name: string; villages: T[]; hours: Record<Staffing, number> }>();
  for (const v of villages) {
    let town = map.get(v.township);
    if (!town) map.set(v.township, (town = { org: v.township, name: v.township_name || v.township, villages: [], hours: { s: 0, e: 0, f: 0, n: 0 } }));
    town.villages.push(v);
    const n = tally(v.hours);
    for (const k of ["s", "e", "f", "n"] as const) town.hours[k] += n[k];
  }
  const out = [...map.values()];
  for (const town of out) town.villages.sort((a, b) => weight(tally(b.hours)) - weight(tally(a.hours)));
  return out.sort((a, b) => weight(b.hours) - weight(a.hours) || a.org.localeCompare(b.org));
}
