// The files of a pack as a person sees them: in groups, with names that may be given, and the list of policies in
// pack.lua kept true when one is added, renamed or taken away. Text in, text out; knows no page.

import type { Files } from "../api";

export const GROUPS = ["pack", "policies", "scenarios", "setup", "dictionaries", "i18n", "forms"] as const;
export type Group = (typeof GROUPS)[number];

const EXT: Record<Exclude<Group, "pack">, string> = {
  policies: ".lua",
  scenarios: ".lua",
  setup: ".lua",
  dictionaries: ".csv",
  i18n: ".json",
  forms: ".json",
};
/** The server's own limits. */
const FILE_MAX = 1 << 20;
const FILES_MAX = 200;

export function groupOf(path: string): Group | null {
  if (path === "pack.lua" || path === "pack.sig") return "pack";
  const dir = path.split("/")[0] ?? "";
  return (GROUPS as readonly string[]).includes(dir) && dir !== "pack" && path.endsWith(EXT[dir as keyof typeof EXT]) ? (dir as Group) : null;
}

export const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

export function grouped(files: Files): { group: Group; paths: string[] }[] {
  return GROUPS.map((group) => ({
    group,
    paths: Object.keys(files)
      .filter((p) => groupOf(p) === group)
      .sort(),
  }));
}

/** The path of a name typed into a group, its ending added: "night" in policies is policies/night.lua. */
export function pathFor(group: Exclude<Group, "pack">, name: string): string {
  const end = EXT[group];
  const plain = name.trim();
  return `${group}/${plain.endsWith(end) ? plain : plain + end}`;
}

export type NameProblem = "empty" | "letters" | "taken" | "many";

export function nameProblem(files: Files, path: string, but = ""): NameProblem | null {
  const name = baseName(path).replace(/\.\w+$/, "");
  if (!name) return "empty";
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,60}$/.test(name)) return "letters";
  if (path !== but && path in files) return "taken";
  if (!but && Object.keys(files).length >= FILES_MAX) return "many";
  return null;
}

export const tooLarge = (text: string): boolean => new TextEncoder().encode(text).length > FILE_MAX;

/* -- pack.lua's list of policies */

interface List {
  start: number; // behind the opening brace
  end: number; // at the closing one
}

/** Where `policies = { … }` stands; comments and texts are not looked into. */
function policyList(lua: string): List | null {
  const m = /(^|[\s,{;])policies\s*=\s*\{/.exec(blanked(lua));
  if (!m) return null;
  const start = m.index + m[0].length;
  const end = blanked(lua).indexOf("}", start);
  return end < 0 ? null : { start, end };
}

/** The text with comments and the inside of quotes blanked out, place by place. */
function blanked(lua: string): string {
  return lua.replace(/--[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, (m) =>
    m.startsWith("--") ? " ".repeat(m.length) : m[0] + " ".repeat(m.length - 2) + m[0],
  );
}

function members(lua: string, list: List): string[] {
  const inside = lua.slice(list.start, list.end).replace(/--[^\n]*/g, "");
  return [...inside.matchAll(/"([^"]*)"|'([^']*)'/g)].map((m) => m[1] ?? m[2] ?? "");
}

export function listedPolicies(lua: string): string[] {
  const list = policyList(lua);
  return list ? members(lua, list) : [];
}

function withList(lua: string, list: List, paths: string[]): string {
  let text = "";
  let width = 0;
  for (const [i, p] of paths.entries()) {
    const item = `"${p}"${i + 1 < paths.length ? "," : ""}`;
    if (i && width + item.length > 96) {
      text += `\n  ${item}`;
      width = item.length + 2;
    } else {
      text += ` ${item}`;
      width += item.length + 1;
    }
  }
  return lua.slice(0, list.start) + (paths.length ? `${text} ` : "") + lua.slice(list.end);
}

/** pack.lua with the policy in its list, out of it, or under another name; as it was when there is nothing to do. */
export function listPolicy(lua: string, path: string): string {
  const list = policyList(lua);
  if (!list) return `${lua.replace(/\s*$/, "\n")}policies = { "${path}" }\n`;
  const had = members(lua, list);
  return had.includes(path) ? lua : withList(lua, list, [...had, path]);
}
export function unlistPolicy(lua: string, path: string): string {
  const list = policyList(lua);
  const had = list ? members(lua, list) : [];
  return list && had.includes(path) ? withList(lua, list, had.filter((p) => p !== path)) : lua;
}
export function relistPolicy(lua: string, from: string, to: string): string {
  const list = policyList(lua);
  const had = list ? members(lua, list) : [];
  return list && had.includes(from) ? withList(lua, list, had.map((p) => (p === from ? to : p))) : lua;
}

/** The member of pack.lua that is a plain text: version, name. */
export function packMember(lua: string, name: string): string {
  return new RegExp(`(?:^|\\n)\\s*${name}\\s*=\\s*["']([^"'\\n]*)["']`).exec(lua)?.[1] ?? "";
}

/** The next version after the one in pack.lua: 1.9 after 1.8, 3 after 2; unchanged when it does not end in a number. */
export function nextVersion(version: string): string {
  const m = /^(.*?)(\d+)$/.exec(version);
  return m ? `${m[1]}${Number(m[2]) + 1}` : version;
}
export function withVersion(lua: string, version: string): string {
  return lua.replace(/((?:^|\n)\s*version\s*=\s*["'])[^"'\n]*(["'])/, (_, a: string, b: string) => a + version.replace(/["'\\\n]/g, "") + b);
}
