// What every view of the page stands on: the session, the typed methods, the runs under way, what this person may do.

import { computed, inject, provide, shallowRef, type ComputedRef, type InjectionKey } from "vue";
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
  /** May this person call the method? The server's own answer (rpc.discover), not a list of roles kept here. */
  can(method: string): boolean;
  /** Is it known yet what this person may do? */
  known: ComputedRef<boolean>;
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

/** The methods this person may call. Kept with the tab, so that a reload while the link is down still has its pages. */
function followAllowed(session: Session) {
  const kept = `fq.admin.allowed.${session.user.value?.id ?? ""}`;
  const allowed = shallowRef<Set<string> | null>(null);
  try {
    const names = JSON.parse(sessionStorage.getItem(kept) ?? "null") as string[] | null;
    if (names) allowed.value = new Set(names);
  } catch {
    sessionStorage.removeItem(kept);
  }
  const discover = async () => {
    try {
      const { methods } = await session.link.query<{ methods: { name: string }[] }>("rpc.discover");
      const names = methods.map((m) => m.name);
      allowed.value = new Set(names);
      sessionStorage.setItem(kept, JSON.stringify(names));
    } catch {
      // The link is down: what was known stays, and the next snapshot asks again.
    }
  };
  session.link.watchSnapshots(() => void discover());
  if (session.link.state === "up") void discover();
  return allowed;
}

export function provideAdmin(session: Session): Admin {
  const api = makeApi(session.link);
  const has = (...roles: string[]) => computed(() => session.user.value?.roles.some((r) => roles.includes(r)) ?? false);
  const mayRead = has(ROLE_CHANGE, ROLE_READ);
  const allowed = followAllowed(session);
  const admin: Admin = {
    session,
    api,
    jobs: followJobs(session, api, mayRead),
    mayRead,
    mayChange: has(ROLE_CHANGE),
    can: (method) => allowed.value?.has(method) ?? false,
    known: computed(() => allowed.value !== null),
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
