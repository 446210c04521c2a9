// Files chosen in a form, on their way to the server while the rest is still being typed. Each can be sent again or left
// out; the form sends the hashes of those that arrived.

import { computed, onScopeDispose, shallowReactive, shallowRef, triggerRef, type ComputedRef, type ShallowRef } from "vue";
import { upload } from "./blobs";

export interface Upload {
  file: Blob;
  name: string;
  sent: number;
  size: number;
  sha256: string;
  state: "going" | "there" | "failed";
  error: unknown;
}

export interface Uploads {
  list: ShallowRef<Upload[]>;
  /** The hashes of those that are there. */
  there: ComputedRef<string[]>;
  going: ComputedRef<boolean>;
  failed: ComputedRef<boolean>;
  add(files: Iterable<Blob>): void;
  again(u: Upload): void;
  drop(u: Upload): void;
  clear(): void;
}

export function useUploads(headers: () => Record<string, string>, base?: string): Uploads {
  const list = shallowRef<Upload[]>([]);
  const aborts = new Map<Upload, AbortController>();
  const changed = () => triggerRef(list);

  const start = async (u: Upload) => {
    const abort = new AbortController();
    aborts.set(u, abort);
    u.state = "going";
    u.error = null;
    changed();
    try {
      const r = await upload(u.file, { headers: headers(), ...(base && { base }), signal: abort.signal, onProgress: (sent) => ((u.sent = sent), changed()) });
      u.sha256 = r.sha256;
      u.state = "there";
    } catch (e) {
      if (abort.signal.aborted) return;
      u.state = "failed";
      u.error = e;
    }
    aborts.delete(u);
    changed();
  };
  const stop = (u: Upload) => {
    aborts.get(u)?.abort();
    aborts.delete(u);
  };
  onScopeDispose(() => list.value.forEach(stop));
  return {
    list,
    there: computed(() => [...new Set(list.value.filter((u) => u.state === "there").map((u) => u.sha256))]),
    going: computed(() => list.value.some((u) => u.state === "going")),
    failed: computed(() => list.value.some((u) => u.state === "failed")),
    add(files) {
      const more = [...files].map((file) => shallowReactive<Upload>({ file, name: file instanceof File ? file.name : "", sent: 0, size: file.size, sha256: "", state: "going", error: null }));
      list.value = [...list.value, ...more];
      for (const u of more) void start(u);
    },
    again: (u) => void start(u),
    drop(u) {
      stop(u);
      list.value = list.value.filter((x) => x !== u);
    },
    clear() {
      list.value.forEach(stop);
      list.value = [];
    },
  };
}
