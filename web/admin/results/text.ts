// Figures and times as people read them. Pure; the language is the page's.

import { lang, t } from "../../shared/i18n";

const two = (v: number): string => String(v).padStart(2, "0");

/** "20,114" */
export function count(n: number | null | undefined): string {
  return n === null || n === undefined || !Number.isFinite(n) ? "–" : Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A share of one as "1.6 %"; small ones keep the digits that tell them from none. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return "–";
  const p = share * 100;
  const digits = p === 0 || p >= 10 ? (Number.isInteger(p) ? 0 : 1) : p >= 1 ? 1 : 2;
  return `${p.toFixed(digits).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "")}%`;
}

/** A length of time in its two largest units: "3 小时 5 分", "2 d 4 h". */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  const sign = ms < 0 ? "−" : "";
  const all = Math.abs(ms);
  if (all === 0) return "0";
  if (all < 1000) return sign + t("span.ms", { n: Math.round(all) });
  const s = Math.round(all / 1000);
  const parts: [number, "span.d" | "span.h" | "span.m" | "span.s"][] = [
    [Math.floor(s / 86400), "span.d"],
    [Math.floor((s % 86400) / 3600), "span.h"],
    [Math.floor((s % 3600) / 60), "span.m"],
    [s % 60, "span.s"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  return sign + parts.slice(first, first + 2).filter(([n]) => n > 0).map(([n, word]) => t(word, { n })).join(" ");
}

/** A change, signed: "+3", "−2", "±0". */
export function signed(n: number, show: (n: number) => string = count): string {
  return n === 0 ? "±0" : n > 0 ? `+${show(n)}` : `−${show(-n)}`;
}

/** "2026-11-22 09:03"; the browser's zone is the county's. */
export function when(iso: string | null | undefined): string {
  if (!iso) return "–";
  const d = new Date(iso);
  if (Number.isNaN(d.getTime())) return iso;
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}`;
}
/** "2026-10-01 至 2026-10-31": an end at midnight is the day before; times are told only where they are not midnight. */
export function stretchText(from: string, to: string): string {
  const midnight = (iso: string): boolean => when(iso).endsWith(" 00:00");
  const a = midnight(from) ? when(from).slice(0, 10) : when(from);
  const b = midnight(to) ? when(new Date(Date.parse(to) - 1).toISOString()).slice(0, 10) : when(to);
  return a === b ? a : t("stretch", { from: a, to: b });
}

export const both = (row: { zh?: string; en?: string } | null | undefined): string =>
  (lang.value === "zh" ? row?.zh || row?.en : row?.en || row?.zh) ?? "";

/** What a method's hash or a digest is called aloud. */
export const short = (hash: string | null | undefined): string => (hash ?? "").replace(/^sha256[:-]/, "").slice(0, 8);

/** [0, 31), days of the county's clock: what "yesterday", "last week" and "last month" are at `now`. */
export function stretch(which: "yesterday" | "week" | "month" | "days30", now: Date): { from: Date; to: Date } {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const back = (days: number): Date => new Date(midnight.getFullYear(), midnight.getMonth(), midnight.getDate() - days);
  if (which === "yesterday") return { from: back(1), to: midnight };
  if (which === "days30") return { from: new Date(now.getTime() - 30 * 86400_000), to: now };
  if (which === "month")
    return { from: new Date(now.getFullYear(), now.getMonth() - 1, 1), to: new Date(now.getFullYear(), now.getMonth(), 1) };
  const monday = back((midnight.getDay() + 6) % 7);
  return { from: new Date(monday.getFullYear(), monday.getMonth(), monday.getDate() - 7), to: monday };
}
