// What the server says of one field stands beside it; the rest stands below the form.

import { errorText } from "../../i18n";
import { RpcError } from "../../../shared/link";

/** The words for `params.<field>`, "" when the refusal is about something else. */
export function about(e: unknown, field: string): string {
  if (!(e instanceof RpcError) || !e.path) return "";
  const path = e.path.replace(/^params\./, "");
  return path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`) ? errorText(e) : "";
}
export const isStale = (e: unknown): boolean => e instanceof RpcError && e.key === "rev.stale";
