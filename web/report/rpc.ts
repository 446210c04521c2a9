// Asking the server without an account: one request, one answer, over plain HTTP. A lost answer is asked for again with
// the same key, and the server gives it without doing anything twice.

import { E_OFFLINE, RpcError } from "../shared/link";
import { words } from "./words";

const PATIENCE_MS = 20_000;

const offline = (): RpcError => {
  const [zh, en] = words["net.offline"];
  return new RpcError({ code: E_OFFLINE, data: { code: "net.offline", message_zh: zh, message_en: en } });
};

export async function rpc<T>(method: string, params: Record<string, unknown> = {}): Promise<T> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE_MS);
  let answer: { result?: T; error?: { code: number; message?: string; data?: Record<string, unknown> } };
  try {
    const r = await fetch("/api/v1/rpc", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      signal: abort.signal,
    });
    answer = (await r.json()) as typeof answer; // a proxy's error page is no JSON: as good as no answer
  } catch {
    throw offline();
  } finally {
    clearTimeout(timer);
  }
  if (answer.error) throw new RpcError(answer.error);
  return answer.result as T;
}

export const isOffline = (e: unknown): boolean => e instanceof RpcError && e.code === E_OFFLINE;
