// The shapes that travel on the wire (docs/protocol.md). Types only: nothing here runs.

export interface Place {
  lon: number;
  lat: number;
  acc?: number;
}

export type IncidentState =
  | "reported"
  | "accepted"
  | "dispatched"
  | "handling"
  | "handled"
  | "verified"
  | "closed"
  | "returned"
  | "suspended"
  | "merged"
  | "voided";

export type TaskState =
  | "sent"
  | "delivered"
  | "seen"
  | "accepted"
  | "arrived"
  | "fed_back"
  | "finished"
  | "declined"
  | "recalled"
  | "expired";

export type ClockState = "running" | "due_soon" | "overdue" | "breached" | "met" | "met_late" | "paused" | "stopped";

export interface Clock {
  name: string;
  /** What the policy calls it; without one, the page's own word for the name. */
  title?: string;
  policy?: string;
  /** The milestone that stops it. */
  to?: string;
  state: ClockState;
  from_at: string;
  due_at: string;
  limit_ms: number;
  stopped_at?: string | null;
  remaining_ms?: number | null;
  /** How long after due_at it is breached; until then overdue. */
  grace_ms?: number;
  /** Whose working time it counts; without one, any time. */
  calendar?: string;
}

export interface Task {
  id: string;
  incident: string;
  to: { user?: string; unit?: string; team?: string };
  name?: string;
  state: TaskState;
  rev?: number;
  note?: string | null;
  reason?: string | null;
  created_at: string;
  delivered_at?: string | null;
  seen_at?: string | null;
  accepted_at?: string | null;
  arrived_at?: string | null;
  fed_back_at?: string | null;
  finished_at?: string | null;
  expires_at?: string | null;
  role?: "lead" | "assist";
  /** Who of the team or the unit took it. */
  accepted_by?: string;
  /** The phone that has it. */
  device?: string;
  instead_of?: string;
  reassigned_to?: string;
  reminded?: number;
  undelivered_at?: string;
  checkin?: Checkin;
}

/** Safety check-ins asked for, and the alarm, which may outlive them. */
export interface Checkin {
  every_ms?: number;
  grace_ms?: number;
  due_at?: string;
  last_at?: string;
  /** Misses in a row. */
  missed?: number;
  raised_at?: string;
}

/** A row of `task.mine`: the task with as much of its incident as the person who goes there needs. */
export interface MyTask extends Task {
  incident_title?: string;
  number?: number;
  category?: string;
  level?: number;
  place?: Place | null;
  where?: Where | null;
  incident_state?: IncidentState;
  address?: string | null;
  text?: string | null;
}

export interface Where {
  grid?: string;
  village?: string;
  township?: string;
}

export interface Owner {
  level?: string;
  org?: string;
  name?: string;
}

export interface Incident {
  id: string;
  number: number;
  rev: number;
  state: IncidentState;
  category: string;
  level: number;
  title: string;
  text?: string | null;
  place?: Place | null;
  grid?: string | null;
  org?: string | null;
  where?: Where | null;
  address?: string | null;
  reporter?: string | null;
  source?: string | null;
  owner?: Owner | null;
  card?: string | null;
  urges?: number;
  occurred_at?: string | null;
  reported_at: string;
  updated_at?: string | null;
  attachments?: string[];
  clocks?: Clock[];
  tasks?: Task[];
  requests?: Asked[];
  /** In a line: how many requests wait for an answer. */
  asked?: number;
  closed_at?: string;
  suspended_until?: string;
  rating?: { score: number; text?: string; by?: string; at?: string };
  merged_into?: { id: string; number: number };
  merged?: Merged[];
  countersigns?: Countersign[];
  whistles?: Whistle[];
  cards?: Card[];
  climb?: { ladder: string; level: string; asked?: string; next_at: string };
  /** Why a search found it. */
  match?: { in: string; snippet: string; at: number; length: number };
}

/** A report that was merged into this one. */
export interface Merged {
  id: string;
  number: number;
  title: string;
  reporter?: string;
  merged_at: string;
}

export interface Countersign {
  id: string;
  unit: string;
  name?: string;
  state: string;
  note?: string;
  due_at?: string;
  overdue?: boolean;
}

/** A supervision card it was given, with what became of it. */
export interface Card {
  n: number;
  card: string;
  note?: string;
  unit_name?: string;
  due_at?: string;
  overdue_at?: string;
  answered_at?: string;
  answered_by_name?: string;
  answer?: string;
  ended?: string;
}

export interface Whistle {
  id: string;
  state: string;
  due_at?: string;
  units: { unit: string; name: string; state: string; came_at?: string }[];
}

/** An open incident that may be the same thing. */
export interface Near {
  id: string;
  number: number;
  title: string;
  score: number;
  distance_m?: number;
  apart_ms?: number;
  same_category?: string;
  likeness?: number;
  same_reporter?: boolean;
}

export interface Emergency {
  id: string;
  title: string;
  level: number;
  org: string;
  org_name?: string;
  reason?: string;
  incident?: string;
  started_by: string;
  started_at: string;
  /** The caller's own call, when he was called. */
  mine?: { calls: number; coming?: boolean; answered_at?: string };
}

/** A row of `ladder.mine`: an incident that asks this person, or his unit. */
export interface AskedOf {
  incident: string;
  number: number;
  title: string;
  category: string;
  level: number;
  rung: string;
  next_at: string;
}

/** Something asked for that waits for an answer. */
export interface Asked {
  id: string;
  what: "extend" | "suspend";
  clock?: string;
  asked_by: string;
  asked_at: string;
  reason: string;
  by_ms?: number;
  until?: string;
}

export interface Candidate {
  user: string;
  display?: string;
  org?: string;
  distance_m?: number | null;
  load?: number;
  on_duty?: boolean;
  skills?: string[];
  score?: number;
  reasons_zh?: string[];
  reasons_en?: string[];
}

export interface Excluded {
  user: string;
  display?: string;
  reason_zh?: string;
  reason_en?: string;
}

export interface TimelineEntry {
  n: number;
  kind: string;
  at: string;
  actor?: string;
  org?: string;
  cause?: number;
  /** What its kind means, from the server: for kinds this page has no word for. */
  zh?: string;
  en?: string;
  data?: Record<string, unknown>;
}

/** A durable event: an entry of the journal that this session may see. */
export interface Entry {
  n: number;
  p: number;
  kind: string;
  at: string;
  subject?: string;
  org?: string;
  actor?: string;
  data?: Record<string, unknown>;
}

export interface User {
  id: string;
  name?: string;
  display?: string;
  roles: string[];
  org: string;
}

export interface Snapshot {
  n: number;
  "incident.open"?: { rows?: Incident[]; next?: string };
  "task.mine"?: { rows?: MyTask[] };
  [name: string]: unknown;
}
