// Who and what can be named on the command line: the accounts and units in reach, read once the line is first opened;
// candidates of an incident as they are needed.

import { shallowRef, triggerRef, type ShallowRef } from "vue";
import type { Link } from "../../shared/link";
import type { Candidate, Incident } from "../../shared/types";
import type { Desk, Unit } from "../desk";
import { may } from "../verbs";
import type { Person } from "./parse";

const PAGE = 1000;
/** A province's worth of accounts is not read for a line of text. */
const MOST_PAGES = 20;
/** Somebody hired this morning is found this afternoon. */
const FRESH_MS = 30 * 60_000;
const CANDIDATES_MS = 60_000;

export interface Directory {
  people: ShallowRef<Person[]>;
  units: ShallowRef<Unit[]>;
  /** Reads what is not there yet. */
  open(): void;
  candidates(incident: string): readonly Candidate[];
  /** What the server says of a number that is not among the open ones. */
  byNumber(n: number): Incident | null | undefined;
}

export function createDirectory(desk: Desk): Directory {
  const { link, store } = desk.session;
  const people = shallowRef<Person[]>([]);
  const units = shallowRef<Unit[]>([]);
  const known = shallowRef(new Map<string, { at: number; rows: readonly Candidate[] }>());
  const numbers = shallowRef(new Map<number, Incident | null>());
  const asking = new Set<string>();
  let readAt = 0;

  const readPeople = async (link_: Link) => {
    if (!may(desk.rules.value, "user.list")) return;
    const all: Person[] = [];
    let after: string | undefined;
    for (let n = 0; n < MOST_PAGES; n++) {
      const r: { rows: { name: string; display?: string; org: string; disabled?: boolean }[]; next?: string } = await link_.query("user.list", { limit: PAGE, ...(after && { after }) });
      for (const u of r.rows) if (!u.disabled) all.push({ user: u.name, display: u.display || u.name, org: u.org });
      if (!(after = r.next)) break;
    }
    people.value = all;
  };
  const readUnits = async () => {
    const [own, partners] = await Promise.all([link.query<{ units: Unit[] }>("org.tree", { depth: 10 }), desk.partners()]);
    units.value = [...new Map([...own.units, ...partners].map((u) => [u.id, u])).values()];
  };
  const ask = (key: string, question: () => Promise<void>) => {
    if (asking.has(key) || link.state !== "up") return;
    asking.add(key);
    void question()
      .catch(() => undefined) // the line says that it does not know; typing on asks again
      .finally(() => asking.delete(key));
  };

  return {
    people,
    units,
    open() {
      if (Date.now() - readAt < FRESH_MS) return;
      ask("directory", async () => {
        await Promise.all([readPeople(link), readUnits()]);
        readAt = Date.now();
      });
    },
    candidates(incident) {
      const have = known.value.get(incident);
      if (!have || Date.now() - have.at > CANDIDATES_MS)
        ask(`candidates ${incident}`, async () => {
          const { rows } = await link.query<{ rows: Candidate[] }>("incident.candidates", { id: incident, limit: 50, excluded: 0 });
          known.value.set(incident, { at: Date.now(), rows });
          triggerRef(known);
        });
      return have?.rows ?? [];
    },
    byNumber(n) {
      for (const i of store.incidents.values()) if (i.number === n) return i;
      const asked = numbers.value.get(n);
      if (asked === undefined)
        ask(`number ${n}`, async () => {
          const { rows } = await link.query<{ rows: Incident[] }>("incident.search", { number: n });
          numbers.value.set(n, rows[0] ?? null);
          triggerRef(numbers);
        });
      return asked;
    },
  };
}
