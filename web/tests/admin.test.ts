// The administrator's page without a browser: the tree, drafts that meet, findings on lines, what is offered where.

import { describe, expect, it } from "vitest";
import type { ApiTable, Draft, Files, OpenPack } from "../admin/api";
import { createChecker } from "../admin/editor/checker";
import { meant, placed, range } from "../admin/editor/findings";
import { Knowledge } from "../admin/editor/knowledge";
import { whereIs } from "../admin/editor/lua";
import { nightLimit } from "../admin/editor/night";
import { diffLines, textHunks } from "../admin/editor/textdiff";
import { grouped, listPolicy, listedPolicies, nameProblem, nextVersion, packMember, pathFor, relistPolicy, unlistPolicy, withVersion } from "../admin/editor/tree";
import { changesBetween, createWorkspace, rebase } from "../admin/editor/workspace";
import { ImportError, importFiles } from "../admin/home/importing";
import { href, parse } from "../admin/router";
import { firstFor, inGroup, sections } from "../admin/sections";
import { RpcError } from "../shared/link";
import { words } from "../admin/words";
import { resultWords } from "../admin/results/words";
import { readFileSync } from "node:fs";
import { settle } from "./fakes";

const LUA = `name = "yz"
version = "1.0" -- policies = { "no" }
policies = { "policies/a.lua", "policies/b.lua" }
setup = { { "calendar.set", "setup/office.lua" } }
`;

describe("the file tree", () => {
  it("groups files and leaves out what is none of a pack's", () => {
    const g = grouped({ "pack.lua": "", "policies/b.lua": "", "policies/a.lua": "", "notes.txt": "", "policies/x.md": "" });
    expect(g.find((x) => x.group === "policies")?.paths).toEqual(["policies/a.lua", "policies/b.lua"]);
    expect(g.flatMap((x) => x.paths)).toHaveLength(3);
  });
  it("takes names that a pack may have", () => {
    expect(pathFor("policies", "night")).toBe("policies/night.lua");
    expect(pathFor("dictionaries", "c.csv")).toBe("dictionaries/c.csv");
    const files = { "policies/night.lua": "" };
    expect(nameProblem(files, "policies/night.lua")).toBe("taken");
    expect(nameProblem(files, "policies/night.lua", "policies/night.lua")).toBeNull();
    expect(nameProblem(files, "policies/../x.lua")).toBeNull(); // baseName only: the group makes the folder
    expect(nameProblem(files, "policies/夜.lua")).toBe("letters");
    expect(nameProblem(files, "policies/.lua")).toBe("empty");
  });
  it("keeps the list of policies in pack.lua", () => {
    expect(listedPolicies(LUA)).toEqual(["policies/a.lua", "policies/b.lua"]);
    const more = listPolicy(LUA, "policies/c.lua");
    expect(listedPolicies(more)).toEqual(["policies/a.lua", "policies/b.lua", "policies/c.lua"]);
    expect(more).toContain('-- policies = { "no" }');
    expect(listPolicy(more, "policies/c.lua")).toBe(more);
    expect(listedPolicies(unlistPolicy(more, "policies/a.lua"))).toEqual(["policies/b.lua", "policies/c.lua"]);
    expect(listedPolicies(relistPolicy(LUA, "policies/a.lua", "policies/z.lua"))).toEqual(["policies/z.lua", "policies/b.lua"]);
    expect(listedPolicies(listPolicy('name = "x"\n', "policies/a.lua"))).toEqual(["policies/a.lua"]);
    expect(listedPolicies(listPolicy("policies = {}", "policies/a.lua"))).toEqual(["policies/a.lua"]);
  });
  it("reads and sets the version", () => {
    expect(packMember(LUA, "version")).toBe("1.0");
    expect(nextVersion("1.9")).toBe("1.10");
    expect(nextVersion("2026-a")).toBe("2026-a");
    expect(packMember(withVersion(LUA, "1.1"), "version")).toBe("1.1");
    expect(withVersion(LUA, '9"; x')).toContain('version = "9; x"');
  });
});

describe("differences", () => {
  it("finds the shortest edit", () => {
    expect(diffLines("a\nb\nc\n", "a\nc\nd\n")).toEqual([
      ["=", "a"],
      ["-", "b"],
      ["=", "c"],
      ["+", "d"],
    ]);
    expect(diffLines("", "x\n")).toEqual([["+", "x"]]);
    expect(diffLines("x", "")).toEqual([["-", "x"]]);
    expect(diffLines("x\n", "x\n")).toEqual([["=", "x"]]);
  });
  it("gives back both texts, whatever they are", () => {
    let seed = 7;
    const next = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
    for (let round = 0; round < 300; round++) {
      const text = () => Array.from({ length: next(12) }, () => "abcd"[next(4)]).join("\n");
      const [a, b] = [text(), text()];
      const d = diffLines(a, b);
      const side = (mark: string) => d.filter(([m]) => m === "=" || m === mark).map(([, l]) => l);
      expect(side("-").join("\n")).toBe(a);
      expect(side("+").join("\n")).toBe(b);
    }
  });
  it("cuts hunks with their line numbers", () => {
    const a = Array.from({ length: 40 }, (_, i) => `l${i + 1}`);
    const b = [...a];
    b[9] = "ten";
    b[29] = "thirty";
    const h = textHunks(a.join("\n"), b.join("\n"));
    expect(h.map((x) => [x.from, x.to, x.lines.length])).toEqual([
      [7, 7, 8],
      [27, 27, 8],
    ]);
  });
});

/* -- drafts */

const notFound = () => new RpcError({ code: -32004, data: { code: "draft.unknown", message_zh: "没有", message_en: "none" } });
const stale = (rev: number) => new RpcError({ code: -32009, data: { code: "draft.stale", rev, message_zh: "旧", message_en: "stale" } });
const offline = () => new RpcError({ code: -1, data: { code: "link.down" } });

/** A server with one draft. */
function fakeServer(first: Files = { "pack.lua": LUA, "policies/a.lua": "one\n" }) {
  const generations: Files[] = [first];
  const active = () => generations[generations.length - 1] ?? {};
  const s = {
    draft: null as { rev: number; author: string; files: Files; from: number } | null,
    deployed: (files: Files) => void generations.push(files),
    live: true,
    saves: [] as Record<string, string | null>[],
    store: new Map<string, string>(),
    byAnother(change: Files) {
      s.draft = { rev: (s.draft?.rev ?? 0) + 1, author: "wang", files: { ...(s.draft?.files ?? active()), ...change } as Files, from: generations.length };
    },
  };
  const api = {
    openPack: async (pack: string, generation = generations.length): Promise<OpenPack> => {
      if (!s.live) throw offline();
      const files = generations[generation - 1] ?? {};
      return { pack, version: "1.0", zh: pack, en: pack, digest: "d", generation, at: "", actor: "admin", files };
    },
    openDraft: async (pack: string): Promise<Draft> => {
      if (!s.live) throw offline();
      if (!s.draft) throw notFound();
      const { rev, author, files, from } = s.draft;
      const problems = from < generations.length ? [{ path: "", line: 0, zh: "过时", en: "outdated" }] : undefined;
      return { pack, rev, author, at: "2026-11-22T01:00:00Z", from, files, ...(problems && { problems }) };
    },
    saveDraft: async (pack: string, files: Record<string, string | null>, rev?: number, from?: string) => {
      if (!s.live) throw offline();
      if ((s.draft?.rev ?? undefined) !== rev) throw stale(s.draft?.rev ?? 0);
      s.saves.push(files);
      const changed = changesBetween(generations[(s.draft?.from ?? generations.length) - 1] ?? {}, s.draft?.files ?? active());
      const next: Files = from === "active" ? rebase(active(), changed).files : { ...(s.draft?.files ?? active()) };
      for (const [p, text] of Object.entries(files))
        if (text === null) delete next[p];
        else next[p] = text;
      s.draft = { rev: (rev ?? 0) + 1, author: "me", files: next, from: from === "active" || !s.draft ? generations.length : s.draft.from };
      return { pack, rev: s.draft.rev };
    },
    discardDraft: async () => ((s.draft = null), {}),
  };
  const storage = {
    getItem: (k: string) => s.store.get(k) ?? null,
    setItem: (k: string, v: string) => void s.store.set(k, v),
    removeItem: (k: string) => void s.store.delete(k),
  } as unknown as Storage;
  const open = async () => {
    const w = createWorkspace({ pack: "yz", api, live: () => s.live, mayChange: () => true, storage, autosaveMs: 1e6 });
    await w.load();
    return w;
  };
  return { s, open };
}

describe("the working copy", () => {
  it("saves only what changed, and knows when nothing did", async () => {
    const { s, open } = fakeServer();
    const w = await open();
    expect(w.state.value).toBe("saved");
    w.setText("policies/a.lua", "two\n");
    expect(w.dirty.value).toEqual(["policies/a.lua"]);
    expect(await w.save()).toBe(true);
    expect(s.saves).toEqual([{ "policies/a.lua": "two\n" }]);
    expect([w.rev.value, w.dirty.value, w.changed.value]).toEqual([1, [], ["policies/a.lua"]]);
    expect(await w.save()).toBe(true);
    expect(s.saves).toHaveLength(1);
    w.close();
  });

  it("survives a lost link and a reload", async () => {
    const { s, open } = fakeServer();
    const w = await open();
    s.live = false;
    w.setText("policies/a.lua", "typed while away\n");
    expect(await w.save()).toBe(false);
    expect(w.state.value).toBe("waiting");
    w.close();
    s.live = true;
    const again = await open();
    expect(again.files.value["policies/a.lua"]).toBe("typed while away\n");
    expect(await again.save()).toBe(true);
    expect(s.draft?.files["policies/a.lua"]).toBe("typed while away\n");
    expect(s.store.size).toBe(0);
    again.close();
  });

  it("joins what two people wrote in different files", async () => {
    const { s, open } = fakeServer();
    const w = await open();
    w.setText("policies/a.lua", "mine\n");
    s.byAnother({ "scenarios/1.lua": "his\n" });
    expect(await w.save()).toBe(true);
    expect(w.merged.value).toBe("wang");
    expect(s.draft?.files).toMatchObject({ "policies/a.lua": "mine\n", "scenarios/1.lua": "his\n" });
    w.close();
  });

  it("asks when both wrote in one file, and does as told", async () => {
    for (const [which, text] of [
      ["mine", "mine\n"],
      ["theirs", "his\n"],
    ] as const) {
      const { s, open } = fakeServer();
      const w = await open();
      w.setText("policies/a.lua", "mine\n");
      s.byAnother({ "policies/a.lua": "his\n", "setup/o.lua": "o\n" });
      expect(await w.save()).toBe(false);
      expect(w.state.value).toBe("conflict");
      expect(w.conflict.value).toMatchObject({ author: "wang", disputed: ["policies/a.lua"] });
      expect(await w.save()).toBe(false); // nothing goes over his work meanwhile
      w.resolve(which);
      expect(w.files.value).toMatchObject({ "policies/a.lua": text, "setup/o.lua": "o\n" });
      expect(await w.save()).toBe(true);
      expect(s.draft?.files["policies/a.lua"]).toBe(text);
      w.close();
    }
  });

  it("does not settle a dispute by a reload", async () => {
    const { s, open } = fakeServer();
    const w = await open();
    w.setText("policies/a.lua", "mine\n");
    s.byAnother({ "policies/a.lua": "his\n" });
    await w.save();
    w.close();
    const again = await open();
    expect(again.state.value).toBe("conflict");
    expect(again.conflict.value?.disputed).toEqual(["policies/a.lua"]);
    expect(again.files.value["policies/a.lua"]).toBe("mine\n");
    again.close();
  });

  it("takes another's draft when nothing was typed here", async () => {
    const { s, open } = fakeServer();
    const w = await open();
    s.byAnother({ "policies/a.lua": "his\n" });
    await w.heard(1);
    expect(w.files.value["policies/a.lua"]).toBe("his\n");
    expect(w.dirty.value).toEqual([]);
    w.close();
  });

  it("says when the server keeps no drafts", async () => {
    const { open } = fakeServer();
    const w = await open();
    expect(w.state.value).toBe("saved");
    w.close();
    const none = createWorkspace({
      pack: "yz",
      live: () => true,
      mayChange: () => true,
      storage: null,
      autosaveMs: 1e6,
      api: {
        openPack: async () => Promise.reject(notFound()),
        openDraft: async () => Promise.reject(new RpcError({ code: -32601, data: { code: "method.unknown" } })),
        saveDraft: async () => Promise.reject(notFound()),
        discardDraft: async () => ({}),
      },
    });
    await none.load();
    expect(none.state.value).toBe("local");
    none.close();
  });

  it("adds, renames and deletes with the list of policies, and takes it back", async () => {
    const { open } = fakeServer();
    const w = await open();
    const before = w.files.value;
    w.add("policies/n.lua", "new\n");
    expect(listedPolicies(w.files.value["pack.lua"] ?? "")).toContain("policies/n.lua");
    w.rename("policies/n.lua", "policies/m.lua");
    expect(listedPolicies(w.files.value["pack.lua"] ?? "")).toContain("policies/m.lua");
    expect(w.files.value["policies/m.lua"]).toBe("new\n");
    w.remove("policies/a.lua");
    expect(w.files.value["policies/a.lua"]).toBeUndefined();
    expect(listedPolicies(w.files.value["pack.lua"] ?? "")).not.toContain("policies/a.lua");
    w.undoTree();
    expect(w.files.value["policies/a.lua"]).toBe(before["policies/a.lua"]);
    expect(listedPolicies(w.files.value["pack.lua"] ?? "")).toContain("policies/a.lua");
    w.close();
  });

  it("keeps what was typed into pack.lua when a deletion is taken back", async () => {
    const { open } = fakeServer();
    const w = await open();
    w.remove("policies/a.lua");
    w.setText("pack.lua", `${w.files.value["pack.lua"] ?? ""}-- typed\n`);
    w.undoTree();
    const lua = w.files.value["pack.lua"] ?? "";
    expect(lua).toContain("-- typed");
    expect(listedPolicies(lua)).toContain("policies/a.lua");
    w.close();
  });

  it("puts the draft on top of what was deployed meanwhile", async () => {
    const { s, open } = fakeServer({ "pack.lua": LUA, "policies/a.lua": "one\n", "policies/b.lua": "b\n" });
    const w = await open();
    w.setText("policies/a.lua", "mine\n");
    await w.save();
    s.deployed({ "pack.lua": LUA, "policies/a.lua": "one\n", "policies/b.lua": "deployed\n" });
    await w.load();
    expect(w.outdated.value?.en).toBe("outdated");
    await w.catchUp();
    expect(w.outdated.value).toBeNull();
    expect(s.saves[s.saves.length - 1]).toMatchObject({ "policies/a.lua": "mine\n" });
    expect(w.files.value).toMatchObject({ "policies/a.lua": "mine\n", "policies/b.lua": "deployed\n" });
    // both changed one file: asked
    w.setText("policies/b.lua", "my b\n");
    await w.save();
    s.deployed({ "pack.lua": LUA, "policies/a.lua": "one\n", "policies/b.lua": "deployed again\n" });
    await w.load();
    await w.catchUp();
    expect(w.conflict.value).toMatchObject({ onto: true, disputed: ["policies/b.lua"] });
    w.resolve("mine");
    await settle();
    expect(w.files.value["policies/b.lua"]).toBe("my b\n");
    expect(s.draft?.from).toBe(3);
    w.close();
  });

  it("rebases file by file", () => {
    const mine = changesBetween({ a: "1", b: "1", c: "1" }, { a: "2", c: "3", d: "n" });
    expect(rebase({ a: "1", b: "1", c: "9", e: "e" }, mine)).toEqual({ files: { a: "2", c: "3", d: "n", e: "e" }, disputed: ["c"] });
    expect(rebase({ a: "2", c: "3", d: "n" }, mine)).toEqual({ files: { a: "2", c: "3", d: "n" }, disputed: [] });
  });
});

/* -- findings */

const finding = (line: number, en: string, path = "policies/a.lua") => ({ path, line, exit: "SYNTAX", zh: en, en });

describe("findings", () => {
  const text = 'return policy {\n  clocks = { h = { from = "reported", limt = hours(2) } },\n  on = { ["clock.warnt"] = f },\n}\n';
  it("underline the word they name, in its line", () => {
    const [a, b] = placed(
      [finding(2, "clocks.h.limt: unknown key; did you mean 'limit'?"), finding(3, "no entry kind 'clock.warnt', did you mean 'clock.warned'?")],
      { "policies/a.lua": text },
    );
    expect(a && text.slice(range(a, text)?.from, range(a, text)?.to)).toBe("limt");
    expect(b && text.slice(range(b, text)?.from, range(b, text)?.to)).toBe("clock.warnt");
    expect(a && meant(a)).toEqual({ word: "limt", instead: "limit" });
    expect(b && meant(b)).toEqual({ word: "clock.warnt", instead: "clock.warned" });
  });
  it("else the line without its indent; nothing when the line was changed since", () => {
    const [f] = placed([finding(2, "something is wrong")], { "policies/a.lua": text });
    expect(f && text.slice(range(f, text)?.from, range(f, text)?.to)).toMatch(/^clocks = .*\},$/);
    expect(f && range(f, text.replace("limt", "limit"))).toBeNull();
    expect(f && range(f, "")).toBeNull();
  });
  it("stand at pack.lua when their file is not there", () => {
    expect(placed([finding(0, "x", "policies/gone.lua")], { "pack.lua": LUA })[0]).toMatchObject({ path: "pack.lua", line: 1 });
  });
  it("come from the latest question alone", async () => {
    const answers: ((v: { ok: boolean; findings: ReturnType<typeof finding>[] }) => void)[] = [];
    const c = createChecker({ pack: "x", api: { check: () => new Promise((ok) => answers.push(ok)) }, live: () => true, pauseMs: 0 });
    const tick = () => new Promise((r) => setTimeout(r, 0));
    c.look({ "policies/a.lua": "1" });
    await tick();
    c.look({ "policies/a.lua": "2" });
    await tick();
    expect(answers).toHaveLength(2);
    answers[1]?.({ ok: true, findings: [] });
    await settle();
    answers[0]?.({ ok: false, findings: [finding(1, "old")] });
    await settle();
    expect([c.state.value, c.findings.value]).toEqual(["ok", []]);
    c.stop();
  });
});

/* -- what can be written */

const TABLE: ApiTable = {
  words: [
    { name: "minutes", kind: "word", signature: "minutes(n)", zh: "分钟。", en: "minutes" },
    { name: "dispatch", kind: "word", signature: "dispatch(incident, to)", zh: "派遣", en: "send" },
    { name: "view.owner", kind: "view", signature: "view.owner(incident)", zh: "归口", en: "the owner" },
    { name: "clocks", kind: "clause", zh: "时限", en: "limits" },
    { name: "on", kind: "member", zh: "听到什么做什么", en: "what to do" },
    { name: "clocks.limit", kind: "member", zh: "限时", en: "the limit" },
    { name: "clocks.warn", kind: "member", zh: "预警", en: "warn" },
    { name: "ipairs", kind: "global", zh: "依次", en: "in turn" },
  ],
  kinds: [
    { name: "clock.breached", zh: "超时", en: "breached", heard: true },
    { name: "task.seen", zh: "已看", en: "seen", heard: false },
  ],
  methods: [{ name: "incident.dispatch", zh: "派遣", en: "dispatch", params: { properties: { id: {}, note: {} }, required: ["id"] } }],
};

describe("completion", () => {
  const k = new Knowledge(TABLE);
  const names = (code: string, forced = false) => k.offer(code, forced)?.entries.map((e) => e.name) ?? [];
  it("offers kinds in on, methods in command, functions behind view", () => {
    expect(names('return policy { on = { ["cl')).toEqual(["clock.breached"]);
    expect(names('return command("inc')).toEqual(["incident.dispatch"]);
    expect(names("local x = view.")).toEqual(["owner"]);
    expect(k.offer('x = command("inc')?.from).toBe('x = command("'.length);
  });
  it("offers clauses in a policy and members in a clause", () => {
    expect(names("return policy {\n  cl")).toEqual(["clocks", "on"]);
    expect(names('return policy { clocks = { h = { from = "reported", li')).toEqual(["limit", "warn"]);
    expect(names("return policy { clocks = { h = { limit = mi")).toEqual(["minutes", "dispatch", "ipairs"]);
    expect(names("return policy { ", true)).toEqual(["clocks", "on"]);
  });
  it("is silent in comments, plain texts and numbers", () => {
    expect(names("-- mi")).toEqual([]);
    expect(names('urge(e.incident, "mi')).toEqual([]);
    expect(names("x = 5mi")).toEqual([]);
    expect(names("")).toEqual([]);
  });
  it("explains the word, else the key, else the clause around", () => {
    const before = "return policy {\n  clocks = {\n";
    const line = '    h = { from = "reported", limit = minutes(5) },';
    expect(k.around(before, line, line.indexOf("minutes") + 2)?.name).toBe("minutes");
    expect(k.around(before, line, line.indexOf("limit") + 2)?.name).toBe("clocks.limit");
    expect(k.around(before, line, line.indexOf("5"))?.name).toBe("clocks.limit");
    expect(k.around(before, line, line.indexOf("h ="))?.name).toBe("clocks");
    expect(k.meaning("", '["clock.breached"]', 5)?.entry.zh).toBe("超时");
    expect(k.meaning("", "-- minutes", 5)).toBeNull();
  });
  it("knows where a place is", () => {
    expect(whereIs("if x then y { a = { ").frames.map((f) => f.name)).toEqual(["then", "y", "a"]);
    expect(whereIs("if x then y() end z(").frames.map((f) => f.name)).toEqual(["z"]);
    expect(whereIs('x = "a{" .. ').frames).toEqual([]);
    expect(whereIs("--[[ { ").comment).toBe(true);
    expect(whereIs("--[[ { ]] {").frames).toHaveLength(1);
  });
});

describe("another limit at night", () => {
  it("goes behind the limit, with its number chosen", () => {
    const line = '    dispatch = { from = "reported", to = "dispatched", limit = minutes(5), warn = { 0.5 } },';
    const n = nightLimit(line);
    expect(n && line.slice(0, n.column) + n.text + line.slice(n.column)).toBe(
      '    dispatch = { from = "reported", to = "dispatched", limit = minutes(5), limit_at = { { "22:00", "06:00", minutes(8) } }, warn = { 0.5 } },',
    );
    expect(n?.text.slice(n.select.from, n.select.to)).toBe("8");
  });
  it("is not offered where there is one, in comments, or for days", () => {
    expect(nightLimit('limit = minutes(5), limit_at = { { "22:00", "06:00", minutes(8) } }')).toBeNull();
    expect(nightLimit("-- limit = minutes(5)")).toBeNull();
    expect(nightLimit("limit = working_days(5)")).toBeNull();
    expect(nightLimit("no_limit = minutes(5)")).toBeNull();
  });
});

describe("import", () => {
  const file = (path: string, text: string) => ({ path, size: text.length, text: async () => text });
  it("takes a folder, leaves out what is no part of a pack, and names it", async () => {
    const got = await importFiles([file("yz/pack.lua", LUA), file("yz/policies/a.lua", "x"), file("yz/README.md", "r"), file("yz/demo/policies/b.lua", "x")]);
    expect(got).toEqual({ pack: "yz", files: { "pack.lua": LUA, "policies/a.lua": "x" }, left: ["README.md", "demo/policies/b.lua"] });
  });
  it("takes a JSON, refuses what is none", async () => {
    expect((await importFiles([file("x.json", JSON.stringify({ pack: "n", files: { "pack.lua": LUA } }))])).pack).toBe("n");
    await expect(importFiles([file("x.json", "{")])).rejects.toThrow(ImportError);
    await expect(importFiles([file("a/policies/a.lua", "")])).rejects.toMatchObject({ why: "none" });
    await expect(importFiles([file("pack.lua", 'name = "../x"')])).rejects.toMatchObject({ why: "name" });
    await expect(importFiles([{ ...file("pack.lua", LUA), size: 2 << 20 }])).rejects.toMatchObject({ why: "large" });
  });
});

describe("the rooms of the house", () => {
  const system = (m: string) => ["pack.history", "pack.keys"].includes(m);
  it("are those that the server's table of rights opens", () => {
    expect(inGroup("rules", system).map((s) => s.view)).toEqual(["packs", "jobs", "history", "shadow", "why", "trust"]);
    expect(inGroup("rules", (m) => m === "pack.trust").map((s) => s.view)).toEqual(["trust"]);
    expect(firstFor(system)?.view).toBe("packs");
    expect(firstFor((m) => m === "pack.trust")?.view).toBe("trust");
    expect(firstFor(() => false)).toBeUndefined();
  });
  it("have a name of their own each, and what stands under another stands in its group", () => {
    expect(new Set(sections.map((s) => s.view)).size).toBe(sections.length);
    for (const s of sections.filter((x) => x.under)) expect(sections.find((x) => x.view === s.under)?.group).toBe(s.group);
  });
});

describe("the page's addresses", () => {
  it("go there and back", () => {
    expect(parse(href("edit", "my pack/1", { file: "policies/a.lua", line: 3 }))).toEqual({ view: "edit", id: "my pack/1", query: { file: "policies/a.lua", line: "3" } });
    expect(parse("#/nowhere")).toMatchObject({ view: "nowhere" });
    expect(parse("")).toMatchObject({ view: "", id: "" });
    expect(parse("#/edit/%")).toMatchObject({ view: "edit", id: "%" });
  });
  it("are said in words of one dictionary: none stands in both halves", () => {
    const own = readFileSync(new URL("../admin/words.ts", import.meta.url), "utf8");
    expect(Object.keys(resultWords).filter((k) => own.includes(`"${k}":`))).toEqual([]);
    expect(Object.keys(words).length).toBeGreaterThan(Object.keys(resultWords).length);
  });
});
