// Calls as they come in: what rings for this person, where he sits, what he has missed. The server keeps the list
// (conf.mine); this tells it that the device rings, and remembers what stopped ringing without an answer.

import { computed, shallowRef, watch, type ComputedRef, type ShallowRef } from "vue";
import { followRows } from "../follow";
import type { Session } from "../session";
import { PRESENT, type MyConference } from "./types";

export interface Missed extends MyConference {
  /** Server's time. */
  at: number;
}

export interface Incoming {
  rows: ShallowRef<MyConference[]>;
  /** The one that rings; the first of several. */
  ring: ComputedRef<MyConference | null>;
  /** Where he sits, by the server's word. */
  seat: ComputedRef<MyConference | null>;
  missed: ShallowRef<Missed[]>;
  dismiss(id: string): void;
  /** Silent from now on: this page takes the seat. */
  accept(id: string): void;
  /** Silent at once; rings on when the server could not be told. */
  decline(id: string, reason?: string): Promise<void>;
  ask(): void;
  stop(): void;
}

const OVER = ["ending", "ended"];
export const rings = (r: MyConference): boolean => !OVER.includes(r.state) && ["invited", "ringing"].includes(r.member.state);
export const seated = (r: MyConference): boolean => PRESENT.has(r.member.state);

/** What rang before and does no longer, without anybody's answer. Whoever was shown out has missed nothing. */
export function missedOf(before: readonly MyConference[], now: readonly MyConference[], answered: ReadonlySet<string>): MyConference[] {
  return before.filter((b) => {
    if (!rings(b) || answered.has(b.id)) return false;
    const after = now.find((n) => n.id === b.id);
    return !after || OVER.includes(after.state) || after.member.state === "timeout";
  });
}

export function followCalls(session: Pick<Session, "link">): Incoming {
  const { link } = session;
  const { rows, ask, stop } = followRows<MyConference>(session, "conf.mine", (e) => e.kind.startsWith("conf."));
  const missed = shallowRef<Missed[]>([]);
  const answered = shallowRef<ReadonlySet<string>>(new Set());
  /** Until when it rings of which this server was told; a second ring is told again. */
  const told = new Map<string, string>();

  const set = (id: string, yes: boolean) => {
    const next = new Set(answered.value);
    if (yes) next.add(id);
    else next.delete(id);
    answered.value = next;
  };
  const dismiss = (id: string) => void (missed.value = missed.value.filter((m) => m.id !== id));

  const stopRows = watch(rows, (now, before) => {
    for (const r of now) {
      if (!rings(r)) {
        set(r.id, false); // rung again later, it rings again
        told.delete(r.id);
        continue;
      }
      const turn = r.member.ring_until ?? "";
      if (told.get(r.id) === turn) continue;
      told.set(r.id, turn);
      link.command("conf.ringing", { id: r.id }).catch(() => told.delete(r.id));
    }
    for (const r of missedOf(before, now, answered.value)) {
      dismiss(r.id);
      missed.value = [...missed.value, { ...r, at: link.serverNow() }];
    }
    // It rings again, or he is in it after all.
    for (const r of now) if (rings(r) || seated(r)) dismiss(r.id);
  });

  return {
    rows,
    ring: computed(() => rows.value.find((r) => rings(r) && !answered.value.has(r.id)) ?? null),
    seat: computed(() => rows.value.find(seated) ?? null),
    missed,
    dismiss,
    accept(id) {
      set(id, true);
      dismiss(id);
    },
    async decline(id, reason) {
      set(id, true);
      try {
        await link.command("conf.decline", { id, ...(reason && { reason }) });
      } catch (e) {
        set(id, false);
        throw e;
      } finally {
        ask();
      }
    },
    ask,
    stop() {
      stopRows();
      stop();
    },
  };
}
