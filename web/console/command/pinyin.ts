// Initials of Chinese words, so that `zs` finds 张三. The browser's own collation knows the order of pinyin: a
// character begins with the letter whose first character it does not come before. Surnames and places that are read
// otherwise than the dictionary's first reading have both letters.

import { ALSO, FIRST } from "./pinyin_words";

const LETTERS = "abcdefghjklmnopqrstwxyz";

let collator: Intl.Collator | null = null;
const kept = new Map<string, string>();

/** The letters a character may begin with: usually one. Letters and digits are themselves. */
export function initialsOf(char: string): string {
  const known = kept.get(char);
  if (known !== undefined) return known;
  let out = "";
  if (/[a-z0-9]/i.test(char)) out = char.toLowerCase();
  else if (/\p{Script=Han}/u.test(char)) {
    collator ??= new Intl.Collator("zh-CN-u-co-pinyin");
    let at = -1;
    for (const first of FIRST) {
      if (collator.compare(char, first) < 0) break;
      at++;
    }
    out = at >= 0 ? LETTERS[at]! : "";
    for (const c of ALSO[char] ?? "") if (!out.includes(c)) out += c;
  }
  kept.set(char, out);
  return out;
}

/** Does what was typed begin the initials of `name`, from its start or from any character on? 0 best, -1 not at all. */
export function initialsMatch(name: string, typed: string): number {
  const letters = [...name].map(initialsOf).filter(Boolean);
  const want = typed.toLowerCase();
  if (!/^[a-z0-9]+$/.test(want) || want.length > letters.length) return -1;
  for (let from = 0; from + want.length <= letters.length; from++)
    if ([...want].every((c, k) => letters[from + k]!.includes(c))) return from;
  return -1;
}

/**
 * How well a name answers to what was typed; lower is better, -1 not at all. Whole before beginning before somewhere,
 * the account before the initials.
 */
export function nameMatch(typed: string, name: string, id: string): number {
  const want = typed.toLowerCase();
  const said = name.toLowerCase();
  const code = id.toLowerCase();
  if (want === code || want === said) return 0;
  if (said.startsWith(want)) return 1;
  if (code.startsWith(want)) return 2;
  const initials = initialsMatch(name, want);
  if (initials === 0) return want.length === [...name].length ? 3 : 4;
  if (said.includes(want)) return 5;
  if (code.includes(want) && want.length >= 2) return 6;
  return initials > 0 ? 7 + initials : -1;
}
