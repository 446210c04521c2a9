// Commands as sentences, and what differs between two lists of them. A sentence is a row of parts, so that what
// differs can be marked inside it. Pure.

import type { Lexicon } from "./names";
import { span } from "./text";
import type { Command } from "../api";
import { isWord, t, tData } from "../../shared/i18n";
import { tMade } from "./say";

export interface Part {
  text: string;
  /** The member of `params` it comes from; "" for the words between. */
  member: string;
}

type Params = Record<string, unknown>;
const str = (v: unknown): string => (v === null || v === undefined ? "" : typeof v === "object" ? JSON.stringify(v) : String(v));
const list = (v: unknown): unknown[] => (Array.isArray(v) ? v : v === undefined || v === null ? [] : [v]);

function who(v: unknown, names: Lexicon): string {
  const one = (a: unknown): string => {
    if (typeof a === "string") return names.anyone(a);
    const o = (a ?? {}) as Params;
    const name = o["user"] ? names.user(str(o["user"])) : names.unit(str(o["unit"] ?? o["team"] ?? o["org"]));
    return o["lead"] === true ? t("said.lead", { name }) : name;
  };
  return list(v).map(one).join(t("join.enum"));
}
const milestone = (v: unknown): string => (isWord(`milestone.${str(v)}`) ? tMade(`milestone.${str(v)}`) : rung(v));
const rung = (v: unknown): string => (v === undefined ? t("said.nextRung") : tData("owner", str(v)));

/** How each member is said, whatever command it stands in. */
const MEMBERS: Record<string, (v: unknown, names: Lexicon) => string> = {
  to: who,
  units: who,
  members: who,
  user: (v, n) => n.user(str(v)),
  unit: (v, n) => n.unit(str(v)),
  mediator: (v, n) => n.user(str(v)),
  card: (v) => tData("card", str(v)),
  from: (v) => milestone(v),
  level: rung,
  reason: (v) => t("said.quote", { text: str(v) }),
  note: (v) => t("said.quote", { text: str(v) }),
  text: (v) => t("said.quote", { text: str(v) }),
  warn: (v) => list(v).map((x) => `${Math.round(Number(x) * 100)}%`).join(t("join.enum")),
  waits: (v) => Object.entries((v ?? {}) as Params).map(([r, ms]) => `${rung(r)} ${span(Number(ms))}`).join(t("join.enum")),
};
function said(method: string, member: string, v: unknown, names: Lexicon): string {
  if (member === "to" && (method === "incident.escalate" || method === "incident.send_down")) return rung(v);
  if (member === "to" && method === "clock.start") return milestone(v);
  if (member.endsWith("_ms")) return span(Number(v));
  return (MEMBERS[member] ?? ((x: unknown) => str(x)))(v, names);
}

/** Members that say nothing to a reader: which incident and which rule are known from where the command stands. */
const silent = (method: string, member: string): boolean => member === "id" || member === "incident" || (member === "policy" && method === "clock.start");

/** A sentence's pattern is the word `do.<method>`; a piece in [ ] is left out when a member in it is missing. */
export function sentence(c: Command, names: Lexicon): Part[] {
  const params = c.params ?? {};
  const key = `do.${c.method}`;
  const used = new Set<string>();
  const parts: Part[] = [];
  const put = (text: string, member = ""): void => {
    if (!text) return;
    const last = parts[parts.length - 1];
    if (member === "" && last && last.member === "") last.text += text;
    else parts.push({ text, member });
  };
  const fill = (pattern: string): void => {
    for (const piece of pattern.split(/(\{\w+\})/)) {
      const member = /^\{(\w+)\}$/.exec(piece)?.[1];
      if (!member) put(piece);
      else {
        used.add(member);
        put(said(c.method, member, params[member], names), member);
      }
    }
  };
  if (isWord(key)) {
    for (const piece of t(key).split(/(\[[^\]]*\])/)) {
      if (!piece.startsWith("[")) fill(piece);
      else {
        const inner = piece.slice(1, -1);
        if ([...inner.matchAll(/\{(\w+)\}/g)].every((m) => params[m[1] as string] !== undefined)) fill(inner);
      }
    }
  } else {
    put(names.method(c.method));
  }
  const rest = Object.keys(params).filter((m) => !used.has(m) && !silent(c.method, m));
  rest.forEach((m, i) => {
    put(i === 0 ? t("said.open") : t("join.comma"));
    put(`${m}: ${said(c.method, m, params[m], names)}`, m);
  });
  if (rest.length) put(t("said.close"));
  return parts;
}

export const sentenceText = (c: Command, names: Lexicon): string => sentence(c, names).map((p) => p.text).join("");

/* ---- differences ---- */

const stable = (v: unknown): string =>
  Array.isArray(v)
    ? `[${v.map(stable).join()}]`
    : v && typeof v === "object"
      ? `{${Object.keys(v).sort().map((k) => `${k}:${stable((v as Params)[k])}`).join()}}`
      : JSON.stringify(v) ?? "";

export const same = (a: unknown, b: unknown): boolean => stable(a) === stable(b);

export interface Pair {
  change: "same" | "added" | "removed" | "changed";
  was: Command | null;
  now: Command | null;
  /** Members that differ. */
  members: string[];
}

/** Each command of one list beside its like in the other: first the equal ones, then those of the same method in
 * their order; what is left was removed or added. */
export function pairs(was: readonly Command[], now: readonly Command[]): Pair[] {
  const left = new Map<number, number>(); // was -> now
  const taken = new Set<number>();
  const match = (like: (a: Command, b: Command) => boolean): void => {
    was.forEach((a, i) => {
      if (left.has(i)) return;
      const j = now.findIndex((b, at) => !taken.has(at) && like(a, b));
      if (j < 0) return;
      left.set(i, j);
      taken.add(j);
    });
  };
  match((a, b) => same(a, b));
  match((a, b) => a.method === b.method && same(a.params?.["name"], b.params?.["name"]));
  match((a, b) => a.method === b.method);
  const out: Pair[] = was.map((a, i) => {
    const j = left.get(i);
    const b = j === undefined ? null : (now[j] as Command);
    if (!b) return { change: "removed", was: a, now: null, members: [] };
    const members = [...new Set([...Object.keys(a.params ?? {}), ...Object.keys(b.params ?? {})])].filter(
      (m) => !same(a.params?.[m], b.params?.[m]),
    );
    return { change: members.length ? "changed" : "same", was: a, now: b, members };
  });
  now.forEach((b, j) => {
    if (!taken.has(j)) out.push({ change: "added", was: null, now: b, members: [] });
  });
  return out;
}

/** What kind of change it is, for a filter: "added:incident.dispatch", "exit" when one of them failed. */
export function changes(d: { was: Command[]; now: Command[]; was_exit?: string; now_exit?: string }): string[] {
  const out = new Set<string>();
  if ((d.was_exit ?? "OK") !== (d.now_exit ?? "OK")) out.add("exit");
  for (const p of pairs(d.was ?? [], d.now ?? [])) if (p.change !== "same") out.add(`${p.change}:${(p.now ?? p.was)?.method ?? ""}`);
  return [...out];
}
export function changeText(change: string, names: Lexicon): string {
  if (change === "exit") return t("change.exit");
  const [what, method] = change.split(":") as [string, string];
  return tMade(`change.${what}`, { what: names.method(method) });
}

/** One line that says it: what was and what would have been, without what is the same. */
export function differenceText(d: { was: Command[]; now: Command[]; now_exit?: string }, names: Lexicon): string {
  if (d.now_exit && d.now_exit !== "OK") return t("change.exitNow", { exit: d.now_exit });
  const say = (l: (Command | null)[]): string => l.flatMap((c) => (c ? [sentenceText(c, names)] : [])).join(t("join.semicolon")) || t("said.nothing");
  const differ = pairs(d.was, d.now).filter((p) => p.change !== "same");
  return t("change.wasNow", { was: say(differ.map((p) => p.was)), now: say(differ.map((p) => p.now)) });
}
