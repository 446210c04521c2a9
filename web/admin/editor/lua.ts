// Just enough of Lua to know where a place in a rule is: in a comment, in a text, inside which tables and calls.
// Not a parser: the server has the real one.

export interface Frame {
  kind: "table" | "call" | "index" | "block";
  /** The key a table is the value of, or the function called. */
  name: string;
}
export interface Where {
  frames: Frame[];
  /** Inside a text: what has been typed of it, and what stands before its quote. */
  text: { from: number; typed: string; before: string } | null;
  comment: boolean;
}

const OPENERS = new Set(["function", "then", "do", "repeat"]);

/** Where the end of `code` is. */
export function whereIs(code: string): Where {
  const frames: Frame[] = [];
  let lastName = ""; // the last name or text seen, for `name = {` and `name(`
  let key = ""; // the name before a `=`
  let i = 0;
  const n = code.length;
  while (i < n) {
    const c = code[i] ?? "";
    if (c === "-" && code[i + 1] === "-") {
      const long = /^--\[(=*)\[/.exec(code.slice(i));
      const close = long ? code.indexOf(`]${long[1]}]`, i) : code.indexOf("\n", i);
      if (close < 0) return { frames, text: null, comment: true };
      i = long ? close + 2 + (long[1]?.length ?? 0) : close + 1;
      continue;
    }
    if (c === '"' || c === "'") {
      let j = i + 1;
      while (j < n && code[j] !== c && code[j] !== "\n") j += code[j] === "\\" ? 2 : 1;
      if (j >= n) return { frames, text: { from: i + 1, typed: code.slice(i + 1), before: code.slice(0, i) }, comment: false };
      lastName = code.slice(i + 1, j);
      i = j + 1;
      continue;
    }
    const word = /^[A-Za-z_][\w]*(?:[.:][A-Za-z_]\w*)*/.exec(code.slice(i))?.[0];
    if (word) {
      if (OPENERS.has(word)) frames.push({ kind: "block", name: word });
      else if (word === "end" || word === "until") popTo(frames, "block");
      else if (word === "elseif" || word === "else") popTo(frames, "block"), word === "else" && frames.push({ kind: "block", name: word });
      lastName = word;
      i += word.length;
      continue;
    }
    if (c === "=" && code[i + 1] !== "=" && !/[=<>~]/.test(code[i - 1] ?? "")) key = lastName;
    else if (c === "{") {
      frames.push({ kind: "table", name: key || lastName });
      key = lastName = "";
    } else if (c === "(") {
      frames.push({ kind: "call", name: lastName });
      key = lastName = "";
    } else if (c === "[") frames.push({ kind: "index", name: lastName });
    else if (c === "}") popTo(frames, "table"), (key = lastName = "");
    else if (c === ")") popTo(frames, "call"), (lastName = "");
    else if (c === "]") popTo(frames, "index");
    else if (c === "," || c === ";") key = lastName = "";
    i++;
  }
  return { frames, text: null, comment: false };
}

function popTo(frames: Frame[], kind: Frame["kind"]): void {
  const at = frames.map((f) => f.kind).lastIndexOf(kind);
  if (at >= 0) frames.length = at;
}

/** The word around a place, with its dots: "view.owner", "clock.breached" inside a text. */
export function wordAt(line: string, column: number): { from: number; to: number; word: string } | null {
  const is = (c: string | undefined) => c !== undefined && /[\w.]/.test(c);
  let from = column;
  let to = column;
  while (from > 0 && is(line[from - 1])) from--;
  while (to < line.length && is(line[to])) to++;
  const word = line.slice(from, to).replace(/^\.+|\.+$/g, "");
  if (!word || /^[\d.]+$/.test(word)) return null;
  const lead = line.slice(from, to).indexOf(word);
  return { from: from + lead, to: from + lead + word.length, word };
}
