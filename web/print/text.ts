// Times and durations as a report states them: whole dates, no "ago".

import { lang, t, tData } from "../shared/i18n";

const two = (v: number) => String(v).padStart(2, "0");

/** "2026-11-22 14:03:09"; seconds matter in a report. */
export function stamp(iso: string | null | undefined): string {
  if (!iso) return "–";
  const d = new Date(iso);
  if (Number.isNaN(d.getTime())) return iso;
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** The day is said once a day: "14:03:09" when `before` is on the same one. */
export function stampAfter(iso: string, before: string | undefined): string {
  const whole = stamp(iso);
  return before && stamp(before).slice(0, 10) === whole.slice(0, 10) ? whole.slice(11) : whole;
}

export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "–";
  const s = Math.max(0, Math.round(ms / 1000));
  const parts: string[] = [];
  const d = Math.floor(s / 86400);
  const h = Math.floor((s % 86400) / 3600);
  const m = Math.floor((s % 3600) / 60);
  if (d) parts.push(t("span.d", { n: d }));
  if (h) parts.push(t("span.h", { n: h }));
  if (m) parts.push(t("span.m", { n: m }));
  if (parts.length === 0 || (!d && !h && s % 60)) parts.push(t("span.s", { n: s % 60 }));
  return parts.join(lang.value === "zh" ? "" : " ");
}

/** From one time to another, "–" when either is missing. */
export function between(from: string | null | undefined, to: string | null | undefined): string {
  return from && to ? span(Date.parse(to) - Date.parse(from)) : "–";
}

export const clockName = (c: { name: string; title?: string }): string => c.title ?? tData("clock", c.name);
