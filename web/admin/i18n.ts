// What this page says of errors: a method the server has not yet is no mistake of the administrator.

import { errorText as sharedErrorText, t } from "../shared/i18n";
import { RpcError } from "../shared/link";

/** True when this server is older than the page and has no such method. */
export function isMissing(e: unknown): boolean {
  return e instanceof RpcError && e.key === "method.unknown";
}

export function errorText(e: unknown): string {
  return isMissing(e) ? t("missing") : sharedErrorText(e);
}
