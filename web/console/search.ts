// Searching on the server: everything there ever was, closed incidents too. Typing alone filters what is open; Enter
// asks the server.

import { ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { errorText } from "../shared/i18n";
import type { Link } from "../shared/link";
import type { Incident } from "../shared/types";

const PAGE = 50;
/** A page may come back short, even empty, and have a next one all the same. */
const MOST_PAGES = 5;

/** "#1024" and "1024" are numbers; anything else is words. */
export function queryOf(typed: string): Record<string, unknown> {
  const text = typed.trim();
  const number = /^#?(\d{1,12})$/.exec(text);
  return number && Number(number[1]) > 0 ? { number: Number(number[1]) } : { text };
}

export interface Search {
  /** null: not searching. */
  rows: ShallowRef<Incident[] | null>;
  next: Ref<string>;
  busy: Ref<boolean>;
  error: Ref<string>;
  start(query: Record<string, unknown>): Promise<void>;
  more(): Promise<void>;
  leave(): void;
}

export function createSearch(link: Pick<Link, "query">): Search {
  const rows = shallowRef<Incident[] | null>(null);
  const next = ref("");
  const busy = ref(false);
  const error = ref("");
  let query: Record<string, unknown> = {};
  let asked = 0;

  const page = async () => {
    const ask = ++asked;
    busy.value = true;
    error.value = "";
    try {
      for (let n = 0; n < MOST_PAGES; n++) {
        const r = await link.query<{ rows: Incident[]; next?: string }>("incident.search", { ...query, limit: PAGE, ...(next.value ? { after: next.value } : {}) });
        if (ask !== asked) return;
        rows.value = [...(rows.value ?? []), ...r.rows];
        next.value = r.next ?? "";
        if (r.rows.length || !r.next) break;
      }
    } catch (e) {
      if (ask === asked) error.value = errorText(e);
    } finally {
      if (ask === asked) busy.value = false;
    }
  };
  return {
    rows,
    next,
    busy,
    error,
    async start(q) {
      query = q;
      next.value = "";
      rows.value = [];
      await page();
    },
    more: page,
    leave() {
      asked++;
      busy.value = false;
      rows.value = null;
      next.value = "";
      error.value = "";
    },
  };
}
