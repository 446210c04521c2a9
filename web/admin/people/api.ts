// The methods of units, accounts, roster and bindings, typed (docs/reference.md).

import { inject, provide, type InjectionKey } from "vue";
import type { Link } from "../../shared/link";

export const UNIT_KINDS = ["county", "township", "village", "grid", "police_post", "department", "centre", "team", "forest_farm", "park", "task_force", "party_branch"] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];
export const ROLES = ["dispatcher", "commander", "director", "department", "officer", "family", "admin.system", "admin.security", "admin.audit", "service"] as const;

export interface UnitRow {
  id: string;
  parent: string;
  kind: string;
  name: string;
  valid_to?: string;
  rev: number;
  children: number;
  people: number;
}
export interface Named {
  id: string;
  name: string;
}
export interface FoundUnit extends UnitRow {
  above: Named[];
}
export interface Unit {
  id: string;
  parent: string;
  kind: string;
  name: string;
  lon?: number;
  lat?: number;
  valid_from?: string;
  valid_to?: string;
  rev: number;
  above: Named[];
  children: number;
  units_below: number;
  people: number;
  people_below: number;
  changed_by?: string;
  changed_at?: string;
}
export interface Touches {
  incidents: number;
  tasks: number;
  clocks?: number;
  officers?: number;
  asked?: number;
  shifts: number;
  bindings: number;
  fallbacks?: number;
  deputy_of?: number;
}
export interface Account {
  name: string;
  display: string;
  roles: string[];
  org: string;
  org_name?: string;
  disabled: boolean;
  rev: number;
  signed_in_at?: string;
  has_password?: boolean;
}
export interface AccountDetail extends Account {
  sessions: number;
  changed_by?: string;
  changed_at?: string;
}
export interface Officer {
  user: string;
  skills: string[];
  capacity?: number;
  grid?: string;
  employer?: string;
  manager?: string;
  born?: number;
}
export interface SignIn {
  id: string;
  user: string;
  display: string;
  org: string;
  device: string;
  since: string;
  expires: string;
  online: boolean;
}
export interface Shift {
  id: string;
  from: string;
  until: string;
  user: string;
  display?: string;
  org: string;
  post?: string;
  instead_of?: string;
  reason?: string;
}
export interface Leave {
  id: string;
  from: string;
  until: string;
  user: string;
  display?: string;
  org: string;
  deputy?: string;
}
export interface Vacancy {
  org: string;
  kind: string;
  name: string;
  since?: string;
  cover?: { user?: string; display?: string; by: string; name?: string };
}
export interface Binding {
  id: string;
  kind: string;
  kind_zh?: string;
  kind_en?: string;
  holder: string;
  display?: string;
  subject: string;
  org: string;
  from: string;
  until?: string;
  note?: string;
}
/** One row of a dry run. */
export interface CheckedRow {
  i: number;
  act: "add" | "change" | "same" | "error";
  code?: string;
  path?: string;
  zh?: string;
  en?: string;
  changes?: string[];
  was?: Record<string, unknown>;
}
export interface Paged<T> {
  rows: T[];
  next?: string;
  total?: number;
}

type Params = Record<string, unknown>;

export function makePeopleApi(link: Pick<Link, "query" | "command">) {
  // What is undefined is not asked.
  const tidy = (p: Params) => Object.fromEntries(Object.entries(p).filter(([, v]) => v !== undefined && v !== ""));
  const q = <T>(method: string, params: Params = {}) => link.query<T>(method, tidy(params));
  const c = <T>(method: string, params: Params = {}) => link.command<T>(method, params);
  return {
    children: (p: { parent?: string; closed?: boolean; after?: string }) => q<Paged<UnitRow>>("org.children", { ...p, limit: 500 }),
    findUnits: (p: { text: string; kind?: string; closed?: boolean; after?: string; limit?: number }) => q<Paged<FoundUnit>>("org.search", p),
    unit: (id: string) => q<Unit>("org.get", { id }),
    setUnit: (p: Params) => c<{ id: string; rev: number }>("org.set", p),
    moveUnit: (p: { id: string; rev: number; parent: string; reason?: string }) => c<{ rev: number; below: number }>("org.move", p),
    closeUnit: (p: { id: string; rev: number; valid_to?: string; below?: boolean; reason: string }) => c<{ rev: number; closed: number }>("org.close", p),
    reopenUnit: (p: { id: string; rev: number }) => c<{ rev: number }>("org.reopen", p),
    checkUnits: (units: Params[], known: string[]) => q<{ rows: CheckedRow[] }>("org.check", { units, known }),
    importUnits: (units: Params[]) => c<{ set: number }>("org.import", { units }),

    touches: (p: { org?: string; user?: string }) => q<Touches>("people.touches", p),

    accounts: (p: { text?: string; role?: string; org?: string; below?: boolean; disabled?: boolean; has_password?: boolean; after?: string; limit?: number }) =>
      q<Paged<Account>>("user.list", p),
    account: (name: string) => q<AccountDetail>("user.get", { name }),
    setAccount: (p: Params) => c<{ rev: number }>("user.add", p),
    disable: (p: { name: string; rev?: number; reason?: string }) => c<{ rev: number }>("user.disable", p),
    enable: (p: { name: string; rev?: number }) => c<{ rev: number }>("user.enable", p),
    setPassword: (name: string, password: string) => c<object>("user.password", { name, password }),
    checkAccounts: (users: Params[], known: string[]) => q<{ rows: CheckedRow[] }>("user.check", { users, known }),
    importAccounts: (users: Params[]) => c<{ set: number }>("user.add_many", { users }),
    officer: (user: string) => q<Officer>("officer.get", { user }),
    setOfficer: (p: Params) => c<object>("officer.set", p),
    signIns: (p: { user?: string; after?: string; limit?: number }) => q<Paged<SignIn>>("session.list", p),
    endSignIn: (p: { user?: string; id?: string; reason?: string }) => c<{ user: string; ended: number }>("session.end", p),

    roster: (p: { org: string; from: string; until: string }) => q<{ rows: Shift[]; leaves: Leave[] }>("roster.list", p),
    setShifts: (org: string, rows: Params[]) => c<{ shifts: string[] }>("roster.set", { org, rows }),
    removeShift: (id: string, reason?: string) => c<object>("roster.remove", reason ? { id, reason } : { id }),
    override: (p: Params) => c<{ shifts: string[] }>("roster.override", p),
    leave: (p: Params) => c<{ id: string }>("leave.set", p),
    endLeave: (p: { user: string; id: string }) => c<object>("leave.end", p),
    vacancies: (p: { org?: string; kind?: string; after?: string }) =>
      q<Paged<Vacancy> & { counts: Record<string, { units: number; vacant: number }>; officers: number }>("roster.vacancies", { ...p, limit: 50 }),

    bindings: (p: { kind?: string; holder?: string; subject?: string; org?: string; at?: string; ends_before?: string; after?: string; limit?: number }) =>
      q<Paged<Binding>>("binding.list", p),
    setBinding: (p: Params) => c<{ id: string }>("binding.set", p),
    endBinding: (p: { id: string; reason?: string }) => c<{ id: string }>("binding.end", p),
    checkBindings: (rows: Params[]) => q<{ rows: CheckedRow[] }>("binding.check", { rows }),
    importBindings: (rows: Params[]) => c<{ set: number }>("binding.set_many", { rows }),
    who: (p: { grid?: string; household?: string }) =>
      q<{ ladder: string; rungs: { level: string; title?: string; name?: string; available: boolean; answers?: { user: string; display?: string }; why_zh?: string; why_en?: string }[] }>(
        "ladder.who",
        p,
      ),
  };
}
export type PeopleApi = ReturnType<typeof makePeopleApi>;

const key: InjectionKey<PeopleApi> = Symbol("people");
/** One for the page; a view asks for it with the link of the session around it. */
export function usePeople(link: Pick<Link, "query" | "command">): PeopleApi {
  const had = inject(key, null);
  if (had) return had;
  const api = makePeopleApi(link);
  provide(key, api);
  return api;
}
