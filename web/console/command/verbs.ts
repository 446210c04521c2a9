// The verbs of the command line, with the initials they are also known by, and which of them this person may use.

import { may, VERBS, type Rules, type Verb } from "../verbs";
import { initialsOf } from "./pinyin";
import { COMMANDS, type CommandVerb } from "./verb_words";

export interface ListedVerb extends CommandVerb {
  /** "pq", "p": what to type instead of the Chinese names. */
  short: string[];
}

const letters = (name: string) => [...name].map((c) => initialsOf(c)[0] ?? "").join("");
const isHan = (name: string) => /\p{Script=Han}/u.test(name);

export const VERB_LIST: readonly ListedVerb[] = COMMANDS.map((v: CommandVerb) => ({ ...v, short: [...new Set(v.names.filter(isHan).map(letters))] }));

const METHODS: Record<string, string> = { find: "incident.search", report: "incident.report" };

export function allowed(v: CommandVerb, rules: Rules): boolean {
  const method = v.verb ? VERBS[v.verb as Verb].method : METHODS[v.id];
  return method === undefined || may(rules, method);
}

/** Which verbs a first word may mean: one when it is clear. */
export function verbsCalled(word: string, verbs: readonly ListedVerb[]): ListedVerb[] {
  const typed = word.toLowerCase();
  const by = (test: (v: ListedVerb) => boolean) => verbs.filter(test);
  const named = by((v) => v.names.includes(typed));
  if (named.length) return named;
  const initials = by((v) => v.short.includes(typed));
  if (initials.length) return initials;
  return by((v) => v.names.some((n) => n.startsWith(typed)) || v.short.some((s) => s.startsWith(typed)));
}
