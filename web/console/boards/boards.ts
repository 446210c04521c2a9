// The boards of the console, in the order of their tabs. A board is a view that stands where the queue's list stands;
// the chosen incident's detail opens beside it. To add one: a line here, its words, its component.

import type { Component } from "vue";
import { hearsPanic } from "../../shared/alarms";
import type { Word } from "../../shared/i18n";
import type { Entry } from "../../shared/types";
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

export const BOARDS: readonly Board[] = [
  { id: "queue", word: "board.queue", key: "q", may: (rules) => may(rules, "incident.open") },
  {
    id: "panic",
    word: "board.panic",
    key: "a",
    may: (rules) => may(rules, "panic.list"),
    count: { method: "panic.open", of: (a: { rows: unknown[] }) => a.rows.length, hears: hearsPanic, loud: (a: { rows: unknown[] }) => a.rows.length > 0 } as BoardCount,
    view: () => import("../safety/PanicBoard.vue"),
  },
  { id: "patrols", word: "board.patrols", key: "t", may: (rules) => may(rules, "patrol.coverage"), view: () => import("../safety/PatrolBoard.vue") },
];

export const boardOf = (id: string): Board | undefined => BOARDS.find((b) => b.id === id);
