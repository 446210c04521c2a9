// The report being written: kept in the phone with every change, turned into the command's parameters.

import type { FilledForm } from "../shared/form";
import type { Place } from "../shared/types";
import type { FileNote } from "./files";

export type WhereKind = "grid" | "gps" | "map";

export interface Draft {
  category: string;
  level: number;
  title: string;
  text: string;
  facts: string[];
  minutesAgo: number;
  where: WhereKind;
  gps: Place | null;
  /** Picked on the map, or typed. */
  spot: Place | null;
  address: string;
  /** The answers to the category's form. */
  form: FilledForm | null;
  files: FileNote[];
}

/** Grid codes are a village's twelve digits, a dash, a number. */
export function isGrid(org: string): boolean {
  return /^\d{12}-\d+$/.test(org);
}

export function emptyDraft(org: string): Draft {
  return {
    category: "",
    level: 0,
    title: "",
    text: "",
    facts: [],
    minutesAgo: 0,
    where: isGrid(org) ? "grid" : "gps",
    gps: null,
    spot: null,
    address: "",
    form: null,
    files: [],
  };
}

export type DraftProblem = "report.needCategory" | "report.needPlace";

export interface DraftWords {
  category: string;
  facts: string;
}

/** Either what keeps it from being sent, or the parameters of incident.report; when it happened is the outbox's to say. */
export function draftParams(d: Draft, org: string, words: DraftWords): { problem: DraftProblem } | { params: Record<string, unknown> } {
  if (!d.category) return { problem: "report.needCategory" };
  const params: Record<string, unknown> = { category: d.category, title: d.title.trim() || words.category };
  if (d.level) params["level"] = d.level;
  const text = [words.facts, d.text.trim()].filter(Boolean).join("\n");
  if (text) params["text"] = text;
  if (d.address.trim()) params["address"] = d.address.trim();
  if (d.form) params["form"] = d.form;
  if (d.files.length) params["attachments"] = d.files.map((f) => f.sha256);
  if (d.where === "grid") {
    if (!isGrid(org)) return { problem: "report.needPlace" };
    params["grid"] = org;
  } else {
    const place = d.where === "gps" ? d.gps : d.spot;
    if (!place) return { problem: "report.needPlace" };
    params["place"] = place;
  }
  return { params };
}
