// What the fields of the audit search ask for.

import type { JournalAsk } from "./calls";

/** As they stand in the form: times of the browser's own zone, empty when nothing is asked. */
export type AskFields = Record<keyof JournalAsk, string>;

export function askOf(f: AskFields): JournalAsk {
  const out: JournalAsk = {};
  for (const [key, value] of Object.entries(f) as [keyof JournalAsk, string][]) {
    const v = value.trim();
    if (!v) continue;
    if (key !== "from" && key !== "until") out[key] = v;
    else if (!Number.isNaN(Date.parse(v))) out[key] = new Date(v).toISOString();
  }
  return out;
}
