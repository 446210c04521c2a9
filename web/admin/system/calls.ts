// The methods behind the views of this group, typed.

import type { Form } from "../../shared/form";
import type { Link } from "../../shared/link";

export interface WordRow {
  name: string;
  code: string;
  zh: string;
  en: string;
  position: number;
  /** The pack that brings it; with `own`, the one whose words the county has written over. */
  pack?: string;
  own?: boolean;
  [attribute: string]: unknown;
}
export interface FormFinding {
  wrong: boolean;
  code: string;
  path: string;
  zh: string;
  en: string;
}
export interface FormCheck {
  ok: boolean;
  tick_ratio: number;
  findings: FormFinding[];
  used: { reports: number; fields: { id: string; filled: number }[] };
}
export interface FormVersion {
  version: number;
  pack?: string;
  at: string;
  by: string;
  note?: string;
  current: boolean;
  retired: boolean;
}
export interface OutboxRow {
  key: string;
  channel: string;
  expires: string;
  attempts?: number;
  sending?: boolean;
  zh?: string;
  en?: string;
  next_try?: string;
}
export interface Channel {
  channel: string;
  waiting: number;
  first_expires?: string;
  ready: boolean;
}
export interface DeviceRow {
  device: string;
  user: string;
  display?: string;
  org?: string;
  first_at: string;
  last_at: string;
  online: boolean;
  since?: string;
  version?: string;
  skew_ms?: number;
  blocked?: { reason: string; by: string; at: string };
}
export interface JournalRow {
  n: number;
  at: string;
  kind: string;
  zh?: string;
  en?: string;
  subject?: string;
  org?: string;
  actor: string;
  cause?: number;
  data?: Record<string, unknown>;
  /** It may not be read by this person. */
  hidden?: boolean;
}
export interface JournalEntry extends JournalRow {
  audience?: string;
  link?: string;
  led_to: { n: number; kind: string }[];
}
export interface JournalPage {
  rows: JournalRow[];
  looked: number;
  reached_at?: string;
  next?: number;
  head: number;
}
export interface Verified {
  ok: boolean;
  from: number;
  until: number;
  link: string;
  zh?: string;
  en?: string;
  next?: number;
  head: number;
}
export interface BackupRow {
  file: string;
  at: string;
  head: number;
  bytes: number;
  verified_at?: string;
  blobs?: number;
  took_ms?: number;
}
export interface BackupRun {
  run: number;
  what: "copy" | "verify";
  file?: string;
  by: string;
  at: string;
  ended_at?: string;
  ok?: boolean;
  zh?: string;
  en?: string;
}
export interface Backups {
  dir: string;
  rows: BackupRow[];
  runs: BackupRun[];
  plan?: { at?: string; keep: number };
  running?: { run: number; phase: "copy" | "verify" | "blobs"; done: number; total: number };
}
export interface HealthFinding {
  bad: boolean;
  code: string;
  zh: string;
  en: string;
  do_zh: string;
  do_en: string;
}
export interface Status {
  version: string;
  epoch: string;
  head: number;
  time: string;
  started_at?: string;
  timers: number;
  accounts: number;
  units: number;
  outbox: number;
  readers: number;
  sessions?: number;
  work?: { ticks: number; commands: number; queries: number; refused: number; average_ms: number; slowest_ms: number; minute_ms: number; queued: number };
  disk?: { free: number; size: number; database: number; wal: number };
  backup_at?: string;
  findings: HealthFinding[];
}
/** What a page of the journal is asked by. */
export interface JournalAsk {
  from?: string;
  until?: string;
  kind?: string;
  actor?: string;
  subject?: string;
  org?: string;
  text?: string;
}

export function systemCalls(link: Pick<Link, "query" | "command">) {
  const q = <T>(method: string, params: object = {}) => link.query<T>(method, params as Record<string, unknown>);
  const c = <T>(method: string, params: object = {}) => link.command<T>(method, params as Record<string, unknown>);
  return {
    words: () => q<{ rows: WordRow[] }>("dictionary.list"),
    usage: (name: string, code: string) => q<{ used: number; looked: number }>("dictionary.usage", { name, code }),
    setWord: (p: { name: string; code: string; zh: string; en: string; position?: number; attributes?: Record<string, string> }) => c<object>("dictionary.set", p),
    removeWord: (name: string, code: string) => c<object>("dictionary.remove", { name, code }),

    forms: () => q<{ rows: Form[] }>("form.list", { retired: true }),
    form: (id: string, version?: number) => q<Form & { versions: FormVersion[] }>("form.open", { id, ...(version && { version }) }),
    checkForm: (form: object) => q<FormCheck>("form.check", { form }),
    setForm: (form: object, version: number, note?: string) => c<{ version: number }>("form.set", { form, version, ...(note && { note }) }),
    retireForm: (id: string, note?: string) => c<{ version?: number }>("form.retire", { id, ...(note && { note }) }),

    outbox: (after?: string) => q<{ rows: OutboxRow[]; channels: Channel[]; next?: string }>("outbox.list", { limit: 50, ...(after && { after }) }),
    retry: (p: { key?: string; channel?: string }) => c<{ count: number }>("outbox.retry", p),
    drop: (key: string, reason: string) => c<object>("outbox.drop", { key, reason }),

    devices: (p: { text?: string; state?: string; after?: string }) => q<{ rows: DeviceRow[]; online: number; next?: string }>("device.list", { limit: 50, ...p }),
    block: (device: string, reason: string) => c<object>("device.block", { device, reason }),
    allow: (device: string) => c<object>("device.allow", { device }),

    journal: (p: JournalAsk & { after?: number; limit?: number }) => q<JournalPage>("journal.search", p),
    entry: (n: number) => q<JournalEntry>("journal.entry", { n }),
    verify: (from: number, until?: number) => q<Verified>("journal.verify", { from, ...(until && { until }) }),

    backups: () => q<Backups>("backup.list"),
    backup: () => c<{ run: number }>("backup.start"),
    verifyBackup: (file: string) => c<{ run: number }>("backup.verify", { file }),
    plan: (p: { at?: string; keep: number }) => c<object>("backup.schedule", p),

    status: () => q<Status>("server.status"),
  };
}
