// How a shadow stands against its limits, in words and as what is missing. Pure.

import type { ShadowRow } from "../api";
import { t } from "../../shared/i18n";
import { count, percent } from "./text";

export interface Gauge {
  word: "shadow.ready" | "shadow.over" | "shadow.early";
  text: string;
  missing: string[];
  /** The share against its limit, 0 to 1 of the bar; the limit stands at half. */
  at: number;
}

export function gauge(s: Pick<ShadowRow, "decisions" | "differences" | "failures" | "share" | "limits" | "ready">): Gauge {
  const limit = s.limits.share ?? 0.02;
  const least = s.limits.at_least ?? 100;
  const most = s.limits.failures ?? 0;
  const missing: string[] = [];
  if (s.decisions < least) missing.push(t("shadow.missDecisions", { n: count(least - s.decisions), least: count(least) }));
  if (s.share > limit) missing.push(t("shadow.missShare", { share: percent(s.share), limit: percent(limit) }));
  if (s.failures > most) missing.push(t("shadow.missFailures", { n: count(s.failures), most: count(most) }));
  const word = s.share > limit || s.failures > most ? "shadow.over" : s.decisions < least ? "shadow.early" : "shadow.ready";
  return {
    word,
    text: t("shadow.share", { differences: count(s.differences), decisions: count(s.decisions), share: percent(s.share), limit: percent(limit) }),
    missing,
    at: limit > 0 ? Math.min(1, s.share / limit / 2) : s.share > 0 ? 1 : 0,
  };
}
