// An order being written: whom it goes to and on what terms. Turned into the parameters of incident.dispatch.

import { toUnit, type Unit } from "./desk";

export interface OrderForm {
  people: readonly string[];
  /** Accounts typed, with spaces or commas between. */
  byHand: string;
  units: readonly string[];
  /** The key of who leads; "" leaves it to the server: the first, or who leads already. */
  lead: string;
  note: string;
  /** Minutes; null or 0 for never. */
  expires: number | null;
  remind: number | null;
}

/** An order nobody answers rings again and, in the end, lapses: a stale order is dangerous. */
export const TERMS = { expires: 60, remind: 5 };

export function terms(f: Pick<OrderForm, "expires" | "remind">): Record<string, number> {
  return {
    ...(f.expires && { expires_in_ms: Math.round(f.expires * 60_000) }),
    ...(f.remind && { remind_ms: Math.round(f.remind * 60_000) }),
  };
}

export type Whom = { user: string } | { unit: string } | { team: string };

export function keyOf(w: Whom): string {
  return Object.entries(w)[0]!.join("/");
}

export function whomOf(f: Pick<OrderForm, "people" | "byHand" | "units">, known: readonly Unit[]): Whom[] {
  const users = new Set(f.people);
  for (const n of f.byHand.split(/[\s,，、]+/)) if (n) users.add(n);
  const units = f.units.map((id) => known.find((u) => u.id === id)).filter((u): u is Unit => u !== undefined);
  return [...[...users].map((user) => ({ user })), ...units.map(toUnit)];
}

export function orderParams(id: string, f: OrderForm, known: readonly Unit[]): Record<string, unknown> {
  const to = whomOf(f, known).map((w) => (keyOf(w) === f.lead ? { ...w, lead: true } : w));
  const note = f.note.trim();
  return { id, to, ...(note && { note }), ...terms(f) };
}
