// What differs between two texts, line by line: Myers' shortest edit, in hunks with a few lines around. Pure.

import type { DiffMark } from "../api";

export type DiffLine = [DiffMark, string];
export interface Hunk {
  from: number;
  to: number;
  lines: DiffLine[];
}

const AROUND = 3;
/** Two texts that differ more than this are shown as one taken out and the other put in. */
const EDITS_MAX = 2000;

export function diffLines(a: string, b: string): DiffLine[] {
  const x = split(a);
  const y = split(b);
  let head = 0;
  while (head < x.length && head < y.length && x[head] === y[head]) head++;
  let tail = 0;
  while (tail < x.length - head && tail < y.length - head && x[x.length - 1 - tail] === y[y.length - 1 - tail]) tail++;
  const same = (list: string[]): DiffLine[] => list.map((l) => ["=", l]);
  return [
    ...same(x.slice(0, head)),
    ...edits(x.slice(head, x.length - tail), y.slice(head, y.length - tail)),
    ...same(x.slice(x.length - tail)),
  ];
}

/** A text that ends with a line break has no empty line behind it. */
function split(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines[lines.length - 1] === "") lines.pop();
  return lines;
}

function edits(x: string[], y: string[]): DiffLine[] {
  const n = x.length;
  const m = y.length;
  const max = Math.min(n + m, EDITS_MAX);
  // trace[d]: how far along x each diagonal k came with d edits
  const trace: Map<number, number>[] = [];
  let v = new Map<number, number>([[1, 0]]);
  for (let d = 0; d <= max; d++) {
    const next = new Map(v);
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (v.get(k - 1) ?? -1) < (v.get(k + 1) ?? -1));
      let i = down ? (v.get(k + 1) ?? 0) : (v.get(k - 1) ?? 0) + 1;
      while (i < n && i - k < m && i - k >= 0 && x[i] === y[i - k]) i++;
      next.set(k, i);
      if (i >= n && i - k >= m) {
        trace.push(v);
        return walkBack(x, y, trace);
      }
    }
    trace.push(v);
    v = next;
  }
  return [...x.map((l): DiffLine => ["-", l]), ...y.map((l): DiffLine => ["+", l])];
}

function walkBack(x: string[], y: string[], trace: Map<number, number>[]): DiffLine[] {
  const out: DiffLine[] = [];
  let i = x.length;
  let j = y.length;
  for (let d = trace.length - 1; d >= 0; d--) {
    const v = trace[d] ?? new Map<number, number>();
    const k = i - j;
    const down = k === -d || (k !== d && (v.get(k - 1) ?? -1) < (v.get(k + 1) ?? -1));
    const before = down ? k + 1 : k - 1;
    const pi = d === 0 ? 0 : (v.get(before) ?? 0);
    const pj = d === 0 ? 0 : pi - before;
    while (i > pi && j > pj && i > 0 && j > 0 && x[i - 1] === y[j - 1]) {
      out.push(["=", x[--i] ?? ""]);
      j--;
    }
    if (d === 0) break;
    if (down) out.push(["+", y[--j] ?? ""]);
    else out.push(["-", x[--i] ?? ""]);
  }
  return out.reverse();
}

export function hunks(lines: DiffLine[]): Hunk[] {
  const out: Hunk[] = [];
  let from = 1;
  let to = 1;
  let open: Hunk | null = null;
  let quiet = 0;
  const before: { from: number; to: number; line: DiffLine }[] = [];
  for (const line of lines) {
    if (line[0] === "=") {
      if (open) {
        open.lines.push(line);
        if (++quiet > 2 * AROUND) {
          open.lines.splice(open.lines.length - (quiet - AROUND));
          open = null;
        }
      }
      before.push({ from, to, line });
      if (before.length > AROUND) before.shift();
    } else {
      if (!open) {
        const first = before[0];
        open = { from: first?.from ?? from, to: first?.to ?? to, lines: before.map((b) => b.line) };
        out.push(open);
      }
      open.lines.push(line);
      quiet = 0;
      before.length = 0;
    }
    if (line[0] !== "+") from++;
    if (line[0] !== "-") to++;
  }
  if (open && quiet > AROUND) open.lines.splice(open.lines.length - (quiet - AROUND));
  return out;
}

export const textHunks = (a: string, b: string): Hunk[] => hunks(diffLines(a, b));
