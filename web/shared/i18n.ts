// The page's language: a typed dictionary, switchable at run time. Chinese first.

import { ref, watchEffect } from "vue";
import { dictionary, words as shared, type Pair } from "./words";
import { RpcError } from "./link";

export { dictionary };
export type Lang = "zh" | "en";
/** What one page alone says: its words.ts adds to this, and calls addWords. */
export interface PageWords {}
export type Word = keyof typeof shared | keyof PageWords;

const words: Record<string, Pair> = { ...shared };

/** A page's own words; called once, before it draws. A page may say a shared word in its own way. */
export function addWords<T extends Record<string, Pair>>(own: T): T {
  Object.assign(words, own);
  return own;
}

const KEY = "fq.lang";

function initial(): Lang {
  const kept = typeof localStorage === "undefined" ? null : localStorage.getItem(KEY);
  if (kept === "zh" || kept === "en") return kept;
  const asked = typeof navigator === "undefined" ? "" : navigator.language;
  return asked && !asked.toLowerCase().startsWith("zh") ? "en" : "zh";
}

export const lang = ref<Lang>(initial());

/* A page whose build keeps the words apart from the code (tools/words.mjs) fetches a language when it is read. */
let files: Record<Lang, string> | null = null;
const there = new Set<Lang>();

async function fetchWords(l: Lang): Promise<void> {
  if (!files || there.has(l)) return;
  const r = await fetch(files[l]);
  if (!r.ok) throw new Error(`${files[l]}: HTTP ${r.status}`);
  for (const [key, text] of Object.entries((await r.json()) as Record<string, string>)) {
    const [zh, en] = words[key] ?? ["", ""];
    words[key] = l === "zh" ? [text, en] : [zh, text];
  }
  there.add(l);
}

/** Before such a page draws. */
export function useWordFiles(from: Record<Lang, string> | null): Promise<void> {
  files = from;
  return fetchWords(lang.value);
}

function turn(l: Lang): void {
  lang.value = l;
  localStorage.setItem(KEY, l);
}

export function setLang(l: Lang): void {
  if (!files || there.has(l)) turn(l);
  // Without a network the page goes on in the language it has.
  else void fetchWords(l).then(() => turn(l), () => undefined);
}

/** Keeps <html lang> true, for screen readers and fonts. */
export function followLang(title: () => string): void {
  watchEffect(() => {
    document.documentElement.lang = lang.value === "zh" ? "zh-CN" : "en";
    document.title = title();
  });
}

/** The word in the page's language; {name} is replaced by values.name. */
export function t(key: Word, values?: Record<string, string | number>): string {
  const pair = words[key];
  if (!pair) return key; // cannot be: the types and tests/words.test.ts hold every key to a dictionary
  return say(pair, values);
}

/** The same of a pair that came with the data. */
export function say(pair: Pair, values?: Record<string, string | number>): string {
  const text = lang.value === "zh" ? pair[0] : pair[1];
  return values ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : text;
}

export function isWord(key: string): key is Word {
  return key in words;
}

/** A word made from data ("state." + row.state); the data itself when there is no such word. */
export function tData(prefix: string, value: string | null | undefined): string {
  if (!value) return "";
  const key = `${prefix}.${value}`;
  return key in words ? t(key as Word) : value;
}

/** The server's own message, or that of an error made here, in the page's language. */
export function errorText(e: unknown): string {
  if (!(e instanceof RpcError)) return e instanceof Error ? e.message : String(e);
  const text = (lang.value === "zh" ? e.zh : e.en) || (isWord(e.key) ? t(e.key, e.values) : t("error.unknown"));
  const where = e.path ? ` (${e.path})` : "";
  const code = e.code <= -32000 ? ` [${e.code}]` : "";
  return text + where + code;
}
