// Who may do what in a conference, as far as the page can know: whoever leads it, and desks that may always end it. The
// server decides.

import type { Call } from "../../shared/call/call";
import { ABSENT, PRESENT, type Member } from "../../shared/call/types";
import { may, type Rules } from "../verbs";

export function roleOf(call: Call | null, rules: Rules): { leads: boolean } {
  return { leads: call?.me?.role === "chair" && may(rules, "conf.kick") };
}

/** Those in the call first, who speaks and who asks before the rest; then who is being called; then who is gone. */
export function orderMembers(members: readonly Member[], me: string): Member[] {
  const rank = (m: Member) => (PRESENT.has(m.state) ? 0 : ABSENT.has(m.state) ? 2 : 1);
  return [...members].sort((a, b) => rank(a) - rank(b) || Number(b.user === me) - Number(a.user === me) || Number(b.hand) - Number(a.hand) || Number(b.role === "chair") - Number(a.role === "chair") || a.name.localeCompare(b.name));
}

/** Hue, and the shape that says the same. */
export function seatOf(m: Member): { look: "in" | "asked" | "off" | "gone"; mark: string } {
  if (m.state === "connected") return { look: "in", mark: "●" };
  if (m.state === "media_lost" || m.state === "signalling_lost") return { look: "off", mark: "▲" };
  if (m.state === "declined" || m.state === "timeout") return { look: "off", mark: "✕" };
  if (m.state === "left") return { look: "gone", mark: "○" };
  return { look: "asked", mark: "◌" };
}
