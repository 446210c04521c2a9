// What every view of the page stands on: the session, the typed methods, the runs under way, what this person may do.

import { computed, inject, provide, type ComputedRef, type InjectionKey } from "vue";
import type { Session } from "../shared/session";
import type { Entry } from "../shared/types";
import { makeApi, type Api } from "./api";
import { followJobs, type Jobs } from "./jobs";

export interface Admin {
  session: Session;
  api: Api;
  jobs: Jobs;
  /** False for an audit administrator, who reads only. */
  mayChange: ComputedRef<boolean>;
  /** May the rules and their runs be read? */
  mayRead: ComputedRef<boolean>;
  /** Is the link up? */
  live: ComputedRef<boolean>;
  /** Calls `fn` for entries whose kind begins with one of the prefixes; the answer ends that. */
  onEntries(prefixes: string[], fn: (e: Entry) => void): () => void;
}

const key: InjectionKey<Admin> = Symbol("admin");

export const ROLE_CHANGE = "admin.system";
export const ROLE_READ = "admin.audit";
/** Keeps the list of trusted keys, and has no other business here. */
export const ROLE_SECURITY = "admin.security";

export function provideAdmin(session: Session): Admin {
  const api = makeApi(session.link);
  const has = (...roles: string[]) => computed(() => session.user.value?.roles.some((r) => roles.includes(r)) ?? false);
  const mayRead = has(ROLE_CHANGE, ROLE_READ);
  const admin: Admin = {
    session,
    api,
    jobs: followJobs(session, api, mayRead),
    mayRead,
    mayChange: has(ROLE_CHANGE),
    live: computed(() => session.linkState.value === "up"),
    onEntries: (prefixes, fn) =>
      session.store.watchEntries((e) => {
        if (prefixes.some((p) => e.kind.startsWith(p))) fn(e);
      }),
  };
  provide(key, admin);
  return admin;
}

export function useAdmin(): Admin {
  const a = inject(key);
  if (!a) throw new Error("no admin page around this view");
  return a;
}
