// A file's hunks as the two columns of a side-by-side view. Pure.

import type { FileDiff } from "../api";

type Hunk = NonNullable<FileDiff["hunks"]>[number];
export interface Side {
  n: number;
  text: string;
  mark: "=" | "-" | "+";
}
export interface DiffRow {
  left: Side | null;
  right: Side | null;
}

/** Runs of removed and added lines stand beside each other; equal lines keep their pair. */
export function sideBySide(h: Hunk): DiffRow[] {
  const out: DiffRow[] = [];
  let from = h.from;
  let to = h.to;
  let removed: Side[] = [];
  let added: Side[] = [];
  const flush = (): void => {
    for (let i = 0; i < Math.max(removed.length, added.length); i++) out.push({ left: removed[i] ?? null, right: added[i] ?? null });
    removed = [];
    added = [];
  };
  for (const [mark, text] of h.lines) {
    if (mark === "-") removed.push({ n: from++, text, mark });
    else if (mark === "+") added.push({ n: to++, text, mark });
    else {
      flush();
      out.push({ left: { n: from++, text, mark }, right: { n: to++, text, mark } });
    }
  }
  flush();
  return out;
}

/** One column: what went, then what came; the numbers of both sides. */
export function unified(h: Hunk): { from: number | null; to: number | null; mark: "=" | "-" | "+"; text: string }[] {
  let from = h.from;
  let to = h.to;
  return h.lines.map(([mark, text]) => ({ from: mark === "+" ? null : from++, to: mark === "-" ? null : to++, mark, text }));
}

export function tallyLines(f: FileDiff): { added: number; removed: number } {
  const n = { added: 0, removed: 0 };
  for (const h of f.hunks ?? []) for (const [mark] of h.lines) if (mark === "+") n.added++;
  else if (mark === "-") n.removed++;
  return n;
}
