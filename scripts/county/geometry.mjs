// Plane geometry for the county generator: seeded random numbers, the GCJ-02 to WGS84 conversion, a local
// plane in kilometres, Voronoi cells clipped by an outline, and the union of cells by cancelling their
// shared edges. Knows nothing of org units or files. Pure functions, deterministic on every platform.
import { Delaunay } from 'd3-delaunay';
import clip from 'polygon-clipping';

/** mulberry32: small, seedable, the same everywhere. */
export function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/* Krasovsky 1940, the ellipsoid the GCJ-02 offset is defined on. */
const AXIS = 6378245.0;
const ECC2 = 0.00669342162296594323;

function gcjFromWgs(lon, lat) {
  const x = lon - 105;
  const y = lat - 35;
  const pi = Math.PI;
  const wave = ((20 * Math.sin(6 * x * pi) + 20 * Math.sin(2 * x * pi)) * 2) / 3;
  let dLat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + wave;
  dLat += ((20 * Math.sin(y * pi) + 40 * Math.sin((y / 3) * pi)) * 2) / 3;
  dLat += ((160 * Math.sin((y / 12) * pi) + 320 * Math.sin((y * pi) / 30)) * 2) / 3;
  let dLon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + wave;
  dLon += ((20 * Math.sin(x * pi) + 40 * Math.sin((x / 3) * pi)) * 2) / 3;
  dLon += ((150 * Math.sin((x / 12) * pi) + 300 * Math.sin((x / 30) * pi)) * 2) / 3;
  const rad = (lat / 180) * pi;
  const magic = 1 - ECC2 * Math.sin(rad) ** 2;
  const root = Math.sqrt(magic);
  dLat = (dLat * 180) / (((AXIS * (1 - ECC2)) / (magic * root)) * pi);
  dLon = (dLon * 180) / ((AXIS / root) * Math.cos(rad) * pi);
  return [lon + dLon, lat + dLat];
}

/** The offset has no closed inverse; three fixed-point steps are exact to well below a metre. */
export function wgsFromGcj([lon, lat]) {
  let guess = [lon, lat];
  for (let step = 0; step < 3; step++) {
    const shifted = gcjFromWgs(...guess);
    guess = [guess[0] + lon - shifted[0], guess[1] + lat - shifted[1]];
  }
  return guess;
}

/* A local plane: over 80 km its nearest centre differs from the great-circle one by metres. */
const LON0 = 110.55;
const LAT0 = 27.11;
const KM_PER_DEG = 111.195;
const KM_PER_DEG_LON = KM_PER_DEG * Math.cos((LAT0 * Math.PI) / 180);
export const toPlane = ([lon, lat]) => [(lon - LON0) * KM_PER_DEG_LON, (lat - LAT0) * KM_PER_DEG];
export const toGeo = ([x, y]) => [round5(x / KM_PER_DEG_LON + LON0), round5(y / KM_PER_DEG + LAT0)];
export const round5 = (v) => Math.round(v * 1e5) / 1e5;

export const distance2 = (a, b) => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2;

export function ringArea(ring) {
  let sum = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    sum += ring[j][0] * ring[i][1] - ring[i][0] * ring[j][1];
  }
  return sum / 2;
}

export function ringContains(ring, [x, y]) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i];
    const [xj, yj] = ring[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

export const polygonContains = (rings, p) =>
  ringContains(rings[0], p) && !rings.slice(1).some((r) => ringContains(r, p));

export function ringCentroid(ring) {
  let x = 0;
  let y = 0;
  let twice = 0;
  const [ox, oy] =
    ring[0]; /* relative to a corner: the products would otherwise lose the digits that count */
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const a = [ring[j][0] - ox, ring[j][1] - oy];
    const b = [ring[i][0] - ox, ring[i][1] - oy];
    const cross = a[0] * b[1] - b[0] * a[1];
    x += (a[0] + b[0]) * cross;
    y += (a[1] + b[1]) * cross;
    twice += cross;
  }
  return [ox + x / (3 * twice), oy + y / (3 * twice)];
}

/** The outline without self-contacts, its largest piece, as one ring in the plane. */
export function cleanRing(ring) {
  const pieces = clip.union([ring]);
  return pieces.map((p) => p[0]).sort((a, b) => Math.abs(ringArea(b)) - Math.abs(ringArea(a)))[0];
}

/** For each centre (plane), its Voronoi cell inside the outline: a list of polygons, each a list of rings. */
export function voronoiCells(centres, outline) {
  const diagram = Delaunay.from(centres).voronoi([-500, -500, 500, 500]);
  return centres.map((_, i) => clip.intersection([diagram.cellPolygon(i)], [outline]));
}

/* Vertices of neighbouring cells agree once rounded, so the border between them appears once in each
 * direction; what is left after cancelling is the border of the union. Nesting is then exact. */
export function dissolve(polygons) {
  const edges = new Map();
  for (const rings of polygons) {
    for (const ring of rings) {
      for (let i = 0; i + 1 < ring.length; i++) {
        const [a, b] = [ring[i], ring[i + 1]];
        if (a[0] === b[0] && a[1] === b[1]) continue;
        const back = `${b}>${a}`;
        if (edges.has(back)) edges.delete(back);
        else edges.set(`${a}>${b}`, [a, b]);
      }
    }
  }
  const from = new Map();
  for (const edge of edges.values()) {
    const key = String(edge[0]);
    if (!from.has(key)) from.set(key, []);
    from.get(key).push(edge);
  }
  const rings = [];
  for (const start of edges.values()) {
    if (start.used) continue;
    const ring = [start[0]];
    for (let edge = start; !edge.used; ) {
      edge.used = true;
      ring.push(edge[1]);
      const next = (from.get(String(edge[1])) ?? []).filter((e) => !e.used);
      if (next.length === 0) break;
      edge = next.length === 1 ? next[0] : sharpestLeft(edge, next);
    }
    if (String(ring[0]) !== String(ring[ring.length - 1])) throw new Error(`open ring at ${ring[0]}`);
    rings.push(ring);
  }
  return nest(rings);
}

/* Where pieces touch in a point the sharpest left turn stays with the same piece. */
function sharpestLeft([a, b], candidates) {
  const heading = Math.atan2(b[1] - a[1], b[0] - a[0]);
  const turn = ([p, q]) => {
    let d = Math.atan2(q[1] - p[1], q[0] - p[0]) - heading;
    while (d <= -Math.PI) d += 2 * Math.PI;
    while (d > Math.PI) d -= 2 * Math.PI;
    return d;
  };
  return candidates.reduce((best, e) => (turn(e) > turn(best) ? e : best));
}

/* Counter-clockwise rings are outer, clockwise ones are holes of the outer ring around them. */
function nest(rings) {
  const outer = rings
    .filter((r) => ringArea(r) > 0)
    .map((r) => [r])
    .sort((a, b) => ringArea(b[0]) - ringArea(a[0]));
  for (const hole of rings.filter((r) => ringArea(r) < 0)) {
    const home = outer.filter((p) => hole.some((v) => ringContains(p[0], v))).pop();
    if (!home) throw new Error(`hole without a home at ${hole[0]}`);
    home.push(hole);
  }
  return outer;
}
