// The link that was sent to a relative holds a token (/family/#t=…). It is taken out of the address, where somebody could
// read it over a shoulder or pass it on with the page, and kept on this device. The part after # never travels to a server.

/** Where shared/session.ts keeps the session of this page. */
const SESSION = "fq.family.session";
/** The last token, to ask why it opens nothing. */
const LAST = "fq.family.link";

/** Was there one? */
export function tokenFromAddress(): boolean {
  const m = /^#t=([\w.~-]{8,90})$/.exec(location.hash);
  if (!m) return false;
  localStorage.setItem(SESSION, JSON.stringify({ token: m[1], user: { id: "", name: "", roles: [], org: "" } }));
  localStorage.setItem(LAST, m[1]!);
  history.replaceState(null, "", location.pathname);
  return true;
}

/** How the tokens of cameras begin; some of calls do, too. */
const CAMERA = "g.c";

/** Why a link opens nothing; unknown: forged, replaced by a newer one, or of an account. camera: it was for a camera. none:
 * there was none. */
export type Dead = "none" | "camera" | "unlinked" | "kicked" | "ended" | "expired" | "unknown";

/** Null: it opens after all, or nobody could be asked. */
export async function whyDead(): Promise<Dead | null> {
  const token = localStorage.getItem(LAST);
  if (!token) return "none";
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "conf.link_check", params: { token } });
  try {
    const r = await fetch("/api/v1/rpc", { method: "POST", headers: { "Content-Type": "application/json" }, body, cache: "no-store" });
    const { result } = (await r.json()) as { result?: { state: Dead | "live" } };
    if (!result || result.state === "live") return null;
    return result.state === "unknown" && token.startsWith(CAMERA) ? "camera" : result.state;
  } catch {
    return null;
  }
}

/** The same link again, from the start: the network was to blame. */
export function tryAgain(): void {
  const token = localStorage.getItem(LAST);
  if (token) location.hash = `#t=${token}`;
  location.reload();
}
