// What the server found wrong with the pack as it was asked about, laid over the texts as they are now. A finding is
// shown only while its line is the one the server saw: never a stale mark.

import type { Files, Finding } from "../api";

export interface Placed extends Finding {
  /** The text of the line when it was checked. */
  seen: string;
}

export const lineOf = (text: string, line: number): string => text.split("\n")[line - 1] ?? "";

/** Findings with the line they were made for; what names no file of the pack stands at pack.lua. */
export function placed(findings: readonly Finding[], files: Files): Placed[] {
  return findings.map((f) => {
    const path = f.path in files ? f.path : "pack.lua";
    const line = f.path in files ? Math.max(1, f.line || 1) : 1;
    return { ...f, path, line, seen: lineOf(files[path] ?? "", line) };
  });
}

/** Where in `text` the finding stands: the part of its line that it names, else the line without its indent. */
export function range(f: Placed, text: string): { from: number; to: number } | null {
  const lines = text.split("\n");
  const at = f.line - 1;
  const now = lines[at];
  if (now === undefined || now !== f.seen) return null;
  let start = 0;
  for (let i = 0; i < at; i++) start += (lines[i] ?? "").length + 1;
  const named = quoted(f).find((w) => w && now.includes(w));
  if (named) {
    const col = now.indexOf(named);
    return { from: start + col, to: start + col + named.length };
  }
  const indent = /^\s*/.exec(now)?.[0].length ?? 0;
  const end = now.replace(/\s+$/, "").length;
  return { from: start + Math.min(indent, end), to: start + Math.max(end, Math.min(indent, end)) };
}

/** The words a message names: the last member of "clocks.handle.limt:", the one in quotes, a kind with its dot. */
function quoted(f: Finding): string[] {
  const path = /^([A-Za-z_][\w.]*)\s*[:：]/.exec(f.en)?.[1];
  return [
    path?.slice(path.lastIndexOf(".") + 1) ?? "",
    /no (?:entry kind|method|command) '([^']+)'/.exec(f.en)?.[1] ?? "",
    /(?:unknown \w+|global|variable|near) '([^']+)'/.exec(f.en)?.[1] ?? "",
  ];
}

/** "did you mean 'limit'?": what to put in its place, or "". */
export function meant(f: Finding): { word: string; instead: string } | null {
  const instead = /did you mean '?([\w.]+)'?/.exec(f.en)?.[1];
  const word = quoted(f).find((w) => w);
  return instead && word ? { word, instead } : null;
}

export const byPlace = (a: Finding, b: Finding): number => a.path.localeCompare(b.path) || a.line - b.line;
