// The texts of versions by their hash, each asked for once.

import { shallowReactive } from "vue";
import type { Api, Source } from "../api";

export interface Sources {
  want(hashes: Iterable<string | undefined>): void;
  of(hash: string | undefined): Source | null;
}

export function readSources(api: Pick<Api, "source">): Sources {
  const known = shallowReactive(new Map<string, Source | null>());
  return {
    want(hashes) {
      for (const hash of hashes) {
        if (!hash || known.has(hash)) continue;
        known.set(hash, null);
        // A built-in rule of another release has no text here: its decisions are shown without it.
        api.source(hash).then(
          (s) => known.set(hash, s),
          () => undefined,
        );
      }
    },
    of: (hash) => (hash ? (known.get(hash) ?? null) : null),
  };
}
