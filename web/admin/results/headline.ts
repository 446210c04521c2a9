// A run's result in one line, for a list of runs.

import type { JobRow } from "../api";
import { t } from "../../shared/i18n";
import { both, count } from "./text";

type Figures = Record<string, unknown>;
const num = (o: Figures | undefined, key: string): number => Number(o?.[key] ?? 0);

export function headline(j: JobRow): string {
  const s = j.summary as Figures | undefined;
  if (j.state === "running" || j.state === "waiting") return both(j);
  if (j.state !== "done" || !s) return "";
  switch (j.what) {
    case "test":
      return played(num(s, "played"), num(s, "failed"));
    case "check": {
      const scenarios = s["scenarios"] as Figures | undefined;
      const proof = s["proof"] as Figures | null | undefined;
      const parts = [t("head.findings", { n: count(num(s, "findings")) }), played(num(scenarios, "played"), num(scenarios, "failed"))];
      if (proof) parts.push(t("head.proof", { errors: count(num(proof, "errors")), warnings: count(num(proof, "warnings")) }));
      return parts.join(t("join.semicolon"));
    }
    case "prove":
      return t("head.proof", { errors: count(num(s, "errors")), warnings: count(num(s, "warnings")) });
    case "replay":
      return s["identical"] === true ? t("head.identical", { n: count(num(s, "subjects")) }) : t("head.replay", { n: count(num(s, "subjects")), differing: count(num(s, "differing")) });
    case "project":
      return t("head.project", { n: count(num(s, "incidents")) });
  }
}
const played = (all: number, failed: number): string =>
  failed ? t("head.failed", { n: count(all), failed: count(failed) }) : t("head.played", { n: count(all) });
