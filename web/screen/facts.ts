// What the screen shows, asked for again and again for weeks: nothing grows. Each answer takes the place of the one before;
// entries say only that it is time to ask, and are not kept.

import { ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { RpcError } from "../shared/link";
import type { Session } from "../shared/session";
import type { Emergency, Entry, Incident } from "../shared/types";

export interface Figures {
  open: number;
  overdue: number;
  reported: number;
  closed: number;
  breached: number;
}
export interface Overview extends Figures {
  at: string;
  since: string;
  by_level: Record<string, number>;
  by_state: Record<string, number>;
  townships: (Figures & { org: string; name: string })[];
}
export interface Step {
  count: number;
  within: number;
  overdue?: number;
  rate?: number;
  percentiles?: { p: number; ms: number }[];
}
export interface Times {
  from: string;
  until: string;
  limits_ms: Record<string, number>;
  total: { incidents: number; detect?: Step; dispatch?: Step; resolve?: Step };
}
export interface Hours {
  from: string;
  until: string;
  total: number;
  days: number[][];
}
export interface OpenRow {
  id: string;
  number: number;
  level: number;
  state: string;
  title: string;
  category: string;
  reported_at: string;
  lon: number;
  lat: number;
  where: string;
}
export interface Alarm {
  id: string;
  kind: "emergency" | "panic" | "checkin";
  title: string;
  where: string;
  at: string;
}

/** Soon after something happened, but not at every entry of a flood. */
const SOON_MS = 1500;
const FIGURES_MS = 10_000;
const STATISTICS_MS = 5 * 60_000;
const RETRY_MS = 5000;
/** More points than this are no picture any more; and no page of rows is asked for beyond it. */
const OPEN_MOST = 10_000;

export interface Facts {
  overview: ShallowRef<Overview | null>;
  times: ShallowRef<Times | null>;
  hours: ShallowRef<Hours | null>;
  open: ShallowRef<OpenRow[]>;
  alarms: ShallowRef<Alarm[]>;
  /** When the figures were last known to be true; 0: not yet. */
  fresh: Ref<number>;
  /** What this account is refused, if it is. */
  refused: ShallowRef<unknown>;
  stop(): void;
}

/** Asks `ask` every `everyMs`, sooner when told, never twice at once. */
function asking(everyMs: number, up: () => boolean, ask: () => Promise<void>): { soon(): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let due = 0;
  let busy = false;
  let again = false;
  let over = false;
  const arm = (ms: number): void => {
    const at = Date.now() + ms;
    if (over || (timer && due <= at)) return;
    if (timer) clearTimeout(timer);
    due = at;
    timer = setTimeout(() => void run(), ms);
  };
  const run = async (): Promise<void> => {
    timer = null;
    if (busy || !up()) {
      again = true;
      if (!busy) arm(RETRY_MS);
      return;
    }
    busy = true;
    again = false;
    let next = everyMs;
    try {
      await ask();
    } catch {
      next = RETRY_MS;
    }
    busy = false;
    arm(again ? SOON_MS : next);
  };
  arm(0);
  return {
    soon: () => arm(SOON_MS),
    stop() {
      over = true;
      if (timer) clearTimeout(timer);
    },
  };
}

interface PanicRow {
  id: string;
  title: string;
  where?: { township?: string; village?: string; grid?: string } | null;
  raised_at: string;
}
interface CheckRow {
  task: string;
  incident_title: string;
  raised_at: string;
}

export function followFacts(session: Pick<Session, "link">): Facts {
  const { link } = session;
  const overview = shallowRef<Overview | null>(null);
  const times = shallowRef<Times | null>(null);
  const hours = shallowRef<Hours | null>(null);
  const open = shallowRef<OpenRow[]>([]);
  const alarms = shallowRef<Alarm[]>([]);
  const fresh = ref(0);
  const refused = shallowRef<unknown>(null);
  const up = (): boolean => link.state === "up";
  let methods: Set<string> | null = null;

  /** What this server has and this account may: parts that are not there are left out. */
  const may = async (method: string): Promise<boolean> => {
    methods ??= new Set((await link.query<{ methods: { name: string }[] }>("rpc.discover")).methods.map((m) => m.name));
    return methods.has(method);
  };

  const figures = asking(FIGURES_MS, up, async () => {
    try {
      overview.value = await link.query<Overview>("stats.overview");
      fresh.value = Date.now();
      refused.value = null;
    } catch (e) {
      if (e instanceof RpcError && e.code === -32003) refused.value = e;
      throw e;
    }
  });
  const statistics = asking(STATISTICS_MS, up, async () => {
    times.value = await link.query<Times>("stats.times", { percentiles: [50, 90] });
    hours.value = await link.query<Hours>("stats.hours");
  });
  // A large county's list takes a while: the longer it takes, the longer the pause after it.
  let rest = 0;
  const incidents = asking(STATISTICS_MS, up, async () => {
    const began = Date.now();
    if (began < rest) return void setTimeout(() => incidents.soon(), rest - began);
    const rows: Incident[] = [];
    for (let after: string | undefined; rows.length < OPEN_MOST; ) {
      const page: { rows: Incident[]; next?: string } = await link.query("incident.open", after ? { after } : {});
      rows.push(...page.rows);
      if (!(after = page.next)) break;
    }
    // Only what is shown is kept of a row.
    open.value = rows.map(({ id, number, level, state, title, place, where, category, reported_at }) => ({ id, number, level, state, title, category, reported_at, lon: place?.lon ?? NaN, lat: place?.lat ?? NaN, where: where?.township ?? "" }));
    rest = Date.now() + 20 * (Date.now() - began);
  });
  const raised = asking(FIGURES_MS * 6, up, async () => {
    const all: Alarm[] = [];
    if (await may("panic.open"))
      for (const p of (await link.query<{ rows: PanicRow[] }>("panic.open")).rows)
        all.push({ id: p.id, kind: "panic", title: p.title, where: [p.where?.township, p.where?.village].filter(Boolean).join(" "), at: p.raised_at });
    if (await may("emergency.open"))
      for (const e of (await link.query<{ rows: Emergency[] }>("emergency.open")).rows)
        all.push({ id: e.id, kind: "emergency", title: e.title, where: e.org_name ?? "", at: e.started_at });
    if (await may("task.alarms"))
      for (const c of (await link.query<{ rows: CheckRow[] }>("task.alarms")).rows)
        all.push({ id: c.task, kind: "checkin", title: c.incident_title, where: "", at: c.raised_at });
    alarms.value = all;
  });

  const stopEntries = link.watchEntries((e: Entry) => {
    if (/^(incident|task|clock)\./.test(e.kind)) {
      figures.soon();
      incidents.soon();
    }
    if (/^(emergency|panic)\.|^task\.check/.test(e.kind)) raised.soon();
  });
  const stopState = link.watchState((state) => {
    if (state !== "up") return;
    methods = null; // another server's build, perhaps
    for (const a of [figures, statistics, incidents, raised]) a.soon();
  });

  return {
    overview,
    times,
    hours,
    open,
    alarms,
    fresh,
    refused,
    stop() {
      stopEntries();
      stopState();
      for (const a of [figures, statistics, incidents, raised]) a.stop();
    },
  };
}
