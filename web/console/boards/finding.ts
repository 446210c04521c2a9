// The conditions of a search as a form holds them, and as the server is asked.

import { localTime } from "./acts";

export interface Conditions {
  text: string;
  person: string;
  number: string;
  state: string[];
  open: boolean;
  category: string[];
  level: string;
  clock: string;
  card: string;
  from: string;
  until: string;
  source: string;
  org: string;
  lon: string;
  lat: string;
  within_m: string;
  sort: "newest" | "oldest";
}

export const nothing = (): Conditions => ({
  text: "",
  person: "",
  number: "",
  state: [],
  open: false,
  category: [],
  level: "",
  clock: "",
  card: "",
  from: "",
  until: "",
  source: "",
  org: "",
  lon: "",
  lat: "",
  within_m: "",
  sort: "newest",
});

/** What filter.save keeps and incident.search takes: only what was said. */
export function queryOfConditions(c: Conditions): Record<string, unknown> {
  const q: Record<string, unknown> = {};
  for (const k of ["text", "person", "clock", "card", "source", "org"] as const) if (c[k].trim()) q[k] = c[k].trim();
  const number = Number(c.number.trim().replace(/^#/, ""));
  if (c.number.trim() && Number.isInteger(number) && number > 0) q["number"] = number;
  if (c.state.length) q["state"] = [...c.state];
  if (c.category.length) q["category"] = [...c.category];
  if (c.open) q["open"] = true;
  if (c.level) q["level"] = Number(c.level);
  if (c.from) q["from"] = new Date(c.from).toISOString();
  if (c.until) q["until"] = new Date(c.until).toISOString();
  const [lon, lat] = [Number(c.lon), Number(c.lat)];
  if (c.lon.trim() && c.lat.trim() && Math.abs(lon) <= 180 && Math.abs(lat) <= 90) {
    q["place"] = { lon, lat };
    if (Number(c.within_m) >= 1) q["within_m"] = Math.round(Number(c.within_m));
  }
  if (c.sort !== "newest") q["sort"] = c.sort;
  return q;
}

/** A kept question back into the form. */
export function conditionsOf(q: Record<string, unknown>): Conditions {
  const c = nothing();
  const text = (k: string) => (typeof q[k] === "string" ? (q[k] as string) : typeof q[k] === "number" ? String(q[k]) : "");
  for (const k of ["text", "person", "number", "level", "clock", "card", "source", "org", "within_m"] as const) c[k] = text(k);
  for (const k of ["state", "category"] as const) if (Array.isArray(q[k])) c[k] = [...(q[k] as string[])];
  c.open = q["open"] === true;
  if (text("from")) c.from = localTime(text("from"));
  if (text("until")) c.until = localTime(text("until"));
  const place = q["place"] as { lon?: number; lat?: number } | undefined;
  if (place) {
    c.lon = String(place.lon ?? "");
    c.lat = String(place.lat ?? "");
  }
  if (q["sort"] === "oldest") c.sort = "oldest";
  return c;
}
