// The page's words: its own dictionary first, then the one all pages share.

import { isWord, say, errorText as sharedErrorText, t as shared, type Word } from "../shared/i18n";
import { RpcError } from "../shared/link";
import { words } from "./words";

export type AdminWord = keyof typeof words;

export function t(key: AdminWord | Word, values?: Record<string, string | number>): string {
  return key in words ? say(words[key as AdminWord], values) : shared(key as Word, values);
}

/** A word made from data; the data itself when there is no such word. */
export function tData(prefix: string, value: string | null | undefined): string {
  if (!value) return "";
  const key = `${prefix}.${value}`;
  return key in words || isWord(key) ? t(key as AdminWord) : value;
}

/** True when this server is older than the page and has no such method. */
export function isMissing(e: unknown): boolean {
  return e instanceof RpcError && e.key === "method.unknown";
}

export function errorText(e: unknown): string {
  return isMissing(e) ? t("missing") : sharedErrorText(e);
}
