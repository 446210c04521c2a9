// On or off duty: the server's word when it is heard, the phone's memory until then. While on duty the
// position is shared.

import { ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import type { User } from "../shared/types";
import { sharePosition } from "./position";
import type { PhoneSession } from "./parts";

export interface Duty {
  /** null: nobody has said so yet. */
  onDuty: Ref<boolean | null>;
  failure: ShallowRef<unknown>;
  toggle(): Promise<void>;
  stop(): void;
}

export function createDuty(session: PhoneSession, user: User, storage: Pick<Storage, "getItem" | "setItem">): Duty {
  const key = `fq.field.duty.${user.id}`;
  const kept = storage.getItem(key);
  const onDuty = ref<boolean | null>(kept === null ? null : kept === "on");
  const failure = shallowRef<unknown>(null);
  let unshare: (() => void) | null = null;

  const stopWatch = watch(
    onDuty,
    (on) => {
      if (on !== null) storage.setItem(key, on ? "on" : "off");
      if (on) unshare ??= sharePosition(session.link);
      else {
        unshare?.();
        unshare = null;
      }
    },
    { immediate: true },
  );
  const stopEntries = session.link.watchEntries((e) => {
    if (e.kind !== "duty.started" && e.kind !== "duty.ended") return;
    const who = e.data?.["user"] ?? e.subject;
    if (who === user.id) onDuty.value = e.kind === "duty.started";
  });
  const ask = async () => {
    try {
      const r = await session.link.query<{ rows?: { user?: string; on_duty?: boolean }[] }>("duty.list", { org: user.org });
      if (r.rows) onDuty.value = r.rows.some((x) => x.user === user.id && x.on_duty !== false);
    } catch {
      /* not allowed to ask: the phone's memory stands */
    }
  };
  const stopSnapshots = session.link.watchSnapshots(() => void ask());

  return {
    onDuty,
    failure,
    async toggle() {
      const on = !onDuty.value;
      try {
        await session.link.command(on ? "duty.start" : "duty.end", {});
        onDuty.value = on;
        failure.value = null;
      } catch (e) {
        failure.value = e;
      }
    },
    stop() {
      stopWatch();
      stopEntries();
      stopSnapshots();
      unshare?.();
    },
  };
}
