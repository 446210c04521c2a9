// Whistles as the board sees them: which act is possible in which state (the server's table says so too, and decides), and
// what each asks for.

import { t } from "../../shared/i18n";
import { CALLED } from "../verbs";
import type { Act } from "./acts";

export interface WhistleUnit {
  unit: string;
  name: string;
  state: string;
  came_at?: string;
  distance_m?: number;
  by_hand?: boolean;
  note?: string;
  measure?: { text: string; due_at?: string; task: string; state: string; version: number };
}

export interface WhistleRow {
  id: string;
  incident: string;
  number: number;
  incident_title: string;
  level: number;
  state: string;
  rev: number;
  by: string;
  by_name?: string;
  reason?: string;
  radius_m: number;
  place?: { lon: number; lat: number };
  blown_at: string;
  due_at: string;
  ended_at?: string;
  outcome?: string;
  minutes_version: number;
  units: WhistleUnit[];
}

export interface WhistleNote {
  version?: number;
  ok?: boolean;
  text?: string;
  attachments?: string[];
  by: string;
  by_name?: string;
  at: string;
}

const GATHERING = ["blown", "gathered", "overdue", "consulting", "agreed"];
const STEPS: Record<string, readonly string[]> = {
  check_in: GATHERING,
  confirm: GATHERING,
  excuse: GATHERING,
  measure: GATHERING,
  minutes: [...GATHERING, "followed_up"],
  follow_up: ["agreed", "followed_up"],
  close: ["followed_up"],
  withdraw: [...GATHERING, "followed_up"],
};
export type WhistleVerb = "check_in" | "confirm" | "excuse" | "measure" | "minutes" | "follow_up" | "close" | "withdraw";

const present = (u: WhistleUnit): boolean => u.state === "here" || u.state === "late";

/** What can be done with the whistle itself. Minutes need somebody who is there. */
export function whistleVerbs(w: WhistleRow): WhistleVerb[] {
  return (["minutes", "follow_up", "close", "withdraw"] as const).filter((v) => STEPS[v]!.includes(w.state) && (v !== "minutes" || w.units.some(present)));
}

/** What can be done about one department. It checks in by itself; who is there already is neither confirmed nor excused. */
export function unitVerbs(w: WhistleRow, u: WhistleUnit, myUnit: string): WhistleVerb[] {
  const open = (v: WhistleVerb) => STEPS[v]!.includes(w.state);
  const out: WhistleVerb[] = [];
  const missing = !present(u) && u.state !== "excused";
  if (missing && u.unit === myUnit && open("check_in")) out.push("check_in");
  if (missing && u.unit !== myUnit && open("confirm")) out.push("confirm");
  if (u.state !== "excused" && open("measure") && w.units.some(present)) out.push("measure");
  if (missing && open("excuse")) out.push("excuse");
  return out;
}

export function whistleAct(v: WhistleVerb, w: WhistleRow, u?: WhistleUnit): Act {
  const about = `#${w.number} ${w.incident_title}`;
  const title = `${t(`whistle.do.${v}`)} · ${u ? u.name : about}`;
  const fixed = { id: w.id, ...(u && v !== "check_in" ? { unit: u.unit } : {}) };
  const reason = { kind: "text", member: "reason", word: "act.reason", required: true, lines: 2, max: 500 } as const;
  const base = { title, method: `whistle.${v}`, fixed };
  switch (v) {
    case "check_in":
      return { ...base, say: t("whistle.say.check_in", { m: w.radius_m }), asks: [{ kind: "place", member: "place", word: "whistle.place", required: true }, { kind: "text", member: "note", word: "form.note" }] };
    case "confirm":
      return { ...base, say: t("whistle.say.confirm"), asks: [reason] };
    case "excuse":
      return { ...base, say: t("whistle.say.excuse"), asks: [reason] };
    case "measure":
      return {
        ...base,
        say: t("whistle.say.measure"),
        asks: [
          { kind: "text", member: "text", word: "whistle.measure", required: true, lines: 3, value: u?.measure?.text ?? "" },
          { kind: "when", member: "due", word: "whistle.due", ...(u?.measure?.due_at && { value: u.measure.due_at }) },
        ],
      };
    case "minutes":
      return { ...base, asks: [{ kind: "text", member: "text", word: "whistle.minutes", required: true, lines: 8, max: 8000 }, { kind: "files", member: "attachments" }] };
    case "follow_up":
      return {
        ...base,
        say: t("whistle.say.follow_up"),
        asks: [
          { kind: "yes", member: "ok", word: "whistle.ok", yes: "whistle.ok.yes", no: "whistle.ok.no" },
          { kind: "text", member: "text", word: "whistle.found", required: true, lines: 4, max: 4000 },
          { kind: "files", member: "attachments" },
        ],
      };
    case "close":
      return { ...base, asks: [{ kind: "text", member: "note", word: "form.note", lines: 2 }] };
    case "withdraw":
      return { ...base, say: t("whistle.say.withdraw"), danger: true, asks: [reason] };
  }
}

/** Blowing from the board: the incident by its number. From an incident's detail, it is known. */
export function blow(): Act {
  return {
    title: t("verb.whistle"),
    method: "whistle.blow",
    say: t("whistle.say.blow"),
    asks: [
      { kind: "incident", member: "incident", word: "act.incident" },
      { kind: "units", member: "units", word: "whistle.units", many: true, kinds: CALLED },
      { kind: "minutes", member: "within_ms", word: "form.within", value: 60 },
      { kind: "number", member: "radius_m", word: "whistle.radius", value: 300, min: 20, max: 50000 },
      { kind: "text", member: "reason", word: "act.reason", required: true, lines: 2, max: 500 },
    ],
  };
}
