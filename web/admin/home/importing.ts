// A pack from outside: a folder, some of its files, or a JSON of them. What is no part of a pack is left out and named.

import type { Files } from "../api";
import { groupOf, packMember } from "../editor/tree";

export interface Imported {
  pack: string;
  files: Files;
  left: string[];
}
const FILE_MAX = 1 << 20;
const PACK_MAX = 8 << 20;

export class ImportError extends Error {
  constructor(readonly why: "none" | "name" | "large" | "json") {
    super(why);
  }
}

/** `path` of a picked folder begins with the folder's own name. */
export async function importFiles(list: readonly { path: string; size: number; text(): Promise<string> }[]): Promise<Imported> {
  const only = list.length === 1 ? list[0] : undefined;
  if (only && only.path.endsWith(".json") && !only.path.includes("/")) return fromJson(await only.text());
  const files: Files = {};
  const left: string[] = [];
  let total = 0;
  const root = rootOf(list.map((f) => f.path));
  for (const f of list) {
    const path = f.path.slice(root.length);
    if (!groupOf(path)) {
      left.push(path);
      continue;
    }
    total += f.size;
    if (f.size > FILE_MAX || total > PACK_MAX) throw new ImportError("large");
    files[path] = await f.text();
  }
  return named(files, "", left);
}

/** The folder that has pack.lua; without one, the folder all are in. */
function rootOf(paths: readonly string[]): string {
  const lua = paths.filter((p) => p === "pack.lua" || p.endsWith("/pack.lua")).sort((a, b) => a.length - b.length)[0];
  if (lua !== undefined) return lua.slice(0, -"pack.lua".length);
  const first = (paths[0] ?? "").split("/")[0] ?? "";
  return first && paths.every((p) => p.startsWith(`${first}/`)) && groupOf(paths[0] ?? "") === null ? `${first}/` : "";
}

function fromJson(text: string): Imported {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ImportError("json");
  }
  const v = value as { pack?: unknown; files?: unknown } | null;
  const given = (typeof v?.files === "object" && v.files) || v;
  if (typeof given !== "object" || given === null) throw new ImportError("json");
  const files: Files = {};
  const left: string[] = [];
  for (const [path, body] of Object.entries(given)) {
    if (groupOf(path) && typeof body === "string") files[path] = body;
    else left.push(path);
  }
  return named(files, typeof v?.pack === "string" ? v.pack : "", left);
}

function named(files: Files, pack: string, left: string[]): Imported {
  if (!("pack.lua" in files)) throw new ImportError("none");
  const name = pack || packMember(files["pack.lua"] ?? "", "name");
  if (!PACK_NAME.test(name)) throw new ImportError("name");
  return { pack: name, files, left: left.sort() };
}

export const PACK_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/;
