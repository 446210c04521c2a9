// How far it is to the spot, and whether that is "there".

import type { Place } from "../shared/types";

/** A yard, a stairwell, a stretch of road: nearer than this is there. */
export const THERE_M = 200;
/** A phone that knows itself to be wrong by so much is believed so far; the server has the same rule for whistles. */
const CREDIT_M = 500;
const EARTH_M = 6_371_000;

export function distanceM(a: Place, b: Place): number {
  const rad = Math.PI / 180;
  const h = Math.sin(((b.lat - a.lat) * rad) / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(h));
}

/** How far outside the circle; 0 inside it. */
export function outsideM(me: Place, spot: Place, radiusM = THERE_M): number {
  const away = distanceM(me, spot);
  return away - Math.min(me.acc ?? 0, CREDIT_M) <= radiusM ? 0 : away;
}
