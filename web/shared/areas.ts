// The county's map as the pages use it: fetched once, kept for when the link is down, asked "which unit is this place
// in?". What it looks like is in docs/pages/map.md.

export type Ring = [lon: number, lat: number][];
export interface Area {
  id: string;
  kind: string;
  name: string;
  parent: string;
  /** Polygons: an outline each, with holes after it. */
  polygons: Ring[][];
  box: [west: number, south: number, east: number, north: number];
}
export interface CountyMap {
  /** What the map says of itself: "schematic", whose data it is. */
  notice: string;
  areas: Area[];
}

interface Feature {
  properties?: { id?: string; kind?: string; name?: string; parent?: string } | null;
  geometry?: { type: string; coordinates: unknown } | null;
}

/** Deeper lies on top: a grid in its village in its township. */
const DEPTH = ["county", "township", "village", "grid"];
export const depthOf = (kind: string): number => DEPTH.indexOf(kind);

export function readAreas(geojson: { notice?: string; features?: Feature[] }): CountyMap {
  const areas: Area[] = [];
  for (const { properties: p, geometry: g } of geojson.features ?? []) {
    if (!p || !g || depthOf(p.kind ?? "") < 0) continue;
    const polygons = (g.type === "Polygon" ? [g.coordinates] : g.type === "MultiPolygon" ? g.coordinates : []) as Ring[][];
    const box: Area["box"] = [180, 90, -180, -90];
    for (const polygon of polygons)
      for (const [lon, lat] of polygon[0] ?? []) {
        box[0] = Math.min(box[0], lon);
        box[1] = Math.min(box[1], lat);
        box[2] = Math.max(box[2], lon);
        box[3] = Math.max(box[3], lat);
      }
    areas.push({ id: p.id ?? "", kind: p.kind ?? "", name: p.name ?? "", parent: p.parent ?? "", polygons, box });
  }
  areas.sort((a, b) => depthOf(a.kind) - depthOf(b.kind));
  return { notice: geojson.notice ?? "", areas };
}

/** A notice in two languages is one text, Chinese first: the half that is asked for, or all of it. */
export function noticeIn(notice: string, lang: "zh" | "en"): string {
  const halves = /^(.*[\u3000-\u9fff\uff00-\uffef])\s*([A-Z][\x20-\x7e\u2010-\u2027]*)$/.exec(notice);
  return halves ? halves[lang === "zh" ? 1 : 2]! : notice;
}

function inRing(ring: Ring, lon: number, lat: number): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [x, y] = ring[i]!;
    const [u, v] = ring[j]!;
    if (y > lat !== v > lat && lon < ((u - x) * (lat - y)) / (v - y) + x) inside = !inside;
  }
  return inside;
}

/** The units a place lies in, the county first, the grid last. */
export function areasAt(map: CountyMap, lon: number, lat: number): Area[] {
  return map.areas.filter(
    (a) =>
      lon >= a.box[0] &&
      lon <= a.box[2] &&
      lat >= a.box[1] &&
      lat <= a.box[3] &&
      a.polygons.some(([outline, ...holes]) => outline !== undefined && inRing(outline, lon, lat) && !holes.some((h) => inRing(h, lon, lat))),
  );
}

/** A part of the map this large is kept on the device, so that a place can be picked without a network. */
const KEEP_BYTES = 200_000;

export interface MapAsk {
  /** `link.headers` of whoever is signed in. */
  headers?: Record<string, string>;
  /** Only the township around this unit, with what lies in it: a phone needs no more. */
  around?: string;
}

/** The map's text, from the server or, when that cannot be reached, as it was last seen. "" when the county has none. */
export async function fetchMapText(ask: MapAsk): Promise<string> {
  const key = `fq.map.${ask.headers?.["Authorization"] ? "in" : "out"}.${ask.around ?? ""}`;
  try {
    const r = await fetch(`/api/v1/map${ask.around ? `?around=${encodeURIComponent(ask.around)}` : ""}`, {
      headers: ask.headers ?? {},
      cache: "no-cache", // asked each time, sent only when it has changed
    });
    if (r.status === 404) return "";
    if (!r.ok) throw new Error(`map: HTTP ${r.status}`);
    const text = await r.text();
    try {
      if (text.length <= KEEP_BYTES) localStorage.setItem(key, text);
    } catch {
      // Full or forbidden: then there is a map only while there is a network.
    }
    return text;
  } catch (e) {
    let kept: string | null = null;
    try {
      kept = localStorage.getItem(key);
    } catch {
      // Storage is forbidden here.
    }
    if (kept) return kept;
    throw e;
  }
}

/** null: this county has no map. */
export async function fetchAreas(ask: MapAsk): Promise<CountyMap | null> {
  const text = await fetchMapText(ask);
  return text ? readAreas(JSON.parse(text) as Parameters<typeof readAreas>[0]) : null;
}
