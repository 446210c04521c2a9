// The report being written: kept in the phone with every change, turned into the command's parameters.

import type { Place } from "../shared/types";

export type WhereKind = "grid" | "gps" | "hand";

export interface Draft {
  category: string;
  level: number;
  title: string;
  text: string;
  facts: string[];
  minutesAgo: number;
  where: WhereKind;
  gps: Place | null;
  lon: string;
  lat: string;
  address: string;
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
    lon: "",
    lat: "",
    address: "",
  };
}

export function loadDraft(storage: Pick<Storage, "getItem">, key: string, org: string): Draft {
  const fresh = emptyDraft(org);
  try {
    const kept: unknown = JSON.parse(storage.getItem(key) ?? "null");
    return kept && typeof kept === "object" ? { ...fresh, ...(kept as Partial<Draft>) } : fresh;
  } catch {
    return fresh;
  }
}

export type DraftProblem = "report.needCategory" | "report.needPlace" | "report.badPlace";

export interface DraftWords {
  category: string;
  facts: string;
}

/** Either what keeps it from being sent, or the parameters of incident.report. */
export function draftParams(
  d: Draft,
  org: string,
  nowMs: number,
  words: DraftWords,
): { problem: DraftProblem } | { params: Record<string, unknown> } {
  if (!d.category) return { problem: "report.needCategory" };
  const params: Record<string, unknown> = {
    category: d.category,
    title: d.title.trim() || words.category,
    source: "officer",
    occurred_at: new Date(nowMs - d.minutesAgo * 60_000).toISOString(),
  };
  if (d.level) params["level"] = d.level;
  const text = [words.facts, d.text.trim()].filter(Boolean).join("\n");
  if (text) params["text"] = text;
  if (d.address.trim()) params["address"] = d.address.trim();
  if (d.where === "grid") {
    if (!isGrid(org)) return { problem: "report.needPlace" };
    params["grid"] = org;
  } else if (d.where === "gps") {
    if (!d.gps) return { problem: "report.needPlace" };
    params["place"] = d.gps;
  } else {
    if (!d.lon.trim() || !d.lat.trim()) return { problem: "report.needPlace" };
    const lon = Number(d.lon);
    const lat = Number(d.lat);
    if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 90)) return { problem: "report.badPlace" };
    params["place"] = { lon, lat };
  }
  return { params };
}
