// Why two incidents may be the same thing, in a few words.

import { distanceText } from "../shared/format";
import { t } from "../shared/i18n";
import type { Near } from "../shared/types";

const LIKE_WORDS = 0.3;

export function nearText(n: Near): string {
  const out: string[] = [];
  if (n.distance_m !== undefined) out.push(t("near.apart", { distance: distanceText(n.distance_m) }));
  if (n.apart_ms !== undefined && n.apart_ms < 60_000) out.push(t("near.now"));
  else if (n.apart_ms !== undefined) out.push(t("near.minutes", { n: Math.round(n.apart_ms / 60_000) }));
  if (n.same_category === "same") out.push(t("near.category"));
  if ((n.likeness ?? 0) >= LIKE_WORDS) out.push(t("near.words"));
  if (n.same_reporter) out.push(t("near.reporter"));
  return out.join(t("join.comma"));
}
