// The methods of the workshop, typed (docs/workshop/). Queries are asked again after a reconnect; commands carry a
// key, so that a lost answer does nothing twice.

import type { Link } from "../shared/link";

export type Files = Record<string, string>;
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** Exactly one of the three, as the methods ask. */
export type Candidate = { files: Files } | { draft: true } | { generation: number };

export interface Command {
  method: string;
  params: Record<string, Json>;
}
export interface Page<T> {
  rows: T[];
  next?: number;
  total?: number;
}
export interface Line {
  line: number;
  text: string;
}
export interface Finding {
  path: string;
  line: number;
  exit?: string;
  zh: string;
  en: string;
  lines?: Line[];
}

/* -- packs */

export interface PackRow {
  pack: string;
  version: string;
  zh: string;
  en: string;
  digest: string;
  since: string;
}
export interface OpenPack {
  pack: string;
  version: string;
  zh: string;
  en: string;
  digest: string;
  generation: number;
  at: string;
  actor: string;
  files: Files;
}
export interface Tested {
  played: number;
  failed: number;
}
export interface HistoryRow {
  n: number;
  at: string;
  actor: string;
  act: "deployed" | "rolled_back" | "moved" | "promoted";
  generation: number;
  pack?: string;
  version?: string;
  digest?: string;
  from_generation?: number;
  note?: string;
  approved_by?: string;
  tested?: Tested;
  override?: { reason: string; failed: string[] };
  moved?: number;
}
export type DiffMark = "=" | "-" | "+";
export interface FileDiff {
  path: string;
  change: "added" | "removed" | "changed" | "same";
  hunks?: { from: number; to: number; lines: [DiffMark, string][] }[];
}
export interface PackDiff {
  from: { label: string; digest: string };
  to: { label: string; digest: string };
  files: FileDiff[];
  policies: { policy: string; change: string; kinds_added?: string[]; kinds_removed?: string[] }[];
}
export interface Deployment {
  note?: string;
  open?: "keep" | "move";
  override?: string;
  force?: boolean;
}
export interface Deployed {
  pack: string;
  version: string;
  generation: number;
  policies: string[];
  changed: boolean;
  tested?: Tested;
  moved?: number;
  n?: number;
}
export interface ProposalRow {
  proposal: string;
  pack: string;
  version: string;
  digest: string;
  author: string;
  at: string;
  note?: string;
  open?: "keep" | "move";
  tested?: Tested;
  override?: { reason: string; failed: string[] };
}
export interface Proposal extends ProposalRow {
  files: Files;
  base?: number;
}
export interface Generation {
  generation: number;
  at: string;
  actor: string;
  packs: { pack: string; version: string }[];
  /** How many living subjects it decides about. */
  open: number;
  moved_to?: number;
}
export interface PolicyRow {
  policy: string;
  pack: string;
  version: string;
  path: string;
  kinds: string[];
  failures: number;
  in_a_row: number;
}

/* -- signatures, and packs from elsewhere */

export interface Signature {
  present: boolean;
  fits?: boolean;
  signer?: string;
  key?: string;
  trusted?: boolean;
  known_as?: string;
}
export interface SigningKey {
  key: string;
  name: string;
  public: string;
  since: string;
  by: string;
}
/** What a pack would change here. Beyond `findings` only when it is in order. */
export interface PackReport {
  ok: boolean;
  findings: Finding[];
  pack?: string;
  version?: string;
  digest?: string;
  installed?: boolean;
  was?: string;
  same?: boolean;
  signature?: Signature;
  policies?: { name: string; change: "added" | "removed" | "changed" | "same" | "taken"; path: string; kinds?: string[]; pack?: string }[];
  company?: { pack: string; policy: string; kinds: string[] }[];
  dictionaries?: { name: string; codes: number; changes: { name: string; change: string; zh?: string; was?: string; pack?: string }[] }[];
  setup?: { name: string; change: string; path: string }[];
  foreign_units?: { unit: string; path: string; line: number }[];
}

/* -- drafts */

export interface DraftRow {
  pack: string;
  version: string;
  zh: string;
  en: string;
  rev: number;
  author: string;
  at: string;
  from: string | number;
  changed: string[];
}
export interface Draft {
  pack: string;
  rev: number;
  author: string;
  at: string;
  from: string | number;
  files: Files;
  problems?: Finding[];
}

/* -- jobs */

export type JobKind = "test" | "check" | "prove" | "replay" | "project";
export type JobState = "waiting" | "running" | "done" | "failed" | "cancelled" | "lost";
export interface JobRow {
  job: string;
  what: JobKind;
  pack: string;
  author?: string;
  at?: string;
  state: JobState;
  ok?: boolean;
  share: number;
  zh?: string;
  en?: string;
  ms?: number;
  summary?: Record<string, Json>;
}
export type Which = { draft: true; rev: number } | { generation: number } | { files: true };
export interface Job extends JobRow {
  lists: Record<string, number>;
  /** What it was started with; not known of jobs of older versions. */
  candidate?: Which;
  base?: Which;
  options?: Record<string, Json>;
  error?: { code: string; zh: string; en: string };
}
export interface ScenarioRow {
  file: string;
  title: string;
  ok: boolean;
  steps?: number;
  ms?: number;
  wrong?: { line: number; zh: string; en: string; lines?: Line[] }[];
}

/* -- shadows */

export interface ShadowRow {
  pack: string;
  version: string;
  digest: string;
  since: string;
  author: string;
  note?: string;
  decisions: number;
  differences: number;
  failures: number;
  share: number;
  limits: { share?: number; at_least?: number; failures?: number };
  ready: boolean;
  why_zh?: string;
  why_en?: string;
}
export interface ShadowDifference {
  n: number;
  at: string;
  subject?: string;
  kind: string;
  entry?: number;
  policy: string;
  was: Command[];
  now: Command[];
  exit?: string;
  lines?: number[];
}

/* -- why */

export interface Decision {
  n: number;
  at: string;
  entry: { n: number; kind: string };
  policy: string;
  pack: string;
  version: string;
  exit: string;
  answers?: Json;
  commands: Command[];
  identical: boolean;
  lines?: number[];
}
export interface Source {
  version: string;
  policy: string;
  path: string;
  text: string;
  packs: { pack: string; generations: number[] }[];
}

/* -- what can be written */

export interface ApiWord {
  name: string;
  kind: "word" | "view" | "global" | "clause" | "member";
  signature?: string;
  args?: { name: string; zh?: string; en?: string }[];
  zh: string;
  en: string;
  example?: string;
  /** The plugin it comes from. */
  from?: string;
}
export interface ApiKind {
  name: string;
  zh: string;
  en: string;
  heard?: boolean;
}
export interface ApiMethod {
  name: string;
  zh: string;
  en: string;
  params?: Json;
}
export interface ApiTable {
  words: ApiWord[];
  kinds: ApiKind[];
  methods: ApiMethod[];
}
export interface Template {
  id: string;
  zh: string;
  en: string;
  what_zh: string;
  what_en: string;
  files: Files;
}

type Rows<T> = { rows: T[] };

export function makeApi(link: Pick<Link, "query" | "command">) {
  const q = <T>(method: string, params: object = {}) => link.query<T>(method, params as Record<string, unknown>);
  const c = <T>(method: string, params: object = {}) => link.command<T>(method, params as Record<string, unknown>);
  return {
    packs: () => q<Rows<PackRow> & { generation: number }>("pack.list"),
    policies: () => q<Rows<PolicyRow> & { generation: number }>("policy.list"),
    openPack: (pack: string, generation?: number) => q<OpenPack>("pack.open", { pack, generation }),
    history: (p: { pack?: string; limit?: number; after?: number } = {}) => q<Page<HistoryRow>>("pack.history", p),
    diff: (p: { pack: string; from?: number; to?: number; files?: Files; draft?: true }) => q<PackDiff>("pack.diff", p),
    check: (pack: string, files: Files) => q<{ ok: boolean; findings: Finding[] }>("pack.check", { pack, files }),
    report: (pack: string, what: Candidate) => q<PackReport>("pack.report", { pack, ...what }),
    keys: () => q<Rows<SigningKey>>("pack.keys"),
    trust: (name: string, publicKey: string) => c<{ key: string }>("pack.trust", { name, public: publicKey }),
    distrust: (key: string, reason: string) => c<object>("pack.distrust", { key, reason }),
    deploy: (pack: string, what: Candidate, how: Deployment) => c<Deployed>("pack.deploy", { pack, ...what, ...how }),
    propose: (pack: string, what: Candidate, how: Deployment) => c<{ proposal: string }>("pack.propose", { pack, ...what, ...how }),
    proposals: () => q<Rows<ProposalRow>>("pack.proposals"),
    proposal: (proposal: string) => q<Proposal>("pack.proposal", { proposal }),
    approve: (proposal: string, note?: string) => c<Deployed>("pack.approve", { proposal, note }),
    reject: (proposal: string, reason: string) => c<object>("pack.reject", { proposal, reason }),
    withdraw: (proposal: string) => c<object>("pack.withdraw", { proposal }),
    rollback: (pack: string, to?: number) => c<{ pack: string; version: string; generation: number }>("policy.rollback", { pack, to }),
    generations: () => q<Rows<Generation>>("policy.generations"),
    move: (note: string, from?: number) => c<{ moved: number; to: number }>("policy.move", { note, from }),
    source: (version: string) => q<Source>("policy.source", { version }),

    drafts: () => q<Rows<DraftRow>>("draft.list"),
    openDraft: (pack: string) => q<Draft>("draft.open", { pack }),
    saveDraft: (pack: string, files: Record<string, string | null>, rev?: number, from?: string) =>
      c<{ pack: string; rev: number }>("draft.save", { pack, files, rev, from }),
    discardDraft: (pack: string, rev?: number) => c<object>("draft.discard", { pack, rev }),

    startJob: (p: {
      what: JobKind;
      pack: string;
      files?: Files;
      draft?: true;
      generation?: number;
      base?: { generation: number } | { files: Files };
      options?: Record<string, Json>;
    }) => c<{ job: string }>("job.start", p),
    jobs: (limit?: number) => q<Rows<JobRow>>("job.list", { limit }),
    job: (job: string) => q<Job>("job.open", { job }),
    jobCandidate: (job: string) => q<{ pack: string; files: Files; base?: Files }>("job.candidate", { job }),
    jobRows: <T>(p: { job: string; list: string; where?: Record<string, Json>; after?: number; limit?: number }) => q<Page<T>>("job.rows", p),
    jobCsv: (job: string, list: string) => q<{ csv: string }>("job.csv", { job, list }),
    cancelJob: (job: string) => c<object>("job.cancel", { job }),

    shadows: () => q<Rows<ShadowRow>>("shadow.list"),
    startShadow: (pack: string, what: Candidate, p: { limits?: ShadowRow["limits"]; note?: string }) =>
      c<{ pack: string; version: string; digest: string }>("shadow.start", { pack, ...what, ...p }),
    shadowDifferences: (p: { pack: string; after?: number; limit?: number }) => q<Page<ShadowDifference>>("shadow.differences", p),
    stopShadow: (pack: string) => c<object>("shadow.stop", { pack }),
    promoteShadow: (pack: string, p: { open?: "keep" | "move"; note?: string }) => c<Deployed>("shadow.promote", { pack, ...p }),

    why: (subject: string, limit?: number) => q<Rows<Decision>>("policy.why", { subject, limit }),
    words: () => q<ApiTable>("policy.api"),
    templates: () => q<Rows<Template>>("policy.templates"),
  };
}
export type Api = ReturnType<typeof makeApi>;
