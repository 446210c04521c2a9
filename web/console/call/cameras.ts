// What the desk knows of cameras: rows of cam.list, and names for those that come up in a call.

import { ref } from "vue";
import type { CameraState } from "../../shared/call/watching";
import type { Place } from "../../shared/types";
import type { Desk } from "../desk";

export interface CameraRow {
  id: string;
  name: string;
  org: string;
  org_name?: string;
  gb_id?: string;
  class: number;
  class_zh: string;
  class_en: string;
  level: number;
  privacy?: boolean;
  may_watch: boolean;
  needs_reason?: boolean;
  no_source?: boolean;
  place?: Place;
  family?: { user: string; consent_by?: string; consent_at?: string; until?: string };
  state: CameraState;
  why_zh?: string;
  why_en?: string;
}

export const CLASSES = [1, 2, 3, 4, 5, 6, 7, 8] as const;

/** A name for a camera's id, asked for when it is first needed. */
export function useCameraNames(desk: Pick<Desk, "session">): (id: string) => string {
  const names = ref(new Map<string, string>());
  const asked = new Set<string>();
  return (id) => {
    if (!asked.has(id)) {
      asked.add(id);
      desk.session.link.query<{ name: string }>("cam.get", { id }).then(
        (c) => names.value.set(id, c.name),
        () => undefined, // its number will do
      );
    }
    return names.value.get(id) ?? id;
  };
}

/** Which of them stand on the wall now: those that were put there, or so many of all at a time, in turn. */
export function onWall(pinned: readonly string[], all: readonly string[], size: number, turn: number): string[] {
  if (pinned.length || !all.length) return pinned.slice(0, size);
  const pages = Math.max(1, Math.ceil(all.length / size));
  return all.slice((turn % pages) * size, (turn % pages) * size + size);
}
