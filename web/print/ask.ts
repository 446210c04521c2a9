// One question over plain HTTP: a sheet of paper needs no live link, and must not take the console's place as its
// device. A sheet opened from the console has the console's token, because the browser copies the tab's storage.

import { deviceName } from "../shared/ids";
import { RpcError } from "../shared/link";

const KEYS = ["fq.print.session", "fq.console.session"];

export function keptToken(): string {
  for (const key of KEYS) {
    try {
      const kept = JSON.parse(sessionStorage.getItem(key) ?? "null") as { token?: string } | null;
      if (kept?.token) return kept.token;
    } catch {
      sessionStorage.removeItem(key);
    }
  }
  return "";
}

export function forgetToken(): void {
  for (const key of KEYS) sessionStorage.removeItem(key);
}

export async function ask<T>(method: string, params: Record<string, unknown>, token = keptToken()): Promise<T> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (token) headers["authorization"] = `Bearer ${token}`;
  const reply = await fetch("/api/v1/rpc", { method: "POST", headers, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) });
  const body = (await reply.json()) as { result?: T; error?: ConstructorParameters<typeof RpcError>[0] };
  if (body.error) throw new RpcError(body.error);
  return body.result as T;
}

export async function login(name: string, password: string, otp?: string): Promise<void> {
  const r = await ask<{ token: string }>("session.login", { name, password, ...(otp && { otp }), device: deviceName(sessionStorage, "print") }, "");
  sessionStorage.setItem("fq.print.session", JSON.stringify({ token: r.token }));
}
