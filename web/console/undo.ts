// Ten seconds to take back what was just done. Acts go out at once, nothing waits for the ten seconds; taking back runs
// the opposite command, and the journal has both. What has no opposite says so before it is done (isFinal).

import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { t } from "../shared/i18n";
import type { Incident, Task } from "../shared/types";

export const UNDO_MS = 10_000;

export interface Call {
  method: string;
  params: Record<string, unknown>;
}
interface Before {
  incident: Incident | null;
  task: Task | null;
}
type Answer = Record<string, unknown>;
type Opposite = (params: Answer, answer: Answer, before: Before, reason: string) => Call[] | null;

const calls = (method: string, ...all: Record<string, unknown>[]): Call[] => all.map((params) => ({ method, params }));
const ids = (v: unknown): string[] => (Array.isArray(v) ? v.map((x) => (typeof x === "string" ? x : String((x as { id?: unknown })?.id ?? ""))).filter(Boolean) : []);

/** Each act's opposite. null: this time there is none (a card that replaced another, an order already taken up). */
const OPPOSITES: Record<string, Opposite> = {
  "incident.dispatch": (_p, a, _b, reason) => calls("task.recall", ...ids(a["tasks"]).map((id) => ({ id, reason }))),
  "incident.assist": (_p, a, _b, reason) => calls("task.recall", ...ids(a["tasks"]).map((id) => ({ id, reason }))),
  "incident.merge": (p, _a, _b, reason) => calls("incident.split", { id: p["id"], reason }),
  "incident.split": (p, a, _b, reason) => (a["from"] ? calls("incident.merge", { id: p["id"], into: a["from"], reason }) : null),
  "incident.supervise": (p, _a, b, note) => (b.incident?.card ? null : calls("supervise.lift", { id: p["id"], note })),
  "incident.suspend": (p) => calls("incident.resume", { id: p["id"] }),
  "incident.resume": (p, _a, b, reason) =>
    calls("incident.suspend", { id: p["id"], reason, ...(b.incident?.suspended_until && { until: b.incident.suspended_until }) }),
  "incident.close": (p, _a, _b, reason) => calls("incident.reopen", { id: p["id"], reason }),
  "incident.void": (p, _a, _b, reason) => calls("incident.reopen", { id: p["id"], reason }),
  "incident.transfer": (p, _a, b, reason) => (b.incident?.owner?.org ? calls("incident.transfer", { id: p["id"], to: b.incident.owner.org, reason }) : null),
  "incident.escalate": (p, _a, b, reason) => (b.incident?.owner?.org ? calls("incident.send_down", { id: p["id"], org: b.incident.owner.org, reason }) : null),
  "incident.send_down": (p, _a, b, reason) => (b.incident?.owner?.level ? calls("incident.escalate", { id: p["id"], to: b.incident.owner.level, reason }) : null),
  "incident.countersign": (_p, a, _b, reason) => calls("countersign.withdraw", ...ids(a["countersigns"]).map((id) => ({ id, reason }))),
  "incident.reserve": (p) => calls("incident.unreserve", { id: p["id"], ...(p["user"] ? { user: p["user"] } : { unit: p["unit"] }) }),
  "whistle.blow": (_p, a, _b, reason) => calls("whistle.withdraw", { id: a["id"], reason }),
  "task.checkin_start": (p) => calls("task.checkin_stop", { id: p["id"] }),
  "task.checkin_stop": (p, _a, b) => (b.task?.checkin?.every_ms ? calls("task.checkin_start", { id: p["id"], every_ms: b.task.checkin.every_ms }) : null),
  "task.lead": (_p, _a, b, reason) => {
    const lead = b.incident?.tasks?.find((x) => x.role === "lead");
    return lead ? calls("task.lead", { id: lead.id, reason }) : null;
  },
};

/** Acts of the desk that nothing takes back: said before they are done. */
const FINAL = new Set([
  "incident.verify",
  "incident.return",
  "incident.reopen",
  "incident.comment",
  "incident.urge",
  "incident.rate",
  "incident.extend",
  "incident.recall",
  "task.recall",
  "task.reassign",
]);
export const isFinal = (method: string): boolean => FINAL.has(method);

export function opposite(method: string, params: Answer, answer: unknown, before: Before, reason: string): Call[] | null {
  const made = OPPOSITES[method]?.(params, (answer ?? {}) as Answer, before, reason) ?? null;
  return made && made.length ? made : null;
}

export interface Offer {
  id: number;
  /** What was done, in words. */
  text: string;
  until: number;
  state: "open" | "running" | "done" | "failed";
  error: unknown;
}

export interface Undo {
  offers: ShallowRef<Offer[]>;
  /** A second that counts down while there is something to take back. */
  now: Ref<number>;
  offer(text: string, back: Call[]): void;
  /** Takes back the last one, or that one. */
  run(id?: number): Promise<void>;
  dismiss(id: number): void;
}

const SHOWN_AFTER_MS = 4000;

export function createUndo(command: (call: Call) => Promise<unknown>): Undo {
  const offers = shallowRef<Offer[]>([]);
  const backs = new Map<number, Call[]>();
  const now = ref(Date.now());
  let count = 0;
  const set = (id: number, part: Partial<Offer>) => {
    offers.value = offers.value.map((o) => (o.id === id ? { ...o, ...part } : o));
  };
  const tick = setInterval(() => {
    if (!offers.value.length) return;
    now.value = Date.now();
    // A failure stays until somebody has read it.
    const left = offers.value.filter((o) => o.state === "failed" || o.state === "running" || o.until > now.value);
    if (left.length !== offers.value.length) offers.value = left;
  }, 250);
  onScopeDispose(() => clearInterval(tick));

  return {
    offers,
    now,
    offer(text, back) {
      const id = ++count;
      now.value = Date.now();
      backs.set(id, back);
      offers.value = [...offers.value.slice(-2), { id, text, until: now.value + UNDO_MS, state: "open", error: null }];
    },
    async run(id) {
      const o = id === undefined ? [...offers.value].reverse().find((x) => x.state === "open" && x.until > Date.now()) : offers.value.find((x) => x.id === id);
      if (!o || (o.state !== "open" && o.state !== "failed")) return;
      set(o.id, { state: "running", error: null });
      try {
        const rest = backs.get(o.id) ?? [];
        // One after another; what went through is not sent again when a later one fails.
        while (rest.length) {
          await command(rest[0]!);
          rest.shift();
        }
        set(o.id, { state: "done", text: t("undo.done", { what: o.text }), until: Date.now() + SHOWN_AFTER_MS });
      } catch (e) {
        set(o.id, { state: "failed", error: e });
      }
    },
    dismiss(id) {
      offers.value = offers.value.filter((o) => o.id !== id);
    },
  };
}
