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
  const params: Record<string, unknown> = { id, to };
  if (f.note.trim()) params["note"] = f.note.trim();
  if (f.expires) params["expires_in_ms"] = Math.round(f.expires * 60_000);
  if (f.remind) params["remind_ms"] = Math.round(f.remind * 60_000);
  return params;
}
