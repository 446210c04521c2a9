// The page's words as the results say them: keys that are made from what the server says.

import { isWord, t } from "../../shared/i18n";

/** A word whose key is put together from what the server says; that itself when there is none. */
export const tMade = (key: string, values?: Record<string, string | number>): string => (isWord(key) ? t(key, values) : key);
