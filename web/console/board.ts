// emergency.board as it comes.

import type { Emergency } from "../shared/types";

export interface BoardUnit {
  org: string;
  name: string;
  called: number;
  coming: number;
  not_coming: number;
  silent: number;
}

export interface Board extends Emergency {
  state: "in_force" | "ended";
  calls: {
    called: number;
    answered: number;
    coming: number;
    not_coming: number;
    silent: number;
    again_at?: string;
    units: BoardUnit[];
    silent_people: { user: string; display: string; unit: string; unit_name: string; calls: number }[];
    answers: { user: string; display: string; coming: boolean; eta_at?: string; note?: string }[];
  };
  open_incidents: number;
  open_tasks: number;
  breached_clocks: number;
  breached: { incident: string; number: number; incident_title: string; clock: string; title?: string; due_at: string }[];
  last: { n: number; at: string; kind: string; zh?: string; en?: string; actor?: string; text?: string; note?: string; reason?: string; people?: number }[];
  whole: boolean;
}

/** Units that still owe an answer first, then by how many they are. */
export function byNeed(units: readonly BoardUnit[]): BoardUnit[] {
  return [...units].sort((a, b) => b.silent - a.silent || b.called - a.called || a.org.localeCompare(b.org));
}
