// What the two sheets are made of (incident.after_action, shift.note). Types only.

import type { Clock, Incident } from "../shared/types";

export interface Milestone {
  name: string;
  zh: string;
  en: string;
  at: string;
  took_ms?: number;
}

export interface Line {
  n: number;
  at: string;
  kind: string;
  zh?: string;
  en?: string;
  actor: string;
  by: string;
  of?: string;
  clock?: string;
  clock_title?: string;
  said_zh?: string;
  said_en?: string;
}

export interface Card {
  n: number;
  card: string;
  note?: string;
  by: string;
  by_name?: string;
  answered_by_name?: string;
  given_at: string;
  due_at?: string;
  overdue_at?: string;
  answered_at?: string;
  answered_by?: string;
  answer?: string;
  ended_at?: string;
  ended?: string;
}

export interface AfterAction {
  incident: Incident & { category_zh?: string; category_en?: string; by?: string; class?: string };
  made_at: string;
  made_for: string;
  milestones: Milestone[];
  entries: Line[];
  attachments: { sha256: string; name?: string; type?: string; size?: number; at: string; by?: string }[];
  cards: Card[];
  policies: { n: number; at: string; policy: string; commands: string[] }[];
  whole: boolean;
}

export interface Matter {
  id: string;
  number: number;
  title: string;
  level: number;
  state: string;
  owner?: string;
  place?: string;
  card?: string;
  urges?: number;
  reported_at: string;
  clock?: Pick<Clock, "name" | "title" | "state" | "due_at">;
  sent: string[];
}

export interface Handover {
  id?: string;
  state: string;
  display?: string;
  to?: string;
  note?: string;
  handed_at?: string;
  taken_at?: string;
  taken_by?: string;
  to_name?: string;
  taken_by_name?: string;
  take_note?: string;
  summary: {
    from: string;
    from_name?: string;
    org_name: string;
    since_at: string;
    until_at: string;
    counts: { reported: number; closed: number; breached: number };
    open: { total: number; rows: Matter[]; others: number[] };
    cards: { number: number; title: string; card: string; note?: string; given_at: string; due_at?: string; overdue: boolean }[];
    promised: { number: number; title: string; clock: string; clock_title?: string; due_at: string }[];
    alarms: { number: number; title: string; name: string; raised_at: string }[];
    requests: { number: number; title: string; what: string; by: string; reason?: string; asked_at: string }[];
    emergencies: { id: string; title: string; level: number; started_at: string }[];
  };
}
