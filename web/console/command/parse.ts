// A line as it is typed, read as far as it goes: what it would do, or what is wrong with it, and what could stand where
// the cursor is. Pure: it asks nothing and does nothing.

import type { Word } from "../../shared/i18n";
import type { Candidate, Incident } from "../../shared/types";
import { toUnit, type Unit } from "../desk";
import { TERMS, terms, type Whom } from "../order";
import { isFinal, type Call } from "../undo";
import { VERBS, verbsOf, type Rules, type Verb } from "../verbs";
import { nameMatch } from "./pinyin";
import { allowed, VERB_LIST, verbsCalled, type ListedVerb } from "./verbs";
import { CARDS, type Slot } from "./verb_words";

export interface Person {
  user: string;
  display: string;
  org: string;
}

/** What the line is read against. */
export interface Context {
  rules: Rules;
  /** The chosen incident: verbs without a number are about it. */
  selected: Incident | null;
  open: readonly Incident[];
  /** undefined: not asked yet; null: there is none. */
  byNumber(n: number): Incident | null | undefined;
  people: readonly Person[];
  units: readonly Unit[];
  /** Who is recommended for the incident, when it is known. */
  candidates(incident: string): readonly Candidate[];
}

export interface Choice {
  /** What the line would end with. */
  insert: string;
  text: string;
  aside: string;
}

export type Act =
  | { kind: "call"; call: Call; final: boolean }
  | { kind: "look"; incident: Incident }
  | { kind: "place"; unit: Unit }
  | { kind: "find"; text: string }
  | { kind: "report"; title: string }
  | { kind: "undo" }
  | { kind: "help" };

export interface Problem {
  word: Word;
  values?: Record<string, string | number>;
  /** Nothing is wrong: something is still to be typed. */
  unfinished?: boolean;
}

export interface Reading {
  verb: ListedVerb | null;
  incident: Incident | null;
  /** A number the page does not know: to be asked of the server. */
  missing: number;
  act: Act | null;
  whom: { name: string; to: Whom }[];
  /** The text that goes with it. */
  text: string;
  card: string;
  into: Incident | null;
  problem: Problem | null;
  choices: Choice[];
}

interface Token {
  /** As it was typed. */
  raw: string;
  /** Full-width digits, letters and signs as their plain ones. */
  text: string;
  at: number;
}

const MOST_CHOICES = 8;

function tokens(line: string): Token[] {
  return [...line.matchAll(/[^\s\u3000]+/g)].map((m) => ({ raw: m[0], text: m[0].normalize("NFKC"), at: m.index }));
}

/** "派1024" is "派 1024": who types Chinese types no blanks. */
function splitVerb(first: Token, verbs: readonly ListedVerb[]): Token[] {
  const names = verbs.flatMap((v) => v.names).filter((n) => first.text.startsWith(n) && first.text.length > n.length);
  const name = names.sort((a, b) => b.length - a.length)[0];
  if (!name || !/^[#\d]/.test(first.text.slice(name.length))) return [first];
  return [
    { raw: name, text: name, at: first.at },
    { raw: first.raw.slice(name.length), text: first.text.slice(name.length), at: first.at + name.length },
  ];
}

const NUMBER = /^#?(\d{1,12})$/;
const idle = (): Reading => ({ verb: null, incident: null, missing: 0, act: null, whom: [], text: "", card: "", into: null, problem: null, choices: [] });

export function read(line: string, ctx: Context): Reading {
  const verbs = VERB_LIST.filter((v) => allowed(v, ctx.rules));
  const words = tokens(line);
  const first = words[0];
  if (!first) return { ...idle(), problem: { word: "cmd.empty", unfinished: true }, choices: verbChoices(verbs) };
  const all = [...splitVerb(first, verbs), ...words.slice(1)];
  const typingVerb = all.length === 1 && !/[\s\u3000]$/.test(line);
  const number = NUMBER.exec(first.text);
  if (number) return about(line, all, 0, find(verbs, "go"), ctx);
  const called = verbsCalled(all[0]!.text, verbs);
  if (called.length === 1) {
    const r = about(line, all, 1, called[0]!, ctx);
    return typingVerb && called[0]!.takes.length ? { ...r, choices: [...verbChoices(called), ...r.choices] } : r;
  }
  if (called.length > 1)
    return { ...idle(), choices: verbChoices(called), problem: { word: "cmd.whichVerb", values: { typed: all[0]!.raw, names: called.map((v) => `${v.names[0]!}(${v.short.at(-1) ?? ""})`).join(" ") }, unfinished: typingVerb } };
  return { ...idle(), choices: [], problem: { word: "cmd.noVerb", values: { typed: all[0]!.raw } } };
}

const find = (verbs: readonly ListedVerb[], id: string): ListedVerb => verbs.find((v) => v.id === id) ?? VERB_LIST.find((v) => v.id === id)!;

function verbChoices(verbs: readonly ListedVerb[]): Choice[] {
  return verbs.map((v) => ({ insert: `${v.names[0]!}${v.takes.length ? " " : ""}`, text: v.names[0]!, aside: v.id }));
}

/** The rest of the line, slot by slot. */
function about(line: string, all: Token[], from: number, verb: ListedVerb, ctx: Context): Reading {
  const r: Reading = { ...idle(), verb };
  const open = /[\s\u3000]$/.test(line) || all.length === from; // the next word has not begun
  let at = from;
  for (const slot of verb.takes) {
    const rest = all.slice(at);
    const last = rest.length <= 1 && !open;
    const done = FILL[slot](r, rest, { line, last, open }, ctx);
    if (r.problem) return r;
    at += done;
  }
  if (!verb.takes.length && all.length > from) r.problem = { word: "cmd.tooMuch", values: { typed: all[from]!.raw } };
  return r.problem ? r : decide(r, ctx);
}

interface Where {
  line: string;
  /** The cursor stands at the end of this word. */
  last: boolean;
  open: boolean;
}
type Fill = (r: Reading, rest: Token[], where: Where, ctx: Context) => number;

const tail = (line: string, rest: Token[]): string => (rest[0] ? line.slice(rest[0].at).trim() : "");

const FILL: Record<Slot, Fill> = {
  incident(r, rest, where, ctx) {
    const word = rest[0];
    const named = word ? NUMBER.exec(word.text) : null;
    const wantsInto = r.verb?.takes.includes("into");
    if (named) {
      const i = ctx.byNumber(Number(named[1]));
      if (where.last) r.choices = incidentChoices(word!.text, r, ctx);
      if (i) r.incident = i;
      else r.problem = i === null ? { word: "cmd.noIncident", values: { n: named[1]! } } : { word: "cmd.asking", values: { n: named[1]! }, unfinished: true };
      if (i === undefined) r.missing = Number(named[1]);
      return 1;
    }
    if (word?.text === "." || (ctx.selected && !wantsInto)) {
      if (!ctx.selected) r.problem = { word: "cmd.noneChosen" };
      r.incident = ctx.selected;
      if (!word) r.choices = incidentChoices("", r, ctx);
      return word?.text === "." ? 1 : 0;
    }
    r.choices = incidentChoices(word?.text ?? "", r, ctx);
    r.problem = word && !r.choices.length ? { word: "cmd.notNumber", values: { typed: word.raw } } : { word: "cmd.needIncident", unfinished: true };
    return 0;
  },
  into(r, rest, where, ctx) {
    const word = rest[0];
    const named = word ? NUMBER.exec(word.text) : null;
    if (!named) {
      r.problem = word ? { word: "cmd.notNumber", values: { typed: word.raw } } : { word: "cmd.needInto", unfinished: true };
      r.choices = incidentChoices(word?.text ?? "", r, ctx);
      return 0;
    }
    const i = ctx.byNumber(Number(named[1]));
    if (where.last) r.choices = incidentChoices(word!.text, r, ctx);
    if (i === null) r.problem = { word: "cmd.noIncident", values: { n: named[1]! } };
    else if (i === undefined) {
      r.missing = Number(named[1]);
      r.problem = { word: "cmd.asking", values: { n: named[1]! }, unfinished: true };
    } else if (i.id === r.incident?.id) r.problem = { word: "cmd.itself" };
    else r.into = i;
    return 1;
  },
  whom(r, rest, where, ctx) {
    const candidates = r.incident ? ctx.candidates(r.incident.id) : [];
    const text = tail(where.line, rest);
    const colon = /[:：]/.exec(text);
    const named = colon ? tokens(text.slice(0, colon.index)) : rest;
    if (colon) r.text = text.slice(colon.index + 1).trim();
    const parts = named.flatMap((x) => x.text.split(/[,、]/)).filter(Boolean);
    parts.forEach((typed, x) => {
      const cursor = x === parts.length - 1 && !where.open && !colon;
      const found = whomCalled(typed, candidates, ctx);
      if (cursor) r.choices = whomChoices(found.all);
      if (r.problem) return;
      if (found.one) r.whom.push(found.one);
      else if (found.all.length) r.problem = { word: "cmd.whichPerson", values: { typed, n: found.all.length, names: found.all.slice(0, 4).map((w) => `${w.name} ${w.id}`).join(" · ") }, unfinished: cursor };
      else r.problem = { word: "cmd.noPerson", values: { typed } };
    });
    if (!parts.length) {
      r.choices = candidates.slice(0, MOST_CHOICES).map((c) => ({ insert: nameFor(c.display ?? c.user, c.user, ctx), text: c.display ?? c.user, aside: c.user }));
      r.problem = { word: "cmd.needWhom", unfinished: true };
    }
    return rest.length;
  },
  card(r, rest) {
    const word = rest[0];
    const typed = word?.text.toLowerCase() ?? "";
    r.card = Object.keys(CARDS).find((c) => CARDS[c]!.includes(typed)) ?? "";
    if (!r.card) {
      const like = Object.keys(CARDS).filter((c) => !typed || CARDS[c]!.some((n) => nameMatch(typed, n, c) >= 0));
      r.choices = (like.length ? like : Object.keys(CARDS)).map((c) => ({ insert: `${CARDS[c]![0]!} `, text: CARDS[c]![0]!, aside: c }));
      r.problem = word ? { word: "cmd.whichCard", values: { typed: word.raw }, unfinished: like.length > 0 } : { word: "cmd.needCard", unfinished: true };
      return 0;
    }
    return 1;
  },
  text(r, rest, { line }) {
    r.text = tail(line, rest);
    if (!r.text) r.problem = { word: "cmd.needText", unfinished: true };
    return rest.length;
  },
  reason(r, rest, { line }) {
    r.text = tail(line, rest);
    if (!r.text) r.problem = { word: "cmd.needReason", unfinished: true };
    return rest.length;
  },
  note(r, rest, { line }) {
    r.text = tail(line, rest);
    return rest.length;
  },
  title(r, rest, { line }) {
    r.text = tail(line, rest);
    return rest.length;
  },
  query(r, rest, { line }) {
    r.text = tail(line, rest);
    if (!r.text) r.problem = { word: "cmd.needQuery", unfinished: true };
    return rest.length;
  },
  place(r, rest, where, ctx) {
    const typed = tail(where.line, rest).normalize("NFKC");
    const named = NUMBER.exec(typed);
    if (!typed) {
      r.problem = { word: "cmd.needPlace", unfinished: true };
      r.choices = incidentChoices("", r, ctx);
      return rest.length;
    }
    if (named) {
      const i = ctx.byNumber(Number(named[1]));
      r.choices = incidentChoices(typed, r, ctx);
      if (i) r.act = { kind: "look", incident: (r.incident = i) };
      else if (i === null) r.problem = { word: "cmd.noIncident", values: { n: named[1]! } };
      else {
        r.missing = Number(named[1]);
        r.problem = { word: "cmd.asking", values: { n: named[1]! }, unfinished: true };
      }
      return rest.length;
    }
    const found = ranked(ctx.units, (u) => nameMatch(typed, u.name, u.id));
    r.choices = found.slice(0, MOST_CHOICES).map(({ x }) => ({ insert: x.name, text: x.name, aside: x.id }));
    const best = clear(found);
    if (best) r.act = { kind: "place", unit: best };
    else if (found.length) r.problem = { word: "cmd.whichPlace", values: { typed, n: found.length }, unfinished: true };
    else r.problem = { word: "cmd.noPlace", values: { typed } };
    return rest.length;
  },
};

function decide(r: Reading, ctx: Context): Reading {
  if (r.act) return r;
  const { verb, incident, text } = r;
  if (verb?.id === "find") r.act = { kind: "find", text };
  else if (verb?.id === "report") r.act = { kind: "report", title: text };
  else if (verb?.id === "undo" || verb?.id === "help") r.act = { kind: verb.id };
  else if (verb?.verb && incident) {
    const name = verb.verb as Verb;
    if (!verbsOf(incident, ctx.rules).includes(name)) r.problem = { word: "cmd.notNow", values: { n: incident.number } };
    else r.act = { kind: "call", call: callOf(name, r), final: isFinal(VERBS[name].method) };
  }
  return r;
}

function callOf(name: Verb, r: Reading): Call {
  const { method, fixed } = VERBS[name];
  const params: Record<string, unknown> = { id: r.incident!.id, ...fixed };
  if (r.whom.length) Object.assign(params, { to: r.whom.map((w) => w.to) }, terms(TERMS));
  if (r.into) params["into"] = r.into.id;
  if (r.card) params["card"] = r.card;
  if (r.text) params[TEXT[name] ?? "note"] = r.text;
  return { method, params };
}
/** What the text is called in the verb's parameters. */
const TEXT: Partial<Record<Verb, string>> = { comment: "text", suspend: "reason", return: "reason", reopen: "reason", merge: "reason", recall: "reason" };

/* ---- names ------------------------------------------------------------------------------------------- */

interface Named {
  name: string;
  id: string;
  to: Whom;
  score: number;
  aside: string;
}

function ranked<T>(list: readonly T[], score: (x: T) => number): { x: T; score: number }[] {
  return list
    .map((x) => ({ x, score: score(x) }))
    .filter((r) => r.score >= 0)
    .sort((a, b) => a.score - b.score);
}
/** The one that is meant, when only one answers so well. */
function clear<T>(found: { x: T; score: number }[]): T | null {
  return found[0] && (found.length === 1 || found[1]!.score > found[0].score) ? found[0].x : null;
}

/** People and units that answer to what was typed; those recommended for the incident go before their namesakes. */
function whomCalled(typed: string, candidates: readonly Candidate[], ctx: Context): { one: Named | null; all: Named[] } {
  const near = new Map(candidates.map((c, x) => [c.user, x]));
  const people = new Map<string, Person>(ctx.people.map((p) => [p.user, p]));
  for (const c of candidates) if (!people.has(c.user)) people.set(c.user, { user: c.user, display: c.display ?? c.user, org: c.org ?? "" });
  const all: Named[] = [];
  for (const p of people.values()) {
    const score = nameMatch(typed, p.display, p.user);
    if (score >= 0) all.push({ name: p.display, id: p.user, to: { user: p.user }, score: score + (near.has(p.user) ? 0 : 0.5), aside: p.user });
  }
  for (const u of ctx.units) {
    if (u.kind === "grid" || u.kind === "county") continue;
    const score = nameMatch(typed, u.name, u.id);
    if (score >= 0) all.push({ name: u.name, id: u.id, to: toUnit(u), score: score + 0.7, aside: u.id });
  }
  all.sort((a, b) => a.score - b.score || (near.get(a.id) ?? 1e9) - (near.get(b.id) ?? 1e9) || a.id.localeCompare(b.id));
  const exact = all.filter((w) => w.score < 1);
  const pick = exact.length ? exact : all;
  return { one: clear(pick.map((x) => ({ x, score: x.score }))), all };
}

function whomChoices(all: readonly Named[]): Choice[] {
  return all.slice(0, MOST_CHOICES).map((w) => ({ insert: all.some((x) => x !== w && x.name === w.name) ? w.id : w.name, text: w.name, aside: w.aside }));
}
const nameFor = (display: string, user: string, ctx: Context): string => (ctx.people.filter((p) => p.display === display).length > 1 ? user : display);

function incidentChoices(typed: string, r: Reading, ctx: Context): Choice[] {
  const digits = typed.replace(/^#/, "");
  const fits = (i: Incident) => (/^\d*$/.test(digits) ? String(i.number).startsWith(digits) : i.title.includes(typed));
  const possible = r.verb?.verb as Verb | undefined;
  const out: Choice[] = [];
  for (const i of ctx.open) {
    if (!fits(i) || (possible && !verbsOf(i, ctx.rules).includes(possible))) continue;
    out.push({ insert: `${i.number}`, text: `#${i.number}`, aside: i.title });
    if (out.length === MOST_CHOICES) break;
  }
  return out;
}

/** The line with the word at its end replaced. */
export function withChoice(line: string, c: Choice): string {
  const m = /[^\s\u3000,，、]*$/.exec(line)!;
  const before = line.slice(0, m.index);
  // "派1024": the number is the word, the verb stays.
  const glued = /^\p{Script=Han}+(?=[#\d])/u.exec(m[0])?.[0] ?? "";
  return `${before}${/^\d/.test(c.insert) ? glued : ""}${c.insert}${/\s$/.test(c.insert) ? "" : " "}`;
}
