// The desk's calls: what rings for it, the one it sits in, and in which window. One call at a time, in one window at a
// time: a window that takes the seat says so, and the others let go of theirs without a word to the server. After a
// reload the seat is taken again; when the window that has it is closed, the desk takes it back.

import { computed, onScopeDispose, ref, shallowRef, triggerRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";
import type { Call, JoinOptions } from "../../shared/call/call";
import type { Floor } from "../../shared/call/floor";
import { PRESENT, type MyConference } from "../../shared/call/types";
import { followRows } from "../../shared/follow";
import { t } from "../../shared/i18n";
import { liveTasks } from "../../shared/incident";
import { RpcError } from "../../shared/link";
import type { Session } from "../../shared/session";
import type { Entry, Incident } from "../../shared/types";
import { may, type Rules } from "../verbs";
import type { Windows } from "../windows";

export type Target = { user: string } | { unit: string } | { team: string } | { circle: { lon: number; lat: number; radius_m: number } };
export type Tab = "members" | "add" | "roll" | "text";

export interface Created {
  id: string;
  invited?: string[];
}

/** A circle on the map from which people are called; drawn while it is being chosen. */
export interface CallCircle {
  lon: number;
  lat: number;
  radius_m: number;
}

export interface Calls {
  /** What rings for me and where I sit. */
  mine: ShallowRef<MyConference[]>;
  /** Of those, what wants an answer now. */
  ringing: ComputedRef<MyConference[]>;
  /** Seats of mine that no window sits in. */
  empty: ComputedRef<MyConference[]>;
  /** The call of this window; said to have changed whenever it has. */
  call: ShallowRef<Call | null>;
  floor: ShallowRef<Floor | null>;
  /** The conference that another window of this desk has; "" for none. */
  elsewhere: Ref<string>;
  full: Ref<boolean>;
  tab: Ref<Tab>;
  busy: Ref<boolean>;
  error: ShallowRef<unknown>;
  circle: ShallowRef<CallCircle | null>;
  mayCall: ComputedRef<boolean>;
  start(o: { incident?: Incident; title?: string; to?: Target[]; audioOnly?: boolean }): Promise<void>;
  /** Adds these to the call of this desk, or begins one with them. */
  bring(to: Target[], title?: string): Promise<void>;
  join(id: string, o?: JoinOptions): Promise<void>;
  decline(id: string, reason?: string): Promise<void>;
  /** A command about the call; its refusal stands on the panel. */
  act(method: string, params?: Record<string, unknown>): Promise<Record<string, unknown> | null>;
  hangUp(): Promise<void>;
  /** The panel of a call that is over goes away. */
  dismiss(): void;
  popOut(): void;
  bringBack(): Promise<void>;
}

const KEPT = "fq.console.call";
const RING_MS = 4000;
interface KeptCall {
  id: string;
  muted: boolean;
  camera: boolean;
}
/** As long as the server takes it, whole characters. */
const titled = (s: string): string => [...s].slice(0, 80).join("");
/** Invited without a ring: another of the same desk has answered. */
export const rings = (m: MyConference): boolean => (m.member.state === "invited" || m.member.state === "ringing") && Boolean(m.member.ring_until || m.member.auto);
export const hearsConf = (e: Entry): boolean => e.kind.startsWith("conf.");

function kept(): KeptCall | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as KeptCall | null;
  } catch {
    return null;
  }
}

/** A window that was opened for one call alone must not ask the others: it comes to take it. */
export interface CallsOptions {
  session: Session;
  windows: Windows;
  rules: ShallowRef<Rules>;
  /** Sounds once. */
  ring(): void;
  alone?: string;
}

export function createCalls({ session, windows, rules, ring, alone = "" }: CallsOptions): Calls {
  const { link } = session;
  const following = followRows<MyConference>(session, "conf.mine", hearsConf, () => may(rules.value, "conf.mine"));
  const mine = following.rows;
  const call: ShallowRef<Call | null> = shallowRef(null);
  const floor: ShallowRef<Floor | null> = shallowRef(null);
  const elsewhere = ref("");
  const full = ref(false);
  const tab = ref<Tab>("members");
  const busy = ref(false);
  const error = shallowRef<unknown>(null);
  const circle: ShallowRef<CallCircle | null> = shallowRef(null);
  let stopWatching: (() => void) | null = null;
  /** The seat that this window had before another took it. */
  let lent: KeptCall | null = null;

  const inCall = () => call.value !== null && call.value.phase !== "over";
  const idOf = () => (inCall() ? call.value!.id : "");
  const ringing = computed(() => mine.value.filter((m) => rings(m) && m.id !== idOf()));
  const empty = computed(() => mine.value.filter((m) => PRESENT.has(m.member.state) && m.id !== idOf() && m.id !== elsewhere.value && m.member.state !== "joining"));
  const mayCall = computed(() => may(rules.value, "conf.create"));

  const seatOf = (c: Call): KeptCall => ({ id: c.id, muted: c.muted, camera: c.camera });
  const keep = () => {
    const c = call.value;
    if (c && c.phase !== "over") sessionStorage.setItem(KEPT, JSON.stringify(seatOf(c)));
    else sessionStorage.removeItem(KEPT);
  };

  const sit = async (id: string, o: JoinOptions): Promise<void> => {
    if (inCall() && call.value!.id === id) return;
    if (inCall()) await call.value!.leave();
    // Only who calls needs the code for it.
    const [{ Call }, { Floor }] = await Promise.all([import("../../shared/call/call"), import("../../shared/call/floor")]);
    stopWatching?.();
    const c = new Call({ link, id });
    stopWatching = c.watch(() => {
      keep();
      triggerRef(call);
    });
    floor.value?.close();
    floor.value = new Floor(c, link);
    call.value = c;
    error.value = null;
    windows.say({ kind: "call", id, where: "here" });
    elsewhere.value = "";
    lent = null;
    if (o.how !== "resume") tab.value = "members";
    await c.join(o);
    following.ask();
  };

  const join = async (id: string, o: JoinOptions = {}): Promise<void> => {
    busy.value = true;
    try {
      await sit(id, o);
    } catch (e) {
      error.value = e; // the code itself could not be fetched
    } finally {
      busy.value = false;
    }
  };

  /** One live conference an incident: whoever comes second joins. */
  const standing = async (incident: string): Promise<string> => {
    const { rows } = await link.query<{ rows: { id: string }[] }>("conf.list", { incident, state: "open", limit: 1 });
    return rows[0]?.id ?? "";
  };
  const start: Calls["start"] = async (o) => {
    if (busy.value) return;
    if (inCall()) {
      if (!o.incident || call.value!.conference?.incident !== o.incident.id) error.value = new Error(t("calls.busy", { title: call.value!.conference?.title ?? "" }));
      return;
    }
    busy.value = true;
    error.value = null;
    try {
      const to = o.to ?? (o.incident ? liveTasks(o.incident).map((x) => x.to as Target) : []);
      let id = "";
      try {
        const made = await link.command<Created>("conf.create", {
          ...(o.incident ? { incident: o.incident.id, title: titled(`#${o.incident.number} ${o.incident.title}`) } : { title: titled(o.title || t("calls.untitled")) }),
          ...(to.length && { to }),
          ...(o.audioOnly && { audio_only: true }),
        });
        id = made.id;
      } catch (e) {
        if (!(e instanceof RpcError) || e.key !== "conf.exists" || !o.incident) throw e;
        id = await standing(o.incident.id);
        if (!id) throw e;
      }
      await sit(id, { ...(o.audioOnly && { audioOnly: true }) });
      if (!to.length && call.value?.phase === "in") tab.value = "add";
    } catch (e) {
      error.value = e;
    } finally {
      busy.value = false;
    }
  };

  const act: Calls["act"] = async (method, params = {}) => {
    const c = call.value;
    if (!c) return null;
    try {
      const answer = await link.command<Record<string, unknown>>(method, { id: c.id, ...params });
      error.value = null;
      c.refresh();
      return answer;
    } catch (e) {
      error.value = e;
      return null;
    }
  };

  const bring: Calls["bring"] = async (to, title) => {
    if (inCall()) await act("conf.invite", { to });
    else if (elsewhere.value) {
      try {
        await link.command("conf.invite", { id: elsewhere.value, to });
        error.value = null;
      } catch (e) {
        error.value = e;
      }
    } else await start({ to, ...(title && { title }) });
  };

  const dismiss = () => {
    if (inCall()) return;
    stopWatching?.();
    stopWatching = null;
    floor.value?.close();
    floor.value = null;
    call.value = null;
    full.value = false;
    error.value = null;
    keep();
  };

  /* ---- windows ---- */
  const yieldTo = (id: string) => {
    elsewhere.value = id;
    const c = call.value;
    // The server's word that the seat was taken may come before the other window's.
    if (c?.id !== id || (c.phase === "over" && c.over !== "replaced")) return;
    lent = seatOf(c);
    c.yieldSeat();
    dismiss();
    if (alone) window.close();
  };
  windows.hear((word) => {
    if (word.kind !== "call") return;
    if (word.where === "here") yieldTo(word.id);
    else if (word.where === "over" && elsewhere.value === word.id) {
      elsewhere.value = "";
      lent = null;
    } else if (word.where === "gone" && elsewhere.value === word.id) {
      elsewhere.value = "";
      // The window that had it was closed: whoever lent it takes it back.
      if (lent?.id === word.id) void join(word.id, { how: "resume", muted: lent.muted, camera: lent.camera });
    } else if (word.where === "asked" && inCall()) windows.say({ kind: "call", id: call.value!.id, where: "here" });
  });
  if (!alone) windows.say({ kind: "call", id: "", where: "asked" });
  const leaving = () => {
    if (inCall()) windows.say({ kind: "call", id: call.value!.id, where: "gone" });
  };
  addEventListener("pagehide", leaving);
  watch(
    () => call.value?.phase,
    (phase, before) => {
      if (phase === "over" && before && call.value!.over !== "replaced") windows.say({ kind: "call", id: call.value!.id, where: "over" });
    },
  );

  /* ---- after a reload, and what is pulled in ---- */
  const resumed = new Set<string>();
  /** Of several windows one goes in: the one in front, else whichever is first. */
  const pulledIn = (id: string) => {
    if (resumed.has(id)) return;
    resumed.add(id);
    setTimeout(
      () => {
        if (!inCall() && elsewhere.value !== id) void join(id);
      },
      document.hasFocus() ? 0 : 300 + Math.random() * 700,
    );
  };
  watch(
    mine,
    (rows) => {
      const before = kept();
      for (const m of rows) {
        if (inCall() || busy.value || elsewhere.value === m.id) continue;
        if (before?.id === m.id && PRESENT.has(m.member.state) && !resumed.has(m.id)) {
          resumed.add(m.id);
          void join(m.id, { how: "resume", muted: before.muted, camera: before.camera });
        } else if (alone === m.id && !resumed.has(m.id)) {
          resumed.add(m.id);
          void join(m.id, { how: PRESENT.has(m.member.state) ? "resume" : "join" });
        } else if (m.member.auto && rings(m) && !alone) pulledIn(m.id);
      }
      if (elsewhere.value && !rows.some((m) => m.id === elsewhere.value)) elsewhere.value = "";
    },
    { immediate: true },
  );

  /* ---- the desk itself is called ---- */
  const told = new Set<string>();
  const sound = () => {
    if (ringing.value.length) ring();
  };
  const rung = setInterval(sound, RING_MS);
  watch(ringing, (rows) => {
    for (const m of rows) {
      if (told.has(`${m.id} ${m.member.ring_until ?? ""}`)) continue;
      told.add(`${m.id} ${m.member.ring_until ?? ""}`);
      sound();
      // So that the one who calls sees that it rings here.
      if (m.member.state === "invited") void link.command("conf.ringing", { id: m.id }).catch(() => undefined);
    }
  });

  onScopeDispose(() => {
    following.stop();
    clearInterval(rung);
    removeEventListener("pagehide", leaving);
    stopWatching?.();
    floor.value?.close();
    if (inCall()) call.value!.yieldSeat(); // signed out: the seat waits for who signs in again
  });

  return {
    mine,
    ringing,
    empty,
    call,
    floor,
    elsewhere,
    full,
    tab,
    busy,
    error,
    circle,
    mayCall,
    start,
    bring,
    join,
    async decline(id, reason) {
      try {
        await link.command("conf.decline", { id, ...(reason && { reason }) });
      } catch (e) {
        error.value = e;
      }
      following.ask();
    },
    act,
    async hangUp() {
      await call.value?.leave();
      dismiss();
      following.ask();
    },
    dismiss,
    popOut() {
      const c = call.value;
      if (c && inCall()) window.open(`${location.pathname}#/call/${c.id}`, `fq-call-${c.id}`, "popup,width=1100,height=760");
    },
    async bringBack() {
      const id = elsewhere.value;
      if (id) await join(id, { how: "resume", ...(lent && { muted: lent.muted, camera: lent.camera }) });
    },
  };
}
