// The alarms this phone knows of: its owner's, and those he was told of. One list for the button and the cards.

import { shallowRef } from "vue";
import type { PanicAlarm } from "../../shared/alarms";
import { deviceName } from "../../shared/ids";
import { pressed, type Waiting } from "../../shared/outbox";
import type { Field } from "../parts";
import { locate } from "../position";
import { HOLD_MS } from "./press";

export { HOLD_MS };
export const alarms = shallowRef<PanicAlarm[]>([]);

/** Goes out at once, before the satellites have been asked: where he is follows. */
export function raise(f: Field, more: Record<string, unknown> = {}): string {
  const place = f.place();
  const idem = f.outbox.put(
    "panic.raise",
    { device: deviceName(localStorage, "field"), ...(place && { place }), ...more },
    { urgent: true, ...pressed },
  );
  if (!place)
    locate().then(
      (here) => {
        if (alarms.value.some((a) => isMine(a, f.user.id)) || f.outbox.has(idem)) f.outbox.put("panic.raise", { place: here }, { lane: idem, urgent: true });
      },
      () => undefined, // without one it is where he sits
    );
  return idem;
}

export const isMine = (a: Pick<PanicAlarm, "user" | "by">, me: string): boolean => a.user === me || (a.by === me && !a.user);

/** What he has answered, as far as the phone knows: what waits to be sent counts. */
export type Answer = "" | "coming" | "know" | "not";
export function answerOf(a: PanicAlarm, me: string, waiting: readonly Waiting[]): Answer {
  const queued = waiting.filter((w) => w.method === "panic.acknowledge" && w.params["id"] === a.id).at(-1);
  if (queued) return queued.params["coming"] === false ? "not" : queued.params["coming"] ? "coming" : "know";
  const mine = a.told.filter((w) => a.mine?.includes(w.who) && w.answered_at);
  const row = mine.find((w) => w.who === `user/${me}`) ?? mine[0];
  if (!row || a.rings) return "";
  return row.coming === false ? "not" : row.coming ? "coming" : "know";
}
