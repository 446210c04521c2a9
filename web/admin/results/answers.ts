// What a rule asked and was told, in a line: the question with its arguments, the answer by what one would call it.

import type { Lexicon } from "./names";
import { t } from "../../shared/i18n";

type Thing = Record<string, unknown>;

function brief(v: unknown, names: Lexicon, depth = 0): string {
  if (v === null || v === undefined) return t("told.nothing");
  if (typeof v === "boolean") return t(v ? "yes" : "no");
  if (typeof v === "string") return names.anyone(v);
  if (typeof v !== "object") return String(v);
  if (Array.isArray(v)) {
    if (!v.length) return t("told.nothing");
    const first = v.slice(0, 3).map((x) => brief(x, names, depth + 1)).join(t("join.enum"));
    return v.length > 3 ? t("told.more", { first, n: v.length }) : first;
  }
  const o = v as Thing;
  if (typeof o["$e"] === "string") return t("told.thisIncident");
  const name = o["name"] ?? o["display"] ?? o["title"];
  const id = o["user"] ?? o["org"] ?? o["id"] ?? o["unit"];
  if (name) return String(name);
  if (typeof id === "string") return names.anyone(id);
  if (depth > 1) return "…";
  const parts = Object.entries(o).slice(0, 4).map(([k, x]) => `${k}: ${brief(x, names, depth + 1)}`);
  return `{${parts.join(", ")}${Object.keys(o).length > 4 ? ", …" : ""}}`;
}

export interface Asked {
  name: string;
  what: string;
  args: string;
  answer: string;
  raw: unknown;
}

/** Each question as its name, its meaning, and the answer. */
export function askedOf(answers: unknown, names: Lexicon): Asked[] {
  if (!Array.isArray(answers)) return [];
  return answers.filter(Array.isArray).map((a) => {
    const [name, args, result] = a as [unknown, unknown, unknown];
    const list = Array.isArray(args) ? args : [args];
    return {
      name: String(name),
      what: names.view(String(name)),
      args: list.filter((x) => x !== null && x !== undefined).map((x) => brief(x, names)).join(", "),
      answer: brief(result, names),
      raw: a,
    };
  });
}
