// What a dialog asks for, and what it sends. A board describes its acts with this; ActDialog.vue asks.

import type { Word } from "../../shared/i18n";

export interface Option {
  value: string;
  label: string;
}

export type Ask =
  | { kind: "text"; member: string; word: Word; required?: boolean; lines?: number; max?: number; value?: string; hint?: Word }
  | { kind: "choice"; member: string; word: Word; options: readonly Option[]; required?: boolean; value?: string }
  | { kind: "ticks"; member: string; word: Word; options: readonly Option[]; required?: boolean; value?: readonly string[] }
  | { kind: "minutes"; member: string; word: Word; value: number; max?: number }
  | { kind: "number"; member: string; word: Word; value: number; min: number; max: number }
  | { kind: "when"; member: string; word: Word; required?: boolean; value?: string }
  | { kind: "yes"; member: string; word: Word; yes: Word; no: Word; value?: boolean; optional?: boolean }
  | { kind: "units"; member: string; word: Word; many: boolean; kinds?: readonly string[]; value?: readonly string[] }
  | { kind: "person"; member: string; word: Word; required?: boolean; value?: string; org?: string }
  | { kind: "place"; member: string; word: Word; required?: boolean; value?: { lon: number; lat: number } }
  | { kind: "incident"; member: string; word: Word }
  | { kind: "parties"; member: string; word: Word }
  | { kind: "files"; member: string };

export interface Act {
  /** The dialog's heading, and its button's word. */
  title: string;
  method: string;
  fixed?: Record<string, unknown>;
  asks: readonly Ask[];
  /** What it does, said before it is done. */
  say?: string;
  danger?: boolean;
  /** Usually several in a row: may stay open for the next, with what the first field asks for left empty. */
  more?: boolean;
  /** When what is sent is not flat: a roster takes rows. */
  shape?(params: Record<string, unknown>): Record<string, unknown>;
}

/** What is in the fields: by member. */
export type Form = Record<string, unknown>;

export interface Party {
  name: string;
  phone: string;
  role: string;
}

export function initial(asks: readonly Ask[]): Form {
  const form: Form = {};
  for (const a of asks) {
    if (a.kind === "ticks" || a.kind === "units") form[a.member] = [...(a.value ?? [])];
    else if (a.kind === "yes") form[a.member] = a.value === undefined ? "" : a.value ? "yes" : "no";
    else if (a.kind === "place") form[a.member] = a.value ? { lon: String(a.value.lon), lat: String(a.value.lat) } : { lon: "", lat: "" };
    else if (a.kind === "parties") form[a.member] = [{ name: "", phone: "", role: "" }];
    else if (a.kind === "files") form[a.member] = [];
    else if (a.kind === "incident") form[a.member] = "";
    else if (a.kind === "when") form[a.member] = a.value ? localTime(a.value) : "";
    else form[a.member] = a.value ?? "";
  }
  return form;
}

/** An instant as <input type="datetime-local"> writes it. */
export function localTime(iso: string): string {
  const d = new Date(iso);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
}

/** The same shift on so many days one after another, by the county's clock. */
export function onDays<S extends { from: string; until: string }>(shift: S, days: number): S[] {
  const later = (iso: string, n: number) => {
    const d = new Date(iso);
    d.setDate(d.getDate() + n);
    return d.toISOString();
  };
  return Array.from({ length: days }, (_, n) => ({ ...shift, from: later(shift.from, n), until: later(shift.until, n) }));
}

export function place(v: unknown): { lon: number; lat: number; acc?: number } | null {
  const { lon, lat, acc } = (v ?? {}) as { lon?: string; lat?: string; acc?: string };
  if (!lon?.trim() || !lat?.trim()) return null;
  const p = { lon: Number(lon), lat: Number(lat), ...(acc ? { acc: Number(acc) } : {}) };
  return Number.isFinite(p.lon) && Number.isFinite(p.lat) && Math.abs(p.lon) <= 180 && Math.abs(p.lat) <= 90 ? p : null;
}

/** The members to send: what was left empty is left out. */
export function paramsOf(act: Act, form: Form): Record<string, unknown> {
  const out: Record<string, unknown> = { ...act.fixed };
  for (const a of act.asks) {
    const v = form[a.member];
    if (a.kind === "text" || a.kind === "choice" || a.kind === "person" || a.kind === "incident") {
      if (String(v ?? "").trim()) out[a.member] = String(v).trim();
    } else if (a.kind === "ticks" || a.kind === "files") {
      if ((v as string[]).length) out[a.member] = v;
    } else if (a.kind === "units") {
      const list = v as string[];
      if (list.length) out[a.member] = a.many ? list : list[0];
    } else if (a.kind === "minutes") out[a.member] = Math.round(Number(v) * 60_000);
    else if (a.kind === "number") out[a.member] = Number(v);
    else if (a.kind === "when") {
      if (v) out[a.member] = new Date(String(v)).toISOString();
    } else if (a.kind === "yes") {
      if (v) out[a.member] = v === "yes";
    } else if (a.kind === "place") {
      const p = place(v);
      if (p) out[a.member] = p;
    } else if (a.kind === "parties") {
      const list = (v as Party[])
        .filter((p) => p.name.trim())
        .map((p) => ({ name: p.name.trim(), ...(p.phone.trim() && { phone: p.phone.trim() }), ...(p.role.trim() && { role: p.role.trim() }) }));
      if (list.length) out[a.member] = list;
    }
  }
  return act.shape ? act.shape(out) : out;
}

/** The first thing that is still missing, as its word; native fields say so themselves, these cannot. */
export function missing(act: Act, form: Form): Word | null {
  for (const a of act.asks) {
    const v = form[a.member];
    if (a.kind === "ticks" && a.required && !(v as string[]).length) return a.word;
    if (a.kind === "units" && !(v as string[]).length) return a.word;
    if (a.kind === "yes" && !a.optional && !v) return a.word;
    if (a.kind === "place" && a.required && !place(v)) return a.word;
  }
  return null;
}
