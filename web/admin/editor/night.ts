// The change asked for most: another limit for the night. Finds the limit in a line and says what to put behind it.

export interface Insertion {
  column: number;
  text: string;
  /** The number to look at, within the text. */
  select: { from: number; to: number };
}

/** `limit = minutes(5)` becomes `limit = minutes(5), limit_at = { { "22:00", "06:00", minutes(8) } }`. */
export function nightLimit(line: string): Insertion | null {
  if (/--.*\blimit\b/.test(line) || /\blimit_at\b/.test(line)) return null;
  const m = /(?:^|[\s,{])limit\s*=\s*(seconds|minutes|hours)\s*\(\s*([\d.]+)\s*\)/.exec(line);
  if (!m) return null;
  const number = String(Math.ceil(Number(m[2]) * 1.6));
  const lead = `, limit_at = { { "22:00", "06:00", ${m[1] ?? "minutes"}(`;
  return { column: m.index + m[0].length, text: `${lead}${number}) } }`, select: { from: lead.length, to: lead.length + number.length } };
}
