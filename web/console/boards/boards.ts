// The boards of the console, in the order of their tabs. A board is a view that stands where the queue's list stands;
// the chosen incident's detail opens beside it. To add one: a line here, its words, its component.

import type { Component } from "vue";
import { hearsPanic } from "../../shared/alarms";
import type { Word } from "../../shared/i18n";
import type { MyConference } from "../../shared/call/types";
import type { Entry } from "../../shared/types";
import { rings } from "../call/calls";
import { may, type Rules } from "../verbs";

export interface Board {
  /** In the address: #/whistles. */
  id: string;
  word: Word;
  /** `g` and then this letter. */
  key: string;
  may(rules: Rules): boolean;
  /** How many things wait on it, on its tab. */
  count?: BoardCount;
  /** Loaded when it is first opened; the queue itself is part of the desk. */
  view?(): Promise<{ default: Component }>;
}

/** A number that one query answers, asked again when an entry says that it may have changed. */
export interface BoardCount {
  method: string;
  params?: Record<string, unknown>;
  of(answer: never): number;
  hears(e: Entry): boolean;
  /** Loud: somebody should look now. */
  loud?(answer: never): boolean;
}

const allowed = (...methods: string[]) => (rules: Rules): boolean => methods.some((m) => may(rules, m));

/** stats.waiting counts for several tabs at once: one question serves them all (counts.ts). */
interface Waiting {
  whistles: number;
  whistles_missing: number;
  cards: number;
  cards_overdue: number;
  requests: number;
  countersigns: number;
  countersigns_overdue: number;
  follow_ups: number;
  follow_ups_low: number;
  mediations: number;
  shifts: number;
}
const waiting = (hears: RegExp, of: (w: Waiting) => number, loud?: (w: Waiting) => number): BoardCount => ({
  method: "stats.waiting",
  of: of as (answer: never) => number,
  hears: (e) => hears.test(e.kind),
  ...(loud && { loud: (w: never) => loud(w) > 0 }),
});

export const BOARDS: readonly Board[] = [
  { id: "queue", word: "boards.queue", key: "q", may: allowed("incident.open") },
  { id: "map", word: "board.map", key: "m", may: allowed("incident.open"), view: () => import("../map/MapPane.vue") },
  {
    id: "panic",
    word: "boards.panic",
    key: "a",
    may: allowed("panic.list"),
    count: { method: "panic.open", of: (a: { rows: unknown[] }) => a.rows.length, hears: hearsPanic, loud: (a: { rows: unknown[] }) => a.rows.length > 0 } as BoardCount,
    view: () => import("../safety/PanicBoard.vue"),
  },
  {
    id: "calls",
    word: "boards.calls",
    key: "v",
    may: allowed("conf.list"),
    count: { method: "conf.mine", of: (a: { rows: MyConference[] }) => a.rows.filter(rings).length, hears: (e: Entry) => e.kind.startsWith("conf."), loud: () => true } as BoardCount,
    view: () => import("../call/CallsBoard.vue"),
  },
  { id: "cameras", word: "boards.cameras", key: "c", may: allowed("cam.list"), view: () => import("../call/CamerasBoard.vue") },
  { id: "patrols", word: "boards.patrols", key: "o", may: allowed("patrol.coverage"), view: () => import("../safety/PatrolBoard.vue") },
  {
    id: "whistles",
    word: "boards.whistles",
    key: "w",
    may: allowed("whistle.list"),
    count: waiting(/^whistle\./, (w) => w.whistles, (w) => w.whistles_missing),
    view: () => import("./WhistleBoard.vue"),
  },
  {
    id: "supervise",
    word: "boards.supervise",
    key: "s",
    may: allowed("supervise.list"),
    count: waiting(/^supervise\.|^incident\.(supervised|closed|voided|merged|reopened)$/, (w) => w.cards, (w) => w.cards_overdue),
    view: () => import("./SuperviseBoard.vue"),
  },
  {
    id: "requests",
    word: "boards.requests",
    key: "r",
    may: allowed("request.list", "countersign.list"),
    count: waiting(/^(request|countersign)\./, (w) => w.requests + w.countersigns, (w) => w.countersigns_overdue),
    view: () => import("./RequestBoard.vue"),
  },
  {
    id: "follow-ups",
    word: "boards.followUps",
    key: "f",
    may: allowed("followup.list"),
    count: waiting(/^incident\.(closed|reopened|followed_up|rated)$/, (w) => w.follow_ups, (w) => w.follow_ups_low),
    view: () => import("./FollowUpBoard.vue"),
  },
  { id: "mediation", word: "boards.mediation", key: "t", may: allowed("mediation.list"), count: waiting(/^mediation\./, (w) => w.mediations), view: () => import("./MediationBoard.vue") },
  { id: "people", word: "boards.people", key: "p", may: allowed("duty.list"), view: () => import("./PeopleBoard.vue") },
  { id: "search", word: "boards.search", key: "e", may: allowed("incident.search"), view: () => import("./SearchBoard.vue") },
  { id: "shift", word: "boards.shift", key: "h", may: allowed("shift.list"), count: waiting(/^shift\./, (w) => w.shifts), view: () => import("./ShiftBoard.vue") },
];

export const boardOf = (id: string): Board | undefined => BOARDS.find((b) => b.id === id);
