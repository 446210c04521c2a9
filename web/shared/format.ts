// Times and distances in the page's language. The county lives on one clock, the browser's zone is shown.

import { lang, t } from "./i18n";

/** "14:03:09" today, "11-21 14:03" on another day. */
export function timeText(iso: string | null | undefined, nowMs: number): string {
  if (!iso) return "";
  const d = new Date(iso);
  if (Number.isNaN(d.getTime())) return iso;
  const two = (v: number) => String(v).padStart(2, "0");
  const hm = `${two(d.getHours())}:${two(d.getMinutes())}`;
  const today = new Date(nowMs).toDateString() === d.toDateString();
  return today ? `${hm}:${two(d.getSeconds())}` : `${two(d.getMonth() + 1)}-${two(d.getDate())} ${hm}`;
}

export function agoText(iso: string | null | undefined, nowMs: number): string {
  if (!iso) return "";
  const s = Math.max(0, (nowMs - Date.parse(iso)) / 1000);
  if (s < 60) return t("time.ago.s");
  if (s < 3600) return t("time.ago.m", { n: Math.floor(s / 60) });
  if (s < 86400) return t("time.ago.h", { n: Math.floor(s / 3600) });
  return t("time.ago.d", { n: Math.floor(s / 86400) });
}

export function distanceText(m: number | null | undefined): string {
  if (m === null || m === undefined || !Number.isFinite(m)) return "–";
  return m < 1000 ? t("unit.m", { n: Math.round(m) }) : t("unit.km", { n: (m / 1000).toFixed(1) });
}

export function sizeText(bytes: number | undefined): string {
  if (bytes === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let n = 0;
  for (; bytes >= 1024 && n + 1 < units.length; n++) bytes /= 1024;
  return `${n ? bytes.toFixed(1) : bytes} ${units[n]}`;
}

export function pick(zh: string | undefined, en: string | undefined): string {
  return (lang.value === "zh" ? zh || en : en || zh) ?? "";
}
export function pickList(zh: string[] | undefined, en: string[] | undefined): string[] {
  return (lang.value === "zh" ? zh || en : en || zh) ?? [];
}

export function actorText(actor: string | undefined): string {
  if (!actor) return "";
  if (actor === "system") return t("actor.system");
  if (actor === "public") return t("source.public");
  if (actor.startsWith("policy/")) return t("actor.policy", { name: actor.slice(7) });
  return actor;
}
