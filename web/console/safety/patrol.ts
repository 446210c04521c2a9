// Patrols as the server tells them, and what the board makes of them.

export interface Point {
  id: string;
  name: string;
  lon: number;
  lat: number;
  radius_m: number;
  checks?: string[];
}
export interface Done {
  at: string;
  ok: boolean;
  far?: boolean;
  distance_m?: number;
  note?: string;
  checks?: { name: string; ok: boolean }[];
}
export interface Plan {
  id: string;
  rev: number;
  name: string;
  org: string;
  points: Point[];
  every_ms?: number;
}
export interface Coverage extends Omit<Plan, "points"> {
  org_name?: string;
  points: number;
  walks: number;
  ticked: number;
  wanted: number;
  far: number;
  findings: number;
  last_at?: string;
  due_at?: string;
  overdue?: boolean;
}
export interface Patrol {
  id: string;
  user: string;
  display: string;
  plan?: string;
  name?: string;
  org: string;
  org_name: string;
  began_at: string;
  ended_at?: string;
  last_at?: string;
  why?: string;
  note?: string;
  points: number;
  metres: number;
  done: number;
  far: number;
  findings: number;
}
export interface PatrolFull extends Patrol {
  round: (Point & { done?: Done })[];
  track?: [lon: number, lat: number, at_ms: number][];
}

/** Points reached of those that the rounds walked had; nothing walked is no share. */
export const coverageShare = (c: Pick<Coverage, "ticked" | "wanted">): string => (c.wanted ? `${Math.round((100 * c.ticked) / c.wanted)} %` : "–");

export const toCircles = (round: PatrolFull["round"]) =>
  round.map((p, x) => ({ id: p.id, lon: p.lon, lat: p.lat, radius_m: p.radius_m, label: `${x + 1} ${p.name}`, done: p.done !== undefined }));

/** A row of the form, as typed. */
export interface PointRow {
  id: string;
  name: string;
  lon: string;
  lat: string;
  radius: string;
  checks: string;
}
export const rowOf = (p?: Point): PointRow => ({
  id: p?.id ?? "",
  name: p?.name ?? "",
  lon: p ? String(p.lon) : "",
  lat: p ? String(p.lat) : "",
  radius: p ? String(p.radius_m) : "",
  checks: p?.checks?.join("、") ?? "",
});
/** Points keep their ids, so that what was ticked on them stays theirs; others get one that is free. */
export function pointsOf(rows: readonly PointRow[]): Record<string, unknown>[] {
  const taken = new Set(rows.map((r) => r.id).filter(Boolean));
  let n = 0;
  const free = () => {
    do n++;
    while (taken.has(`p${n}`));
    return `p${n}`;
  };
  return rows.map((r) => {
    const checks = r.checks.split(/[、,，;；]/).map((c) => c.trim()).filter(Boolean);
    return {
      id: r.id || free(),
      name: r.name.trim(),
      lon: Number(r.lon),
      lat: Number(r.lat),
      ...(r.radius && { radius_m: Number(r.radius) }),
      ...(checks.length && { checks }),
    };
  });
}
