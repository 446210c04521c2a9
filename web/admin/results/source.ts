// The text of a rule, cut into lines and coloured enough to be read. Pure.

export interface Token {
  text: string;
  kind: "" | "comment" | "string" | "number" | "word";
}

const KEYWORDS = new Set(
  "and break do else elseif end false for function goto if in local nil not or repeat return then true until while".split(" "),
);
const TOKEN = /(--\[\[[\s\S]*?(?:\]\]|$)|--[^\n]*)|("(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|\[\[[\s\S]*?(?:\]\]|$))|(\b\d[\w.]*)|([A-Za-z_]\w*)/g;

/** Lines of Lua, each as tokens; a long comment or string goes on in the next line. */
export function luaLines(text: string): Token[][] {
  const lines: Token[][] = [[]];
  const put = (s: string, kind: Token["kind"]): void => {
    s.split("\n").forEach((piece, i) => {
      if (i > 0) lines.push([]);
      if (piece) (lines[lines.length - 1] as Token[]).push({ text: piece, kind });
    });
  };
  let at = 0;
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (const m of source.matchAll(TOKEN)) {
    put(source.slice(at, m.index), "");
    const [whole, comment, string, number, name] = m;
    put(whole, comment ? "comment" : string ? "string" : number ? "number" : name && KEYWORDS.has(name) ? "word" : "");
    at = (m.index ?? 0) + whole.length;
  }
  put(source.slice(at), "");
  return lines;
}

/** The stretches of lines to show: `around` lines about each marked one; a gap of one line is no gap. */
export function windows(total: number, marked: readonly number[], around: number): [from: number, to: number][] {
  const out: [number, number][] = [];
  for (const n of [...marked].sort((a, b) => a - b)) {
    if (n < 1 || n > total) continue;
    const from = Math.max(1, n - around);
    const to = Math.min(total, n + around);
    const last = out[out.length - 1];
    if (last && from <= last[1] + 2) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}
