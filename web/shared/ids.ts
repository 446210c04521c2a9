// Keys made on this side: idempotency keys and device names. randomUUID is missing on plain http, so
// crypto.getRandomValues alone is used.

export function randomText(bytes: number): string {
  const raw = crypto.getRandomValues(new Uint8Array(bytes));
  let text = "";
  for (const b of raw) text += b.toString(36).padStart(2, "0");
  return text;
}

/** Starts with the time in base 36, which keeps the server's index of keys local. */
export function newIdem(nowMs = Date.now()): string {
  return `${nowMs.toString(36)}-${randomText(8)}`;
}

/** One name a device and page. A console tab is a device of its own, a phone is one device. */
export function deviceName(store: Storage, page: string): string {
  const key = `fq.${page}.device`;
  let name = store.getItem(key);
  if (!name) {
    name = `${page}-${randomText(8)}`;
    store.setItem(key, name);
  }
  return name;
}
