// What runs, versions, shadows and decisions look like on the wire (docs/workshop/results.md says what they mean).
// Members that a row may lack are optional: a result of an older server is still read.

import type { Command, Job } from "../api";

/** As job.open tells it. */
export type JobRead = Job & {
  digest?: string;
};
export type Summary = Record<string, unknown> & { ok?: boolean; pack?: string; version?: string; digest?: string; ms?: number };

/* ---- replay ---- */
export interface Difference {
  n: number;
  at: string;
  kind: string;
  policy: string;
  was: Command[];
  now: Command[];
  was_exit?: string;
  now_exit?: string;
  zh?: string;
  en?: string;
  path?: string;
  line?: number;
  lines?: number[];
  /** The candidate asked what nobody had recorded: answered from the state as it was put together again. */
  uncertain?: boolean;
  /** The same text decided differently. */
  unexplained?: boolean;
}
export interface ReplayIncident {
  subject: string;
  number?: number;
  title?: string;
  category?: string;
  level?: number;
  township?: string;
  township_name?: string;
  at?: string;
  decisions: number;
  differences: Difference[];
  differs: boolean;
}
export interface ReplayTownship {
  org: string;
  name: string;
  subjects: number;
  differing: number;
  methods: Record<string, { was: number; now: number }>;
}
export interface ReplayPolicy {
  policy: string;
  pack: string;
  was_version?: string;
  now_version?: string;
  decisions: number;
  differences: number;
  failed: number;
}
export interface ReplayOfficer {
  user: string;
  name?: string;
  was: number;
  now: number;
}
export interface ReplaySummary extends Summary {
  from: string;
  to: string;
  entries: number;
  decisions: number;
  differences: number;
  subjects: number;
  differing: number;
  failed: number;
  uncertain?: number;
  unexplained?: number;
  identical: boolean;
}

/* ---- projection ---- */
export interface Assumption {
  name: string;
  value: unknown;
  zh: string;
  en: string;
  from: "history" | "option" | "default";
  /** Of what `value` is the median: within which nine in ten lie, what share does it at all, how many were seen. */
  p90_ms?: number | null;
  share?: number | null;
  seen?: number;
}
export interface ProjectedIncident {
  subject: string;
  number?: number;
  title?: string;
  category?: string;
  level?: number;
  township?: string;
  township_name?: string;
  at?: string;
  was: Fate;
  now: Fate;
  differs?: boolean;
  zh?: string;
  en?: string;
}
export interface Fate {
  owner?: { level?: string; org?: string; name?: string } | string | null;
  sent?: string[];
  breached?: string[];
  escalated?: number | boolean;
  cards?: number | string[];
  dispatched_ms?: number | null;
  handled_ms?: number | null;
  closed_ms?: number | null;
}
export interface Rates {
  incidents: number;
  breached: number;
  rate: number;
  escalated: number;
  cards?: number;
  clocks?: Record<string, { met: number; breached: number }>;
}
export interface ProjectedTownship {
  org: string;
  name: string;
  history?: Rates;
  was: Rates;
  now: Rates;
}
export interface ClockFigures {
  started: number;
  met: number;
  breached: number;
  limit_ms?: number;
  median_ms?: number | null;
  p90_ms?: number | null;
}
export interface ProjectedClock {
  policy: string;
  clock: string;
  title?: string;
  limit_ms?: number;
  was?: ClockFigures;
  now?: ClockFigures;
}
/** What really happened, beside what the model makes of the same rules. */
export type HistoryClock = ProjectedClock & { history?: ClockFigures };
export interface ProjectedOfficer {
  user: string;
  name?: string;
  grid?: string;
  was: { tasks: number; busy_ms: number };
  now: { tasks: number; busy_ms: number };
}
export interface ProjectSummary extends Summary {
  seed?: number;
  from: string;
  to: string;
  incidents: number;
  assumptions?: Assumption[];
  differing?: number;
  history?: Record<string, unknown>;
  was?: Record<string, unknown>;
  now?: Record<string, unknown>;
  fit?: { zh?: string; en?: string } & Record<string, unknown>;
}

/* ---- proof ---- */
export interface ProofSummary extends Summary {
  situations: number;
  classes: number;
  villages: number;
  categories: number;
  levels: number;
  errors: number;
  warnings: number;
}
export interface Problem {
  rule: string;
  severity: "error" | "warning" | "note";
  zh: string;
  en: string;
  policy?: string;
  path?: string;
  line?: number;
  where?: {
    villages?: { org: string; name: string }[];
    villages_count?: number;
    categories?: string[];
    levels?: (number | string)[];
    hours_zh?: string;
    hours_en?: string;
  };
  count?: number;
}
export interface StaffedVillage {
  org: string;
  name: string;
  township: string;
  township_name: string;
  hours: string;
}
export interface Coverage {
  village: string;
  name: string;
  /** "*": all of them; several stand in `categories`. */
  category: string;
  categories?: string[];
  level: number | string;
  levels?: number[];
  hours_zh?: string;
  hours_en?: string;
  hours?: [number, number][];
  owner?: { level?: string; org?: string; name?: string } | null;
  sent?: boolean;
  limits?: { policy: string; clock: string; title?: string; from: string; to: string; limit_ms?: number; days?: string | number; calendar?: string }[];
  ends?: Record<string, unknown> | null;
}
export interface RuleReach {
  policy: string;
  path: string;
  kind?: string;
  line?: number;
  ran: boolean;
  lines_unreached?: number[];
}

/* ---- why ---- */
/** A decision, or a command of one that was refused. */
export interface WhyRow {
  n: number;
  at: string;
  kind: string; // policy.decided, policy.refused
  entry?: { n: number; kind: string } | number;
  policy?: string;
  pack?: string;
  version?: string;
  generation?: number;
  exit?: string;
  answers?: [name: string, args: unknown[], result: unknown][];
  commands?: Command[];
  identical?: boolean;
  again?: Command[];
  again_exit?: string;
  lines?: number[];
  us?: number;
  /* a refused command */
  method?: string;
  params?: Record<string, unknown>;
  code?: string;
  path?: string;
  message_zh?: string;
  message_en?: string;
}
