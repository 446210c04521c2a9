// From a file to rows: CSV and XLSX, heads found by their names in either language, parents put before children.

export type Cell = string;
export interface Sheet {
  head: string[];
  /** Each with the number of its line in the file, as a spreadsheet shows it. */
  rows: { line: number; cells: Cell[] }[];
}
export class TableError extends Error {
  constructor(readonly why: "empty" | "kind" | "unreadable" | "many") {
    super(why);
  }
}
export const ROWS_MOST = 5000;

/** RFC 4180, and what spreadsheets make of it: a mark in front, semicolons or tabs between, any line end. */
export function parseCsv(text: string): string[][] {
  const t = text.replace(/^\ufeff/, "");
  const first = t.slice(0, t.search(/[\r\n]|$/));
  const comma = [",", ";", "\t"].map((c) => [c, first.split(c).length] as const).sort((a, b) => b[1] - a[1])[0]![0];
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  for (let i = 0; i < t.length; i++) {
    const ch = t[i]!;
    if (quoted) {
      if (ch !== '"') cell += ch;
      else if (t[i + 1] === '"') (cell += '"'), i++;
      else quoted = false;
    } else if (ch === '"' && cell === "") quoted = true;
    else if (ch === comma) row.push(cell), (cell = "");
    else if (ch === "\n" || ch === "\r") {
      if (ch === "\r" && t[i + 1] === "\n") i++;
      row.push(cell);
      rows.push(row);
      row = [];
      cell = "";
    } else cell += ch;
  }
  if (cell !== "" || row.length) rows.push([...row, cell]);
  return rows;
}

/** GB 18030 is what an older Excel in Chinese writes. */
function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

const cellText = (v: unknown): string => {
  if (v === null || v === undefined) return "";
  if (v instanceof Date) return v.toISOString().slice(0, 10);
  return String(v).trim();
};

export function toSheet(all: unknown[][]): Sheet {
  const lines = all.map((cells, i) => ({ line: i + 1, cells: cells.map(cellText) })).filter((r) => r.cells.some((c) => c !== ""));
  const head = lines.shift();
  if (!head || !lines.length) throw new TableError("empty");
  if (lines.length > ROWS_MOST) throw new TableError("many");
  return { head: head.cells, rows: lines };
}

export async function readSheet(file: File): Promise<Sheet> {
  if (/\.(csv|txt|tsv)$/i.test(file.name)) return toSheet(parseCsv(decode(await file.arrayBuffer())));
  if (!/\.xlsx$/i.test(file.name)) throw new TableError("kind");
  const { default: readXlsx } = await import("read-excel-file");
  let rows: unknown[][];
  try {
    rows = await readXlsx(file);
  } catch {
    throw new TableError("unreadable");
  }
  return toSheet(rows);
}

export interface Field {
  key: string;
  /** What a column may be called, besides its key: both languages. */
  names: string[];
  required?: boolean;
}

const plain = (s: string) => s.toLowerCase().replace(/[\s_*()-]/g, "");

/** field -> column; -1: none fits. Each column is given once. */
export function guessColumns(head: string[], fields: Field[]): Record<string, number> {
  const taken = new Set<number>();
  return Object.fromEntries(
    fields.map((f) => {
      const names = [f.key, ...f.names].map(plain);
      const at = head.findIndex((h, i) => !taken.has(i) && names.includes(plain(h)));
      if (at >= 0) taken.add(at);
      return [f.key, at];
    }),
  );
}

/** Parents before children, the order kept otherwise. What hangs on nothing here stays where it is. */
export function parentsFirst<T>(rows: T[], id: (r: T) => string, parent: (r: T) => string): T[] {
  const byId = new Map(rows.map((r) => [id(r), r]));
  const out: T[] = [];
  const state = new Map<T, "open" | "done">();
  const put = (r: T) => {
    if (state.has(r)) return; // "open": a circle, which the dry run tells
    state.set(r, "open");
    const up = byId.get(parent(r));
    if (up && up !== r) put(up);
    state.set(r, "done");
    out.push(r);
  };
  rows.forEach(put);
  return out;
}

export function chunks<T>(rows: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => rows.slice(i * size, (i + 1) * size));
}
