// Attachments on the wire: uploads by their SHA-256 that go on where they broke off, downloads with the session's token.
// What a page attaches is the hash; the same file sent twice is sent once.

import { E_OFFLINE, localError, RpcError } from "./link";
import { sha256Of } from "./sha256";

export interface Stored {
  sha256: string;
  size: number;
}

export interface BlobOptions {
  /** What proves who asks: `{Authorization: "Bearer …"}`, or a ticket. */
  headers: Record<string, string>;
  /** Where they live; the hash is appended. */
  base?: string;
  signal?: AbortSignal;
  fetch?: typeof fetch;
}

export interface UploadOptions extends BlobOptions {
  /** When it is known already (a phone reckons it once, when the picture is taken). */
  sha256?: string;
  onProgress?(sent: number, total: number): void;
  /** How often a piece that did not get through is tried again before the upload is given up for now. */
  tries?: number;
  wait?(ms: number): Promise<void>;
}

/** Made here and final: the file has to be chosen anew. */
const E_EMPTY = -2;
const BASE = "/api/v1/blobs/";
/** The first piece; then more while it goes quickly, less when it does not: one bar of signal loses little at a time. */
const FIRST_PIECE = 64 * 1024;
const MOST_PIECE = 1024 * 1024;
const LEAST_PIECE = 16 * 1024;
const QUICK_MS = 1000;
const SLOW_MS = 8000;
const RETRY_MS = 1000;
const RETRY_MOST_MS = 15_000;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const unreachable = (): RpcError => localError(E_OFFLINE, "blob.unreachable");

async function refusal(r: Response): Promise<RpcError> {
  try {
    const { error } = (await r.json()) as { error?: { code: number; message?: string; data?: Record<string, unknown> } };
    if (error) return new RpcError(error);
  } catch {
    /* not the server's own words: a proxy's page */
  }
  return localError(E_OFFLINE, "blob.status", { status: r.status });
}

/** May the same piece get through later? Not when the server has judged it. */
const worthAgain = (status: number): boolean => status === 409 || status === 429 || status >= 500;

/** How much of it the server has: "bytes=0-65535" is 65536. */
const reached = (r: Response): number => Number(/^bytes=0-(\d+)$/.exec(r.headers.get("Range") ?? "")?.[1] ?? -1) + 1;

/**
 * Sends a file. Resolves when the server has it whole and its hash is right; sent again after a failure, it goes on
 * where it was. Throws what the server refused, or a transient error when it cannot be reached.
 */
export async function upload(blob: Blob, o: UploadOptions): Promise<Stored> {
  if (blob.size === 0) throw localError(E_EMPTY, "blob.empty");
  const sha256 = o.sha256 ?? (await sha256Of(blob));
  const url = (o.base ?? BASE) + sha256;
  const send = o.fetch ?? fetch;
  const wait = o.wait ?? pause;
  const total = blob.size;
  let have = 0;
  let sure = false; // that `have` is what the server has
  let piece = FIRST_PIECE;
  let failures = 0;

  const put = (from: number, until: number) =>
    send(url, {
      method: "PUT",
      headers: { ...o.headers, "Content-Type": "application/octet-stream", "Content-Range": until > from ? `bytes ${from}-${until - 1}/${total}` : `bytes */${total}` },
      ...(until > from && { body: blob.slice(from, until) }),
      ...(o.signal && { signal: o.signal }),
    });

  for (;;) {
    // A small file goes at once; of a larger one, or after a failure, first how far it got.
    const from = sure ? have : 0;
    const until = sure || (failures === 0 && total <= FIRST_PIECE) ? Math.min(total, from + piece) : from;
    const began = Date.now();
    let r: Response | null = null;
    try {
      r = await put(from, until);
    } catch (e) {
      if (o.signal?.aborted) throw e;
    }
    if (r?.ok) {
      o.onProgress?.(total, total);
      return { sha256, size: total };
    }
    if (r?.status === 308) {
      const now = reached(r);
      const took = Date.now() - began;
      if (until > from && now > have) {
        failures = 0;
        if (took < QUICK_MS) piece = Math.min(MOST_PIECE, piece * 2);
        else if (took > SLOW_MS) piece = Math.max(LEAST_PIECE, piece / 2);
      } else if (until > from && ++failures > (o.tries ?? 5)) throw unreachable();
      have = now;
      sure = true;
      o.onProgress?.(have, total);
      continue;
    }
    if (r && !worthAgain(r.status)) throw await refusal(r);
    if (++failures > (o.tries ?? 5)) throw r ? await refusal(r) : unreachable();
    sure = false;
    piece = Math.max(LEAST_PIECE, piece / 2);
    await wait(Math.min(RETRY_MOST_MS, RETRY_MS * 2 ** (failures - 1)));
  }
}

/** An attachment's content, with the type the server tells from its bytes. */
export async function download(sha256: string, o: BlobOptions): Promise<Blob> {
  let r: Response;
  try {
    r = await (o.fetch ?? fetch)((o.base ?? BASE) + sha256, { headers: o.headers, ...(o.signal && { signal: o.signal }) });
  } catch (e) {
    if (o.signal?.aborted) throw e;
    throw localError(E_OFFLINE, "blob.unfetched");
  }
  if (!r.ok) throw await refusal(r);
  return r.blob();
}

export type Kind = "photo" | "sound" | "video" | "file";

/** By the type the server told. A container may hold sound alone: whoever plays it finds out. */
export function kindOf(type: string): Kind {
  if (type.startsWith("image/")) return "photo";
  if (type.startsWith("audio/")) return "sound";
  return type.startsWith("video/") ? "video" : "file";
}

const ENDINGS: Record<string, string> = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/gif": "gif",
  "image/webp": "webp",
  "audio/wav": "wav",
  "audio/mp4": "m4a",
  "audio/mpeg": "mp3",
  "audio/ogg": "ogg",
  "audio/amr": "amr",
  "video/mp4": "mp4",
  "video/webm": "webm",
  "application/pdf": "pdf",
};
/** What a saved copy is called. */
export const fileName = (sha256: string, type: string): string => `${sha256.slice(0, 12)}.${ENDINGS[type.split(";")[0]!] ?? "bin"}`;
