// What can be asked of a run before it starts: its options as a form holds them, and as the server takes them. Pure.

import type { Json, JobKind } from "../api";
import { stretch } from "./text";

export interface RunForm {
  what: JobKind;
  pack: string;
  /** "draft", or a generation's number. */
  candidate: string;
  /** "" for what is or was active, or a generation's number. */
  base: string;
  from: string; // as of <input type="datetime-local">, the county's clock
  to: string;
  only: string;
  seed: string;
  /** By the assumption's name; minutes for times, percent for shares; "" leaves it to history. */
  assume: Record<string, string>;
  village: string;
  category: string;
  level: string;
  passiveDays: string;
  week: string;
}

export const KINDS: readonly JobKind[] = ["replay", "project", "prove", "check", "test"];
/** Those that compare with another version. */
export const COMPARES: ReadonlySet<JobKind> = new Set(["replay", "project"]);
/** What a projection always lets one set; others appear when a projection has named them. */
export const ASSUMPTIONS = ["accept_ms", "arrive_ms", "finish_ms", "decline_share"];

const two = (v: number): string => String(v).padStart(2, "0");
export const local = (d: Date): string => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;

export function emptyForm(now: Date): RunForm {
  const { from, to } = stretch("days30", now);
  return {
    what: "replay", pack: "", candidate: "draft", base: "", from: local(from), to: local(to), only: "", seed: "1", assume: {},
    village: "", category: "", level: "", passiveDays: "", week: "",
  };
}

const iso = (text: string): string => new Date(text).toISOString();
const isMs = (name: string): boolean => name.endsWith("_ms");
const isShare = (name: string): boolean => name.endsWith("_share");

/** A form's text as the value that is sent; NaN when it is no number. */
export function assumed(name: string, text: string): number {
  const n = Number(text);
  return isMs(name) ? Math.round(n * 60_000) : isShare(name) ? n / 100 : n;
}
/** A value as a form shows it. */
export function shownValue(name: string, v: unknown): string {
  if (typeof v !== "number") return "";
  return String(isMs(name) ? Math.round(v / 6000) / 10 : isShare(name) ? Math.round(v * 1000) / 10 : v);
}
export const unitOf = (name: string): "unit.minutes" | "unit.percent" | "" => (isMs(name) ? "unit.minutes" : isShare(name) ? "unit.percent" : "");

export type Problem = { field: string; word: "form.noPack" | "form.order" | "form.noNumber" };

export function problems(f: RunForm): Problem[] {
  const out: Problem[] = [];
  if (!f.pack) out.push({ field: "pack", word: "form.noPack" });
  if (COMPARES.has(f.what) && f.from && f.to && f.from >= f.to) out.push({ field: "to", word: "form.order" });
  const number = (field: string, text: string): void => {
    if (text.trim() && !(Number.isFinite(Number(text)) && Number(text) >= 0)) out.push({ field, word: "form.noNumber" });
  };
  if (f.what === "project") {
    number("seed", f.seed);
    for (const [name, v] of Object.entries(f.assume)) number(name, v);
  }
  if (f.what === "prove") number("passiveDays", f.passiveDays);
  return out;
}

export interface Start {
  what: JobKind;
  pack: string;
  draft?: true;
  generation?: number;
  base?: { generation: number };
  options?: Record<string, Json>;
}

/** What job.start is given. */
export function startOf(f: RunForm): Start {
  const o: Record<string, Json> = {};
  if (COMPARES.has(f.what)) {
    if (f.from) o["from"] = iso(f.from);
    if (f.to) o["to"] = iso(f.to);
  }
  if ((f.what === "replay" || f.what === "test") && f.only.trim()) o["only"] = f.only.trim();
  if (f.what === "project") {
    if (f.seed.trim()) o["seed"] = Math.round(Number(f.seed));
    const assume = Object.entries(f.assume).filter(([, v]) => v.trim());
    if (assume.length) o["assume"] = Object.fromEntries(assume.map(([name, v]) => [name, assumed(name, v)]));
  }
  if (f.what === "prove") {
    if (f.village) o["village"] = f.village;
    if (f.category) o["category"] = f.category;
    if (f.level) o["level"] = Number(f.level);
    if (f.passiveDays.trim()) o["passive"] = Math.round(Number(f.passiveDays) * 86400_000);
    if (f.week) o["week"] = f.week;
  }
  return {
    what: f.what,
    pack: f.pack,
    ...(f.candidate === "draft" ? { draft: true as const } : { generation: Number(f.candidate) }),
    ...(COMPARES.has(f.what) && f.base && { base: { generation: Number(f.base) } }),
    ...(Object.keys(o).length && { options: o }),
  };
}
