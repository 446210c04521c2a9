// Who is inside a circle on the map: everybody on duty whose phone said lately where it is. The server asks itself again
// when it calls them; this shows beforehand whom that would be.

import type { Link } from "../../shared/link";
import type { MapPerson } from "../../map/people";
import type { CallCircle } from "./calls";

const PAGE = 1000;
const MOST_PAGES = 20;
const EARTH_M = 6_371_008.8;

export function distance(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const rad = Math.PI / 180;
  const [p, q] = [a.lat * rad, b.lat * rad];
  const h = Math.sin((q - p) / 2) ** 2 + Math.cos(p) * Math.cos(q) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

export function inside(rows: readonly MapPerson[], c: CallCircle): (MapPerson & { distance_m: number })[] {
  return rows
    .filter((p) => p.on_duty)
    .map((p) => ({ ...p, distance_m: distance(p, c) }))
    .filter((p) => p.distance_m <= c.radius_m)
    .sort((a, b) => a.distance_m - b.distance_m);
}

export async function readPositions(link: Pick<Link, "query">): Promise<MapPerson[]> {
  const all: MapPerson[] = [];
  let after: unknown;
  for (let n = 0; n < MOST_PAGES; n++) {
    const r = await link.query<{ rows: MapPerson[]; next?: unknown }>("position.list", { fresh: true, limit: PAGE, ...(after !== undefined && { after }) });
    all.push(...r.rows);
    if ((after = r.next) === undefined) break;
  }
  return all;
}
