// What can be written, from the server's own table (policy.api): what to offer at a place, what a word means, and
// one line on the clause the cursor is in. Pure; the editor's completion and hover are made of it.

import type { ApiTable, ApiWord } from "../api";
import { whereIs, wordAt, type Frame } from "./lua";

export interface Entry {
  name: string;
  /** What it is: for the icon beside it and the order of a list. */
  kind: ApiWord["kind"] | "kind" | "method";
  signature: string;
  zh: string;
  en: string;
  example: string;
  from: string;
}
export interface Offer {
  /** Where what is being typed begins. */
  from: number;
  entries: Entry[];
  /** Inside quotes. */
  quoted: boolean;
}

export const EMPTY: ApiTable = { words: [], kinds: [], methods: [] };

/** "view.owner" is found as itself and as "owner" behind `view.`; "clocks.limit" as "limit" inside clocks. */
const tail = (name: string): string => name.slice(name.lastIndexOf(".") + 1);
const head = (name: string): string => (name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "");

export class Knowledge {
  private readonly words: Entry[];
  private readonly kinds: Entry[];
  private readonly methods: Entry[];
  private readonly byName = new Map<string, Entry>();

  constructor(table: ApiTable) {
    this.words = table.words.map((w) => ({
      name: w.name,
      kind: w.kind,
      signature: w.signature ?? w.name,
      zh: w.zh,
      en: w.en,
      example: w.example ?? "",
      from: w.from ?? "",
    }));
    this.kinds = table.kinds
      .filter((k) => k.heard !== false)
      .map((k) => ({ name: k.name, kind: "kind", signature: k.name, zh: k.zh, en: k.en, example: "", from: "" }));
    this.methods = table.methods.map((m) => ({
      name: m.name,
      kind: "method",
      signature: signatureOf(m.name, m.params),
      zh: m.zh,
      en: m.en,
      example: "",
      from: "",
    }));
    for (const e of [...this.methods, ...this.kinds, ...this.words]) this.byName.set(e.name, e);
  }

  get empty(): boolean {
    return this.byName.size === 0;
  }

  /** What may be written at the end of `code`. `forced`: asked for by a key, so also where nothing is begun. */
  offer(code: string, forced = false): Offer | null {
    const where = whereIs(code);
    if (where.comment) return null;
    const end = code.length;
    if (where.text) {
      const list = this.inText(where.text.before, where.frames);
      return list.length ? { from: where.text.from, entries: list, quoted: true } : null;
    }
    const typed = /([A-Za-z_][\w]*\.)?([A-Za-z_]\w*)?$/.exec(code);
    const owner = typed?.[1]?.slice(0, -1) ?? "";
    const word = typed?.[2] ?? "";
    const from = end - word.length;
    if (owner) {
      const list = this.words.filter((w) => head(w.name) === owner || (owner === "view" && w.kind === "view")).map((w) => ({ ...w, name: tail(w.name) }));
      return list.length ? { from, entries: list, quoted: false } : null;
    }
    if (!word && !forced) return null;
    if (/[\w.]$/.test(code.slice(0, from))) return null; // the rest of a number
    const table = innermost(where.frames);
    const atKey = table && /[{,;]\s*$/.test(strip(code.slice(0, from)));
    const members = atKey ? this.membersOf(where.frames) : [];
    if (members.length) return { from, entries: members, quoted: false };
    const list = this.words.filter((w) => (w.kind === "word" || w.kind === "global") && !w.name.includes("."));
    return list.length ? { from, entries: list, quoted: false } : null;
  }

  private inText(before: string, frames: readonly Frame[]): Entry[] {
    if (/\bcommand\s*\(\s*["']$|\b(?:call|shows|setup)\s*\{\s*["']$/.test(before + '"')) return this.methods;
    if (/\[\s*"$/.test(before + '"') && frames[frames.length - 1]?.kind === "index") return this.kinds;
    if (/\b(?:entry|no_entry|heard|kind)\b[^"\n]*"$/.test(lastLine(before) + '"')) return this.kinds;
    return [];
  }

  /** What a table at this place may have: the clauses of a policy, the members of a clause. */
  private membersOf(frames: readonly Frame[]): Entry[] {
    const tables = frames.filter((f) => f.kind === "table").map((f) => f.name);
    if (tables[tables.length - 1] === "policy") return this.words.filter((w) => (w.kind === "clause" || w.kind === "member") && !w.name.includes("."));
    for (let depth = tables.length - 1; depth >= 0; depth--) {
      const name = tables[depth] ?? "";
      const list = this.words.filter((w) => w.kind === "member" && (head(w.name) === name || tail(head(w.name)) === name));
      if (list.length) return list.map((w) => ({ ...w, name: tail(w.name) }));
      if (name === "policy" || name === "on") break;
    }
    return [];
  }

  find(name: string): Entry | undefined {
    return this.byName.get(name);
  }

  /** What the word at this column means; `before` is the text above the line. */
  meaning(before: string, line: string, column: number): { entry: Entry; from: number; to: number } | null {
    const at = wordAt(line, column);
    if (!at) return null;
    const where = whereIs(`${before}${line.slice(0, at.from)}`);
    if (where.comment) return null;
    const entry = this.named(at.word, where.frames, where.text !== null);
    return entry ? { entry, from: at.from, to: at.to } : null;
  }

  private named(word: string, frames: readonly Frame[], quoted: boolean): Entry | undefined {
    const known = this.byName.get(word);
    if (quoted) return known?.kind === "kind" || known?.kind === "method" ? known : undefined;
    const tables = frames.filter((f) => f.kind === "table").map((f) => f.name);
    for (const t of tables.reverse()) {
      const member = this.words.find((w) => w.kind === "member" && tail(w.name) === word && tail(head(w.name)) === t);
      if (member) return member;
    }
    return known ?? this.byName.get(`view.${word.replace(/^view\./, "")}`);
  }

  /** The clause or call the place is in, when the word itself says nothing: the innermost one that is known. */
  around(before: string, line: string, column: number): Entry | null {
    const here = this.meaning(before, line, column);
    if (here) return here.entry;
    const where = whereIs(before + line.slice(0, column));
    if (where.comment) return null;
    const key = /(?:^|[{,;(\s])([A-Za-z_]\w*)\s*=[^={,;]*$/.exec(line.slice(0, column))?.[1];
    if (key) {
      const entry = this.named(key, where.frames, false);
      if (entry) return entry;
    }
    for (const f of [...where.frames].reverse()) {
      if (f.kind === "block" || f.kind === "index" || !f.name) continue;
      const entry = this.byName.get(f.name);
      if (entry) return entry;
    }
    return null;
  }
}

const lastLine = (text: string): string => text.slice(text.lastIndexOf("\n") + 1);
const strip = (code: string): string => code.replace(/--[^\n]*/g, "");

function innermost(frames: readonly Frame[]): boolean {
  return frames[frames.length - 1]?.kind === "table";
}

/** "incident.dispatch {id, to, note?}" of a JSON schema. */
function signatureOf(name: string, params: unknown): string {
  const schema = params as { properties?: Record<string, unknown>; required?: string[] } | undefined;
  const names = Object.keys(schema?.properties ?? {});
  if (!names.length) return name;
  const needed = new Set(schema?.required ?? []);
  return `${name} {${names.map((n) => (needed.has(n) ? n : `${n}?`)).join(", ")}}`;
}
