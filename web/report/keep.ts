// What the phone keeps for this page: the report being written, the one being sent, and the numbers of those that were
// sent. A phone that keeps nothing (private browsing, a full storage) still reports; it is told.

import { ref } from "vue";

/** False once the phone has refused to keep something. */
export const keeps = ref(true);

export function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function keep(key: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    keeps.value = false;
  }
}

export function keptJson<T>(key: string): T | null {
  try {
    return JSON.parse(kept(key) ?? "null") as T | null;
  } catch {
    return null;
  }
}

/* ---- photos: too large for localStorage ---- */

const STORE = "photos";

function open(): Promise<IDBDatabase> {
  return new Promise((done, fail) => {
    const r = indexedDB.open("fq.report", 1);
    r.onupgradeneeded = () => r.result.createObjectStore(STORE);
    r.onsuccess = () => done(r.result);
    r.onerror = () => fail(r.error ?? new Error("IndexedDB"));
    r.onblocked = () => fail(new Error("IndexedDB"));
  });
}

async function withStore<T>(mode: IDBTransactionMode, work: (s: IDBObjectStore) => IDBRequest<T>): Promise<T | null> {
  try {
    const db = await open();
    return await new Promise<T>((done, fail) => {
      const tx = db.transaction(STORE, mode);
      const r = work(tx.objectStore(STORE));
      tx.oncomplete = () => {
        db.close();
        done(r.result);
      };
      tx.onerror = tx.onabort = () => {
        db.close();
        fail(tx.error ?? new Error("IndexedDB"));
      };
    });
  } catch {
    keeps.value = false;
    return null;
  }
}

// As bytes: older phones lose Blobs put into IndexedDB.
export const keepPhoto = async (id: string, photo: Blob): Promise<void> => {
  const bytes = await photo.arrayBuffer();
  await withStore("readwrite", (s) => s.put(bytes, id));
};
export const keptPhoto = async (id: string): Promise<Blob | null> => {
  const bytes = await withStore("readonly", (s) => s.get(id) as IDBRequest<ArrayBuffer | undefined>);
  return bytes ? new Blob([bytes], { type: "image/jpeg" }) : null;
};
export const forgetPhoto = async (id: string): Promise<void> => void (await withStore("readwrite", (s) => s.delete(id)));
