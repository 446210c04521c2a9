// Rounds that are being walked, for the map: the track so far and the points to tick. Asked again when an entry says
// that one of them moved on.

import { onScopeDispose, shallowRef, type ShallowRef } from "vue";
import type { Session } from "../../shared/session";
import type { Circle, Track } from "../../map/CountyMap.vue";

interface Walk {
  id: string;
  display: string;
  name?: string;
  round?: { id: string; name: string; lon: number; lat: number; radius_m: number; done?: { ok: boolean } }[];
  track?: [number, number, number][];
}
/** So many rounds at once are drawn; a county walks a few dozen. */
const MOST = 60;
const MERGE_MS = 1000;

export interface Patrols {
  tracks: ShallowRef<Track[]>;
  circles: ShallowRef<Circle[]>;
  read(): void;
}

export function usePatrols({ link, store }: Session, may: () => boolean): Patrols {
  const tracks = shallowRef<Track[]>([]);
  const circles = shallowRef<Circle[]>([]);
  const known = new Map<string, Walk>();
  const stale = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let asked = 0;

  const show = () => {
    const walks = [...known.values()];
    tracks.value = walks.map((w) => ({
      id: w.id,
      points: (w.track ?? []).map(([lon, lat]) => [lon, lat] as const),
      live: true,
      label: w.name ? `${w.display} · ${w.name}` : w.display,
    }));
    circles.value = walks.flatMap((w) => (w.round ?? []).map((p) => ({ id: `${w.id}.${p.id}`, lon: p.lon, lat: p.lat, radius_m: p.radius_m, label: p.name, done: p.done !== undefined })));
  };
  const read = async () => {
    timer = null;
    if (!may() || link.state !== "up") return;
    const mine = ++asked;
    try {
      const { rows } = await link.query<{ rows: { id: string }[] }>("patrol.list", { running: true, limit: MOST });
      const ids = new Set(rows.map((r) => r.id));
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
      const wanted = [...ids].filter((id) => !known.has(id) || stale.has(id));
      stale.clear();
      for (const id of wanted) {
        const walk = await link.query<Walk>("patrol.get", { id });
        if (mine !== asked) return;
        known.set(id, walk);
      }
      show();
    } catch {
      // The rounds stay as they were; the next entry asks again.
    }
  };
  const soon = () => {
    timer ??= setTimeout(() => void read(), MERGE_MS);
  };
  const stops = [
    store.watchEntries((e) => {
      if (!e.kind.startsWith("patrol.")) return;
      if (e.subject) stale.add(e.subject);
      soon();
    }),
    link.watchSnapshots(() => {
      known.clear();
      soon();
    }),
  ];
  onScopeDispose(() => {
    for (const stop of stops) stop();
    if (timer) clearTimeout(timer);
    asked++;
  });
  void read();
  return { tracks, circles, read: soon };
}
