// Where things are, in the map's own metres (web Mercator), and what is under a pointer. No canvas, no OpenLayers.

const RADIUS = 6378137;
export const mercatorX = (lon: number): number => (RADIUS * lon * Math.PI) / 180;
export const mercatorY = (lat: number): number => RADIUS * Math.log(Math.tan(Math.PI / 4 + (Math.min(85, Math.max(-85, lat)) * Math.PI) / 360));
export const toLon = (x: number): number => ((x / RADIUS) * 180) / Math.PI;
export const toLat = (y: number): number => (Math.atan(Math.exp(y / RADIUS)) * 360) / Math.PI - 90;
/** How many of the map's metres are one metre on the ground. */
export const stretchAt = (lat: number): number => 1 / Math.cos((lat * Math.PI) / 180);

export interface MapIncident {
  id: string;
  number: number;
  lon: number;
  lat: number;
  level: number;
  state: string;
  title: string;
}
/** How far an incident is, as the map tells it apart. */
export type Stage = "todo" | "going" | "done";
const DONE = new Set(["handled", "verified", "suspended"]);
const TODO = new Set(["reported", "accepted", "returned"]);
export const stageOf = (state: string): Stage => (TODO.has(state) ? "todo" : DONE.has(state) ? "done" : "going");

/** What is drawn in one spot: an incident, or several too close together to be told apart. */
export interface Spot {
  x: number;
  y: number;
  /** The worst. */
  level: number;
  stage: Stage;
  /** The incident, of several the worst. */
  incident: MapIncident;
  count: number;
  /** Of several: west, south, east, north, and who they are. */
  box?: [number, number, number, number];
  ids?: string[];
}

/** Incidents of one cell are one spot from this many on; two still show side by side. */
const CROWD = 3;
const CELL_PX = 60;
const ORDER: Record<Stage, number> = { todo: 0, going: 1, done: 2 };

function worse(a: MapIncident, b: MapIncident): boolean {
  return a.level !== b.level ? a.level < b.level : ORDER[stageOf(a.state)] < ORDER[stageOf(b.state)];
}

/**
 * The spots at a resolution (metres a pixel). Cells are fixed to the ground, so that panning rearranges nothing. Level I
 * always stands for itself. Sorted so that the worst is drawn last, on top.
 */
export function spotsOf(incidents: readonly MapIncident[], resolution: number): Spot[] {
  const cell = CELL_PX * resolution;
  const cells = new Map<number, { x: number; y: number; incident: MapIncident }[]>();
  const spots: Spot[] = [];
  const single = (x: number, y: number, incident: MapIncident) => spots.push({ x, y, level: incident.level, stage: stageOf(incident.state), incident, count: 1 });
  for (const incident of incidents) {
    const x = mercatorX(incident.lon);
    const y = mercatorY(incident.lat);
    if (incident.level === 1) {
      single(x, y, incident);
      continue;
    }
    const key = Math.floor(x / cell) * 1e7 + Math.floor(y / cell);
    const at = cells.get(key);
    if (at) at.push({ x, y, incident });
    else cells.set(key, [{ x, y, incident }]);
  }
  for (const members of cells.values()) {
    if (members.length < CROWD) {
      for (const m of members) single(m.x, m.y, m.incident);
      continue;
    }
    let [sx, sy] = [0, 0];
    let worst = members[0]!.incident;
    const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const { x, y, incident } of members) {
      sx += x;
      sy += y;
      if (worse(incident, worst)) worst = incident;
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    }
    const n = members.length;
    spots.push({ x: sx / n, y: sy / n, level: worst.level, stage: stageOf(worst.state), incident: worst, count: n, box, ids: members.map((m) => m.incident.id) });
  }
  return spots.sort((a, b) => b.level - a.level || ORDER[b.stage] - ORDER[a.stage]);
}

/** The nearest within `reach`, the topmost of equals; -1 for none. A scan: 15,000 points take a tenth of a millisecond. */
export function nearest(xs: ArrayLike<number>, ys: ArrayLike<number>, n: number, x: number, y: number, reach: number): number {
  let best = -1;
  let least = reach * reach;
  for (let i = 0; i < n; i++) {
    const dx = xs[i]! - x;
    const dy = ys[i]! - y;
    const d = dx * dx + dy * dy;
    if (d <= least) {
      least = d;
      best = i;
    }
  }
  return best;
}
