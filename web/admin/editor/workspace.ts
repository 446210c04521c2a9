// The working copy of one pack: what the server's draft holds, what has been typed since, and how the two come
// together again when somebody else has saved meanwhile. What is not saved yet is kept in the browser as pairs
// (was, now), so that it survives a reload, a lost link and another's draft. Knows no DOM but a Storage.

import { computed, ref, shallowRef } from "vue";
import { RpcError } from "../../shared/link";
import type { Api, Draft, Files } from "../api";
import { isMissing } from "../i18n";
import { listPolicy, relistPolicy, unlistPolicy } from "./tree";

const E_NOT_FOUND = -32004;
const E_CONFLICT = -32009;
const AUTOSAVE_MS = 1200;
const KEEP_MS = 200;
const RETRY_MS = 3000;

type Change = { was: string | null; now: string | null };
export type Changes = Record<string, Change>;

export function changesBetween(was: Files, now: Files): Changes {
  const out: Changes = {};
  for (const p of new Set([...Object.keys(was), ...Object.keys(now)])) {
    const a = was[p] ?? null;
    const b = now[p] ?? null;
    if (a !== b) out[p] = { was: a, now: b };
  }
  return out;
}

/** My changes on top of another's files: those of files he has not touched come along, the others are in dispute. */
export function rebase(theirs: Files, mine: Changes): { files: Files; disputed: string[] } {
  const files = { ...theirs };
  const disputed: string[] = [];
  for (const [path, { was, now }] of Object.entries(mine)) {
    const there = theirs[path] ?? null;
    if (there === now) continue;
    if (there !== was) disputed.push(path);
    if (now === null) delete files[path];
    else files[path] = now;
  }
  return { files, disputed: disputed.sort() };
}

const reversed = (changes: Changes): Changes =>
  Object.fromEntries(Object.entries(changes).map(([p, { was, now }]) => [p, { was: now, now: was }]));

export interface Conflict {
  author: string;
  at: string;
  rev: number | undefined;
  theirs: Files;
  /** Mine where both changed; elsewhere both. */
  merged: Files;
  disputed: string[];
  /** Not another's draft, but another's deployment: the draft is to stand on it. */
  onto?: boolean;
}
export type SaveState = "loading" | "saved" | "dirty" | "saving" | "waiting" | "conflict" | "failed" | "local" | "lost";

export interface WorkspaceOptions {
  pack: string;
  api: Pick<Api, "openDraft" | "openPack" | "saveDraft" | "discardDraft">;
  live: () => boolean;
  mayChange: () => boolean;
  storage?: Storage | null;
  autosaveMs?: number;
}

interface Undo {
  path: string;
  word: "removed" | "renamed" | "added";
  before: Files;
  after: Files;
}

export function createWorkspace(o: WorkspaceOptions) {
  const key = `fq.admin.work.${o.pack}`;
  const storage = o.storage === undefined ? localStorage : o.storage;
  const files = shallowRef<Files>({});
  const saved = shallowRef<Files>({});
  /** What decides now; null: nothing of that name is deployed. */
  const active = shallowRef<{ files: Files; version: string; generation: number; zh: string; en: string } | null>(null);
  const rev = ref<number | undefined>(undefined);
  const author = ref("");
  /** The generation the draft was begun from; 0 none. */
  const from = ref(0);
  /** Somebody has deployed since the draft was begun: in his words, as the server tells. */
  const outdated = shallowRef<{ zh: string; en: string } | null>(null);
  const state = ref<SaveState>("loading");
  const error = shallowRef<unknown>(null);
  const conflict = shallowRef<Conflict | null>(null);
  /** Whose changes were taken in beside mine. */
  const merged = ref("");
  const undo = shallowRef<Undo | null>(null);
  /** Rises whenever texts change from outside the editor: views take them anew. */
  const epoch = ref(0);
  let saveTimer: ReturnType<typeof setTimeout> | null = null;
  let keepTimer: ReturnType<typeof setTimeout> | null = null;
  let saving: Promise<boolean> | null = null;
  let closed = false;
  let loading = 0;

  const dirty = computed(() => Object.keys(changesBetween(saved.value, files.value)).sort());
  /** Files that differ from what decides now. */
  const changed = computed(() => Object.keys(changesBetween(active.value?.files ?? {}, files.value)).sort());

  /* -- kept in the browser */

  function keep(): void {
    if (keepTimer) clearTimeout(keepTimer);
    keepTimer = null;
    const changes = changesBetween(saved.value, files.value);
    try {
      if (Object.keys(changes).length) storage?.setItem(key, JSON.stringify(changes));
      else storage?.removeItem(key);
    } catch {
      /* the browser's store is full or shut: the server's draft still has all but the last seconds */
    }
  }
  function kept(): Changes {
    try {
      return JSON.parse(storage?.getItem(key) ?? "{}") as Changes;
    } catch {
      return {};
    }
  }

  /* -- reading */

  async function read(): Promise<{ files: Files; draft: Draft | null; noDrafts: boolean }> {
    const [pack, draft] = await Promise.allSettled([o.api.openPack(o.pack), o.api.openDraft(o.pack)]);
    if (pack.status === "fulfilled") active.value = pack.value;
    else if (pack.reason instanceof RpcError && (pack.reason.code === E_NOT_FOUND || isMissing(pack.reason))) active.value = null;
    else throw pack.reason;
    if (pack.status === "rejected" && isMissing(pack.reason) && draft.status === "rejected") throw pack.reason;
    if (draft.status === "fulfilled") return { files: draft.value.files, draft: draft.value, noDrafts: false };
    if (!(draft.reason instanceof RpcError) || (draft.reason.code !== E_NOT_FOUND && !isMissing(draft.reason))) throw draft.reason;
    return { files: active.value?.files ?? {}, draft: null, noDrafts: isMissing(draft.reason) };
  }
  function take(r: { files: Files; draft: Draft | null }): void {
    saved.value = r.files;
    rev.value = r.draft?.rev;
    author.value = r.draft?.author ?? "";
    from.value = Number(r.draft?.from ?? active.value?.generation ?? 0) || 0;
    outdated.value = r.draft?.problems?.[0] ?? null;
  }

  async function load(): Promise<void> {
    const mine = ++loading;
    if (state.value === "lost") state.value = "loading";
    try {
      const pending = state.value === "loading" ? kept() : changesBetween(saved.value, files.value);
      const r = await read();
      if (closed || mine !== loading) return;
      error.value = null;
      settle(r, pending);
      if (r.noDrafts && o.mayChange()) state.value = "local";
    } catch (e) {
      if (closed || mine !== loading) return;
      error.value = e;
      if (state.value === "loading") state.value = "lost";
    }
  }

  /** Puts what has been typed on top of what the server has. */
  function settle(r: { files: Files; draft: Draft | null }, pending: Changes): boolean {
    const { files: both, disputed } = rebase(r.files, pending);
    files.value = both;
    epoch.value++;
    if (disputed.length) {
      conflict.value = {
        author: r.draft?.author ?? "",
        at: r.draft?.at ?? "",
        rev: r.draft?.rev,
        theirs: r.files,
        merged: both,
        disputed,
      };
      // What was under my changes stays known: closing the page now must not settle the dispute.
      saved.value = rebase(r.files, reversed(pending)).files;
      state.value = "conflict";
      keep();
      return false;
    }
    take(r);
    if (state.value === "loading") state.value = "saved";
    touch();
    return true;
  }

  /** Ends a conflict: what I typed where both changed, or what he saved. */
  function resolve(which: "mine" | "theirs"): void {
    const c = conflict.value;
    if (!c) return;
    const next = { ...c.merged };
    for (const p of which === "theirs" ? c.disputed : []) {
      const there = c.theirs[p];
      if (there === undefined) delete next[p];
      else next[p] = there;
    }
    conflict.value = null;
    state.value = "saved";
    if (c.onto) {
      void moveOnto(c.theirs, next);
      return;
    }
    saved.value = c.theirs;
    rev.value = c.rev;
    author.value = c.author;
    files.value = next;
    epoch.value++;
    touch();
    keep();
  }

  /** What was changed in the draft, on top of what somebody has deployed since it was begun. */
  async function catchUp(): Promise<void> {
    try {
      if (!(await save())) return;
      const [base, now] = await Promise.all([from.value > 0 ? o.api.openPack(o.pack, from.value) : null, o.api.openPack(o.pack)]);
      active.value = now;
      const { files: joined, disputed } = rebase(now.files, changesBetween(base?.files ?? {}, files.value));
      if (disputed.length) {
        conflict.value = { author: now.actor, at: now.at, rev: rev.value, theirs: now.files, merged: joined, disputed, onto: true };
        state.value = "conflict";
      } else await moveOnto(now.files, joined);
    } catch (e) {
      error.value = e;
      state.value = "failed";
    }
  }
  async function moveOnto(base: Files, joined: Files): Promise<void> {
    // Whatever differed from the old beginning is given again, so that nothing of the new one is lost unseen.
    const send: Files = {};
    for (const p of new Set([...Object.keys(changesBetween(base, joined)), ...Object.keys(changesBetween(files.value, joined))])) {
      const text = joined[p];
      if (text !== undefined) send[p] = text;
    }
    try {
      const r = await o.api.saveDraft(o.pack, send, rev.value, "active");
      saved.value = files.value = joined;
      rev.value = r.rev;
      outdated.value = null;
      state.value = "saved";
      epoch.value++;
      keep();
      await load();
    } catch (e) {
      error.value = e;
      state.value = "failed";
    }
  }

  /* -- writing */

  /** Something may have to be saved. */
  function touch(): void {
    keepTimer ??= setTimeout(keep, KEEP_MS);
    if (state.value === "conflict" || state.value === "local") return;
    if (!dirty.value.length) {
      if (state.value !== "saving") state.value = "saved";
      return;
    }
    if (state.value !== "saving") state.value = o.live() ? "dirty" : "waiting";
    if (saveTimer) clearTimeout(saveTimer);
    saveTimer = setTimeout(() => void save(), o.autosaveMs ?? AUTOSAVE_MS);
  }

  /** True when the server has everything. */
  function save(): Promise<boolean> {
    if (saveTimer) clearTimeout(saveTimer);
    saveTimer = null;
    saving ??= saveNow().finally(() => (saving = null));
    return saving;
  }

  async function saveNow(): Promise<boolean> {
    for (let tries = 0; tries < 5; tries++) {
      if (closed || state.value === "conflict" || state.value === "local") return false;
      if (!dirty.value.length) {
        if (state.value === "dirty" || state.value === "waiting") state.value = "saved";
        keep();
        return true;
      }
      if (!o.live()) {
        state.value = "waiting";
        return false;
      }
      const now = files.value;
      const changes = changesBetween(saved.value, now);
      state.value = "saving";
      try {
        const send = Object.fromEntries(Object.entries(changes).map(([p, c]) => [p, c.now]));
        const from = rev.value === undefined ? (active.value ? "active" : "new") : undefined;
        const r = await o.api.saveDraft(o.pack, send, rev.value, from);
        if (closed) return false;
        saved.value = now;
        rev.value = r.rev;
        error.value = null;
        state.value = "saved";
      } catch (e) {
        if (closed) return false;
        if (e instanceof RpcError && (e.code === E_CONFLICT || e.code === E_NOT_FOUND)) {
          if (!(await reconcile())) return false;
        } else if (isMissing(e)) {
          state.value = "local";
          return false;
        } else {
          error.value = e;
          const later = !(e instanceof RpcError) || e.code === -1 || e.code === -32010 || e.code === -32030;
          state.value = later ? "waiting" : "failed";
          if (later && o.live()) saveTimer = setTimeout(() => void save(), RETRY_MS);
          keep();
          return false;
        }
      }
    }
    return false;
  }

  /** Somebody saved before me: his draft, then mine on top of it where it fits. */
  async function reconcile(): Promise<boolean> {
    try {
      const r = await read();
      const pending = changesBetween(saved.value, files.value);
      const fits = settle(r, pending);
      if (fits) merged.value = r.draft?.author ?? "";
      return fits;
    } catch (e) {
      error.value = e;
      state.value = "waiting";
      return false;
    }
  }

  function setText(path: string, text: string): void {
    if (files.value[path] === text) return;
    files.value = { ...files.value, [path]: text };
    touch();
  }

  /* -- the tree */

  function put(next: Files, word: Undo["word"], path: string): void {
    undo.value = { path, word, before: files.value, after: next };
    files.value = next;
    epoch.value++;
    touch();
  }
  function withPackLua(next: Files, edit: (lua: string) => string): Files {
    const lua = next["pack.lua"];
    return lua === undefined ? next : { ...next, "pack.lua": edit(lua) };
  }
  const isPolicy = (path: string) => path.startsWith("policies/");

  function add(path: string, text: string): void {
    let next: Files = { ...files.value, [path]: text };
    if (isPolicy(path)) next = withPackLua(next, (lua) => listPolicy(lua, path));
    put(next, "added", path);
  }
  function addAll(more: Files): void {
    let next: Files = { ...files.value, ...more };
    for (const p of Object.keys(more)) if (isPolicy(p)) next = withPackLua(next, (lua) => listPolicy(lua, p));
    put(next, "added", Object.keys(more)[0] ?? "");
  }
  function rename(from: string, to: string): void {
    const { [from]: text, ...rest } = files.value;
    if (text === undefined || from === to) return;
    let next: Files = { ...rest, [to]: text };
    if (isPolicy(from)) next = withPackLua(next, (lua) => relistPolicy(lua, from, to));
    put(next, "renamed", to);
  }
  function remove(path: string): void {
    const { [path]: gone, ...rest } = files.value;
    if (gone === undefined) return;
    put(isPolicy(path) ? withPackLua(rest, (lua) => unlistPolicy(lua, path)) : rest, "removed", path);
  }
  /** Takes back the last thing done to the tree, and nothing that was typed since. */
  function undoTree(): void {
    const u = undo.value;
    if (!u) return;
    const next = { ...files.value };
    for (const [p, { was, now }] of Object.entries(changesBetween(u.before, u.after))) {
      if ((next[p] ?? null) !== now && p === "pack.lua") {
        // typed into since: only the list of policies goes back
        next[p] = u.word === "removed" ? listPolicy(next[p] ?? "", u.path) : unlistPolicy(next[p] ?? "", u.path);
        continue;
      }
      if (was === null) delete next[p];
      else next[p] = was;
    }
    undo.value = null;
    files.value = next;
    epoch.value++;
    touch();
  }

  /** Back to what decides now, on the server as well. */
  async function discard(): Promise<void> {
    if (rev.value !== undefined) await o.api.discardDraft(o.pack, rev.value);
    storage?.removeItem(key);
    files.value = saved.value = active.value?.files ?? {};
    conflict.value = null;
    rev.value = undefined;
    state.value = "loading";
    await load();
  }

  return {
    pack: o.pack,
    files,
    saved,
    active,
    rev,
    author,
    outdated,
    catchUp,
    state,
    error,
    conflict,
    merged,
    undo,
    epoch,
    dirty,
    changed,
    load,
    save,
    keep,
    setText,
    add,
    addAll,
    rename,
    remove,
    undoTree,
    resolve,
    discard,
    /** The server says that the draft or the active pack changed, by somebody's hand. */
    async heard(theirRev?: number): Promise<void> {
      if (saving) await saving;
      if (closed || state.value === "conflict" || (theirRev !== undefined && rev.value !== undefined && theirRev <= rev.value)) return;
      await load();
    },
    /** The link is back. */
    linkUp(): void {
      if (state.value === "lost" || state.value === "loading") void load();
      else if (dirty.value.length) void save();
    },
    close(): void {
      keep();
      closed = true;
      if (saveTimer) clearTimeout(saveTimer);
    },
  };
}
export type Workspace = ReturnType<typeof createWorkspace>;
