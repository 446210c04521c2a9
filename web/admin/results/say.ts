// The page's words as the results say them: keys that are made from data among them.

import { isWord as isShared } from "../../shared/i18n";
import { t, type AdminWord } from "../i18n";
import { words } from "../words";

export { errorText, t, tData } from "../i18n";
export const isWord = (key: string): key is AdminWord => key in words || isShared(key);
/** A word whose key is put together from what the server says; that itself when there is none. */
export const tMade = (key: string, values?: Record<string, string | number>): string => (isWord(key) ? t(key, values) : key);
