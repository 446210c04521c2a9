// What can be done with an incident: for each verb its method, where it stands in the server's step table, and what
// it asks for. One dialog serves them all. Which verb is possible in which state is the server's to say
// (dispatch.states); this page only leaves out what cannot work.

import type { Word } from "../shared/i18n";
import type { Incident, Task } from "../shared/types";

export type Field =
  | { kind: "text"; member: string; required?: boolean; word?: Word }
  | { kind: "rung"; which: "above" | "below" }
  | { kind: "card" }
  | { kind: "units"; member: string; many?: boolean; as?: "to"; kinds?: readonly string[] }
  | { kind: "minutes"; member: string; word: Word; fallback: number }
  | { kind: "when"; member: string; word: Word }
  | { kind: "incident"; member: string }
  | { kind: "whom"; member: string }
  | { kind: "closing" }
  | { kind: "score" };

export interface Spec {
  method: string;
  /** Its name in the step table, when it is not the page's own. */
  step?: string;
  /** Sent besides what is asked for. */
  fixed?: Record<string, unknown>;
  asks: readonly Field[];
  /** Under "more", or among the first buttons. */
  more?: boolean;
}

const note: Field = { kind: "text", member: "note" };
const reason: Field = { kind: "text", member: "reason", required: true };

/** Who can be called to the spot. The rungs of the ladder are where an incident lies: they cannot. */
export const CALLED: readonly string[] = ["department", "team"];

const spec = <T extends Record<string, Spec>>(s: T): { [K in keyof T]: Spec } => s;
/** In the order of the buttons. */
export const VERBS = spec({
  dispatch: { method: "incident.dispatch", asks: [] },
  accept: { method: "incident.accept", asks: [] },
  pass: { method: "incident.verify", step: "verify", fixed: { pass: true }, asks: [note] },
  fail: { method: "incident.verify", step: "verify", fixed: { pass: false }, asks: [{ ...note, required: true } as Field] },
  close: { method: "incident.close", asks: [{ kind: "closing" }, note] },
  resume: { method: "incident.resume", asks: [] },
  recall: { method: "incident.recall", asks: [{ ...reason, required: false } as Field] },
  reopen: { method: "incident.reopen", asks: [reason] },
  escalate: { method: "incident.escalate", asks: [{ kind: "rung", which: "above" }, reason] },
  urge: { method: "incident.urge", asks: [note] },
  supervise: { method: "incident.supervise", asks: [{ kind: "card" }, { ...note, required: true } as Field] },
  comment: { method: "incident.comment", asks: [{ kind: "text", member: "text", required: true, word: "form.text" }] },
  return: { method: "incident.return", asks: [reason] },
  transfer: { method: "incident.transfer", asks: [{ kind: "units", member: "to" }, reason], more: true },
  send_down: { method: "incident.send_down", asks: [{ kind: "rung", which: "below" }, reason], more: true },
  assist: { method: "incident.assist", asks: [{ kind: "units", member: "to", many: true, as: "to" }, note], more: true },
  countersign: { method: "incident.countersign", asks: [{ kind: "units", member: "units", many: true }, { kind: "text", member: "text", required: true, word: "form.text" }], more: true },
  whistle: { method: "whistle.blow", asks: [{ kind: "units", member: "units", many: true, kinds: CALLED }, { kind: "minutes", member: "within_ms", word: "form.within", fallback: 60 }, reason], more: true },
  extend: { method: "incident.extend", asks: [{ kind: "minutes", member: "by_ms", word: "form.by", fallback: 60 }, reason], more: true },
  suspend: { method: "incident.suspend", asks: [reason, { kind: "when", member: "until", word: "form.until" }], more: true },
  merge: { method: "incident.merge", asks: [{ kind: "incident", member: "into" }, { ...reason, required: false } as Field], more: true },
  split: { method: "incident.split", asks: [reason], more: true },
  rate: { method: "incident.rate", fixed: { by_phone: true }, asks: [{ kind: "score" }, { kind: "text", member: "text", word: "form.text" }], more: true },
  void: { method: "incident.void", asks: [reason], more: true },
});
export type Verb = keyof typeof VERBS;

/** What a desk can do with one task. */
export const TASK_VERBS = spec({
  reassign: { method: "task.reassign", asks: [{ kind: "whom", member: "to" }, reason, { kind: "text", member: "note", word: "dispatch.note" }] },
  recall: { method: "task.recall", asks: [reason] },
  lead: { method: "task.lead", asks: [{ ...reason, required: false } as Field] },
  checkin_start: { method: "task.checkin_start", asks: [{ kind: "minutes", member: "every_ms", word: "form.every", fallback: 15 }] },
  checkin_stop: { method: "task.checkin_stop", step: "checkin_start", asks: [{ ...reason, required: false } as Field] },
});
export type TaskVerb = keyof typeof TASK_VERBS;

/** The server's step table: in which states a verb is possible. */
export type Steps = ReadonlyMap<string, ReadonlySet<string>>;

interface StepRow {
  name: string;
  steps: Record<string, string>;
}
/** dispatch.states as it comes. */
export interface StatesAnswer {
  verbs: StepRow[];
  task_verbs?: StepRow[];
}

export function stepsOf(rows: readonly StepRow[]): Steps {
  const out = new Map<string, Set<string>>();
  for (const v of rows) {
    const states = out.get(v.name) ?? new Set<string>();
    for (const s of Object.keys(v.steps)) states.add(s);
    out.set(v.name, states);
  }
  return out;
}

export interface Rules {
  /** Methods this person may call; null while not known: the server still decides. */
  allowed: ReadonlySet<string> | null;
  steps: Steps;
  taskSteps: Steps;
}

const can = (steps: Steps, name: string, state: string): boolean => steps.get(name)?.has(state) ?? false;
export const may = (rules: Rules, method: string): boolean => !rules.allowed || rules.allowed.has(method);

export function verbsOf(i: Incident, rules: Rules): Verb[] {
  return (Object.keys(VERBS) as Verb[]).filter((v) => can(rules.steps, VERBS[v].step ?? v, i.state) && may(rules, VERBS[v].method));
}

export function taskVerbsOf(task: Task, rules: Rules): TaskVerb[] {
  const step = (name: string) => can(rules.taskSteps, name, task.state);
  const leads = task.role === "lead";
  const watched = (task.checkin?.every_ms ?? 0) > 0;
  const possible: Record<TaskVerb, boolean> = {
    reassign: step("reassign"),
    // The lead at work is reassigned, not withdrawn; a helper is released.
    recall: step("recall") || (!leads && step("release")),
    lead: !leads && step("lead"),
    checkin_start: !watched && step("checkin_start"),
    checkin_stop: watched && step("checkin_start"),
  };
  return (Object.keys(TASK_VERBS) as TaskVerb[]).filter((v) => possible[v] && may(rules, TASK_VERBS[v].method));
}

/** The rungs of the ladder, lowest first. */
export const RUNGS = ["household", "courtyard", "grid", "village", "police_post", "township", "county"] as const;

export function rungsFrom(level: string | undefined, which: "above" | "below"): readonly string[] {
  const at = RUNGS.findIndex((r) => r === level);
  return which === "above" ? RUNGS.slice(at + 1) : RUNGS.slice(0, Math.max(at, 0));
}
