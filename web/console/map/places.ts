// The store's incidents as the map draws them. A burst of a thousand entries moves the map a few times a second, not a
// thousand times.

import { onScopeDispose, shallowRef, watch, type ShallowRef } from "vue";
import { fetchAreas, type Area } from "../../shared/areas";
import type { Session } from "../../shared/session";
import type { Incident } from "../../shared/types";
import type { MapIncident } from "../../map/points";

const EVERY_MS = 250;

export interface Places {
  rows: ShallowRef<MapIncident[]>;
  /** Open incidents that lie nowhere. */
  lost: ShallowRef<number>;
  /** Where a unit of the county lies; nothing when the map does not have it. */
  boxOf(unit: string): Area["box"] | undefined;
}

type Where = Map<string, { lon: number; lat: number }>;
const middleOf = (a: Area) => ({ lon: (a.box[0] + a.box[2]) / 2, lat: (a.box[1] + a.box[3]) / 2 });

export function placed(incidents: Iterable<Incident>, grids: Where): { rows: MapIncident[]; lost: number } {
  const rows: MapIncident[] = [];
  let lost = 0;
  for (const i of incidents) {
    // Reported without a place, by its grid: that is near enough to send somebody.
    const at = i.place ?? grids.get(i.grid ?? "") ?? grids.get(i.org ?? "");
    if (at) rows.push({ id: i.id, number: i.number, lon: at.lon, lat: at.lat, level: i.level || 4, state: i.state, title: i.title });
    else lost++;
  }
  return { rows, lost };
}

export function usePlaces({ link, store }: Session): Places {
  const rows = shallowRef<MapIncident[]>([]);
  const lost = shallowRef(0);
  let grids: Where = new Map();
  let boxes = new Map<string, Area["box"]>();
  let timer: ReturnType<typeof setTimeout> | null = null;

  const gather = () => {
    timer = null;
    const now = placed(store.open.value, grids);
    rows.value = now.rows;
    lost.value = now.lost;
  };
  const soon = () => {
    timer ??= setTimeout(gather, EVERY_MS);
  };
  watch(store.open, soon);
  gather();
  fetchAreas({ headers: link.headers })
    .then((map) => {
      grids = new Map((map?.areas ?? []).map((a) => [a.id, middleOf(a)]));
      boxes = new Map((map?.areas ?? []).map((a) => [a.id, a.box]));
      gather();
    })
    .catch(() => undefined); // the map itself says that it could not be loaded
  onScopeDispose(() => timer && clearTimeout(timer));
  return { rows, lost, boxOf: (unit) => boxes.get(unit) };
}
