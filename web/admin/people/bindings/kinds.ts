// The kinds of bindings: those that are always there, and what the packs' dictionary adds or renames.

import { ref } from "vue";
import type { Link } from "../../../shared/link";
import { BINDING_KINDS } from "./kinds.words";

export interface Kind {
  code: string;
  zh: string;
  en: string;
}

export function useKinds(link: Pick<Link, "query">) {
  const kinds = ref<Kind[]>(BINDING_KINDS.map(([code, zh, en]) => ({ code, zh, en })));
  void (async () => {
    try {
      const r = await link.query<{ rows: Kind[] }>("dictionary.list", { name: "bindings" });
      const by = new Map(kinds.value.map((k) => [k.code, k]));
      for (const k of r.rows) by.set(k.code, { code: k.code, zh: k.zh, en: k.en });
      kinds.value = [...by.values()];
    } catch {
      // Those that are always there remain.
    }
  })();
  return { kinds };
}
