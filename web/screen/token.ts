// A screen on a wall has no keyboard: it is given its token once, in the address (/screen/#token=...), where it does not
// stay. The part after # never travels to a server.

import { SCREEN_SESSION } from "./session";

export function tokenFromAddress(): void {
  const m = /^#token=([\w-]{20,90})$/.exec(location.hash);
  if (!m) return;
  localStorage.setItem(SCREEN_SESSION, JSON.stringify({ token: m[1], user: { id: "", name: "", roles: [], org: "" } }));
  history.replaceState(null, "", location.pathname);
}
