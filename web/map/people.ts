// Who is where: read page by page once, then kept by the volatile topic `positions`. Thousands of points move all the
// time, so they live outside Vue: whoever draws asks for `rows` when `version` has changed.

import { mercatorX, mercatorY } from "./points";
import type { Session } from "../shared/session";

export interface MapPerson {
  user: string;
  display: string;
  org?: string;
  lon: number;
  lat: number;
  acc?: number;
  /** When the phone was there, RFC 3339. */
  at: string;
  battery?: number;
  speed?: number;
  heading?: number;
  on_duty: boolean;
  tasks: number;
}
/** As it is drawn: on the map's ground, with its time as a number. */
export interface Standing extends MapPerson {
  x: number;
  y: number;
  at_ms: number;
}
export interface People {
  readonly rows: ReadonlyMap<string, Standing>;
  /** Counts changes. */
  readonly version: number;
  /** The last reading failed: what is shown may be old. */
  readonly failed: boolean;
  watch(fn: () => void): () => void;
  put(person: MapPerson): void;
  drop(user: string): void;
  stop(): void;
}

/** A position older than this says where somebody was, not where he is. */
export const STALE_MS = 10 * 60_000;
/** Duty and tasks do not travel with positions: they are read again this often. */
const READ_EVERY_MS = 60_000;
const PAGE = 1000;

const standing = (p: MapPerson): Standing => ({ ...p, x: mercatorX(p.lon), y: mercatorY(p.lat), at_ms: Date.parse(p.at) });

/** Without a session: for drawings that bring their own people. */
export function peopleOf(list: readonly MapPerson[] = []): People & { rows: Map<string, Standing>; failed: boolean } {
  const rows = new Map<string, Standing>(list.map((p) => [p.user, standing(p)]));
  const watchers = new Set<() => void>();
  const people = {
    rows,
    version: 0,
    failed: false,
    watch(fn: () => void) {
      watchers.add(fn);
      return () => watchers.delete(fn);
    },
    put(p: MapPerson) {
      rows.set(p.user, standing(p));
      people.version++;
      for (const fn of watchers) fn();
    },
    drop(user: string) {
      if (!rows.delete(user)) return;
      people.version++;
      for (const fn of watchers) fn();
    },
    stop() {
      watchers.clear();
    },
  };
  return people;
}

/** The people in reach of a session that hears the topic `positions`. */
export function followPeople({ link }: Pick<Session, "link">): People {
  const people = peopleOf();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let reading = 0;

  const read = async () => {
    if (timer) clearTimeout(timer);
    timer = setTimeout(() => void read(), READ_EVERY_MS);
    if (link.state !== "up") return;
    const mine = ++reading;
    const seen = new Set<string>();
    try {
      for (let after = ""; ; ) {
        const page = await link.query<{ rows: MapPerson[]; next?: string }>("position.list", { limit: PAGE, ...(after && { after }) });
        if (mine !== reading) return;
        for (const p of page.rows) {
          seen.add(p.user);
          const known = people.rows.get(p.user);
          // What came by the topic meanwhile is newer than the page.
          people.put(known && known.at_ms > Date.parse(p.at) ? { ...known, display: p.display, on_duty: p.on_duty, tasks: p.tasks } : p);
        }
        if (!page.next) break;
        after = page.next;
      }
      for (const user of [...people.rows.keys()]) if (!seen.has(user)) people.drop(user);
      people.failed = false;
    } catch {
      people.failed = mine === reading;
    }
  };
  const stopTopic = link.watchVolatile(({ topic, params }) => {
    const p = topic === "positions" ? (params as { data?: MapPerson }).data : undefined;
    if (!p?.user) return;
    const known = people.rows.get(p.user);
    people.put({ ...(known ?? { display: p.user, on_duty: true, tasks: 0 }), ...p });
  });
  const stopState = link.watchState((state) => {
    if (state === "up") void read();
  });
  void read();
  return Object.assign(people, {
    stop() {
      stopTopic();
      stopState();
      reading++;
      if (timer) clearTimeout(timer);
    },
  });
}
