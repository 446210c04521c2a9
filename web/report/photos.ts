// The photos of the report being written: shrunk, kept in the phone, sent while the rest is still being typed.

import { computed, ref, shallowReactive, type ComputedRef, type Ref } from "vue";
import { upload } from "../shared/blobs";
import { RpcError } from "../shared/link";
import { randomText } from "../shared/ids";
import { sha256Of } from "../shared/sha256";
import { forgetPhoto, keepPhoto, keptPhoto } from "./keep";
import { shrink } from "./photo";
import { rpc } from "./rpc";

export interface Photo {
  id: string;
  url: string;
  blob: Blob;
  sha256: string;
  sent: number;
  state: "going" | "there" | "failed";
  error: unknown;
}

export interface Photos {
  list: Ref<Photo[]>;
  going: ComputedRef<boolean>;
  failed: ComputedRef<boolean>;
  /** How many could not be read as pictures. */
  unread: Ref<number>;
  add(files: Iterable<File>): Promise<void>;
  drop(p: Photo): void;
  again(): void;
  /** Brings back those that a draft named. */
  restore(ids: string[]): Promise<void>;
  clear(): void;
}

async function send(p: Photo): Promise<void> {
  p.state = "going";
  p.error = null;
  try {
    p.sha256 ||= await sha256Of(p.blob);
    // A ticket is forgotten when the server restarts: then a second one does.
    for (let tries = 2; tries > 0; tries--) {
      const { ticket } = await rpc<{ ticket: string }>("public.ticket", { sha256: p.sha256, size: p.blob.size });
      try {
        await upload(p.blob, { headers: { Authorization: `Bearer ${ticket}` }, sha256: p.sha256, onProgress: (sent) => (p.sent = sent) });
        break;
      } catch (e) {
        if (tries === 1 || !(e instanceof RpcError) || e.code !== -32001) throw e;
      }
    }
    p.state = "there";
  } catch (e) {
    p.state = "failed";
    p.error = e;
  }
}

export function usePhotos(most: () => number): Photos {
  const list = ref<Photo[]>([]) as Ref<Photo[]>;
  const unread = ref(0);
  const take = (id: string, blob: Blob): void => {
    const p = shallowReactive<Photo>({ id, blob, url: URL.createObjectURL(blob), sha256: "", sent: 0, state: "going", error: null });
    list.value = [...list.value, p];
    void send(p);
  };
  const drop = (p: Photo): void => {
    URL.revokeObjectURL(p.url);
    void forgetPhoto(p.id);
    list.value = list.value.filter((o) => o !== p);
  };
  return {
    list,
    unread,
    going: computed(() => list.value.some((p) => p.state === "going")),
    failed: computed(() => list.value.some((p) => p.state === "failed")),
    async add(files) {
      unread.value = 0;
      for (const file of files) {
        if (list.value.length >= most()) break;
        try {
          const small = await shrink(file);
          const id = randomText(6);
          await keepPhoto(id, small);
          take(id, small);
        } catch {
          unread.value++;
        }
      }
    },
    drop,
    again: () => list.value.filter((p) => p.state !== "going").forEach((p) => void send(p)),
    async restore(ids) {
      for (const id of ids) {
        const blob = await keptPhoto(id);
        if (blob && !list.value.some((p) => p.id === id)) take(id, blob);
      }
    },
    clear: () => list.value.forEach(drop),
  };
}
