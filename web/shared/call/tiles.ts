// Who is on the stage and where: pure, so that every page shows the same.

import type { Call } from "./call";
import { PRESENT, type Layout, type Member } from "./types";

export interface Tile {
  /** A user, or "camera/ID". */
  who: string;
  name: string;
  own: boolean;
  member: Member | null;
  video: MediaStream | null;
  talking: boolean;
  /** The link to him is poor: loss, or a slow way. */
  poor: boolean;
}

const POOR_LOSS = 0.05;
const POOR_RTT_MS = 600;

export function tilesOf(call: Call, cameraName: (id: string) => string = (id) => id): Tile[] {
  const members = call.conference?.members.filter((m) => PRESENT.has(m.state) && !m.hidden) ?? [];
  const people = members.map((m): Tile => {
    const measure = call.measures.get(m.user);
    const own = m.user === call.user;
    return {
      who: m.user,
      name: m.name,
      own,
      member: m,
      video: call.stream(m.user, "video"),
      talking: own ? false : call.talking.has(m.user),
      poor: (measure?.loss ?? 0) > POOR_LOSS || (measure?.rtt_ms ?? 0) > POOR_RTT_MS,
    };
  });
  const cameras = [...call.cameras().keys()].map((id): Tile => ({ who: `camera/${id}`, name: cameraName(id), own: false, member: null, video: call.stream(`camera/${id}`, "video"), talking: false, poor: false }));
  return [...people, ...cameras];
}

export interface Arranged {
  big: Tile | null;
  rest: Tile[];
}

/** `now`: the server's time, so that all who rotate look at the same face. A shared screen is what everybody looks at. */
export function arrange(tiles: readonly Tile[], how: { layout: Layout; spotlight?: string; rotate_s?: number; broadcast?: string }, now: number, pinned = ""): Arranged {
  const one = (who: string | undefined) => tiles.find((x) => who && x.who === who) ?? null;
  const others = tiles.filter((x) => !x.own);
  const turn = others[Math.floor(now / 1000 / (how.rotate_s || 10)) % Math.max(1, others.length)] ?? null;
  const big =
    one(pinned) ??
    one(how.broadcast) ??
    tiles.find((x) => x.member?.screen && x.video) ??
    (how.layout === "spotlight" ? (one(how.spotlight) ?? others[0] ?? null) : how.layout === "rotate" ? turn : null);
  return { big, rest: tiles.filter((x) => x !== big) };
}

/** Columns that make the tiles as large as they can be on a stage of this shape, at 16:9. */
export function columns(n: number, width: number, height: number): number {
  let best = 1;
  let most = 0;
  for (let c = 1; c <= n; c++) {
    const rows = Math.ceil(n / c);
    const w = Math.min(width / c, ((height / rows) * 16) / 9);
    if (w > most - 0.5) [best, most] = [c, w];
  }
  return best;
}
