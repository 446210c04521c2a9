// A patrol on this phone: kept here step by step, so that it goes on without a network and over a reload; what was done
// goes out in order through the outbox, by the key the phone gave it.

import { ref, shallowRef } from "vue";
import { newIdem } from "../../shared/ids";
import { pressed } from "../../shared/outbox";
import type { Place } from "../../shared/types";
import { distanceM } from "../geo";
import type { Field } from "../parts";

export interface Point {
  id: string;
  name: string;
  lon: number;
  lat: number;
  radius_m: number;
  checks?: string[];
}
export interface Plan {
  id: string;
  name: string;
  points: Point[];
  due_at?: string;
  overdue?: boolean;
}
export type Fix = [lon: number, lat: number, atMs: number];
export interface Walk {
  key: string;
  name: string;
  points: Point[];
  startedMs: number;
  done: Record<string, { ok: boolean; at: string; far: boolean }>;
  metres: number;
  /** Not yet handed to the outbox. */
  fixes: Fix[];
  last?: Fix;
}

const EVERY_MS = 15_000;
const STILL_M = 8;
const BATCH = 20;
/** Of one command; the server takes no more. */
const MOST = 500;
const HAND_OVER_MS = 60_000;

export const walk = shallowRef<Walk | null>(null);
/** Where he is, as the patrol last heard. */
export const here = shallowRef<Place | null>(null);
export const gps = ref(true);
const keyOf = (f: Field) => `fq.field.patrol.${f.user.id}`;

function keep(f: Field, w: Walk | null): void {
  walk.value = w;
  try {
    if (w) localStorage.setItem(keyOf(f), JSON.stringify(w));
    else localStorage.removeItem(keyOf(f));
  } catch {
    // A full phone: it goes on for as long as the page does, and what was done is in the outbox already.
  }
}
export function load(f: Field): void {
  try {
    walk.value = JSON.parse(localStorage.getItem(keyOf(f)) ?? "null") as Walk | null;
  } catch {
    walk.value = null;
  }
}

export function start(f: Field, plan: Plan | null): void {
  const key = newIdem();
  const place = here.value ?? f.place();
  f.outbox.put("patrol.start", { key, ...(plan && { plan: plan.id }), ...(place && { place }) }, { lane: key, ...pressed });
  keep(f, { key, name: plan?.name ?? "", points: plan?.points ?? [], startedMs: f.session.link.serverNow(), done: {}, metres: 0, fixes: [] });
}

/** One that was begun elsewhere, or before the phone lost what it kept. */
export function adopt(f: Field, w: Walk): void {
  keep(f, w);
}

export function awayM(p: Point): number | null {
  return here.value ? distanceM(here.value, p) : null;
}
export function isFar(p: Point): boolean {
  const m = awayM(p);
  return m === null || m - Math.min(here.value?.acc ?? 0, 200) > p.radius_m;
}

export function tick(f: Field, p: Point, said: { ok: boolean; note?: string; wrong?: string[]; files?: string[] }): void {
  const w = walk.value;
  if (!w) return;
  const checks = p.checks?.map((name) => ({ name, ok: said.ok || !said.wrong?.includes(name) }));
  f.outbox.put(
    "patrol.point",
    { id: w.key, point: p.id, ok: said.ok, ...(here.value && { place: here.value }), ...(said.note && { note: said.note }), ...(checks && { checks }), ...(said.files?.length && { attachments: said.files }) },
    { lane: w.key, ...pressed, ...(said.files && { files: said.files }) },
  );
  const at = new Date(f.session.link.serverNow()).toISOString();
  keep(f, { ...w, done: { ...w.done, [p.id]: { ok: said.ok, at, far: isFar(p) } } });
}

function handOver(f: Field, w: Walk): Walk {
  for (let at = 0; at < w.fixes.length; at += MOST) f.outbox.put("patrol.track", { id: w.key, fixes: w.fixes.slice(at, at + MOST) }, { lane: w.key, quiet: true });
  return { ...w, fixes: [] };
}

/** True when it was worth keeping: far enough, or long enough after the one before. */
export function addFix(w: Walk, fix: Fix): Walk | null {
  const before = w.last;
  const step = before ? distanceM({ lon: before[0], lat: before[1] }, { lon: fix[0], lat: fix[1] }) : 0;
  if (before && (fix[2] <= before[2] || (step < STILL_M && fix[2] - before[2] < EVERY_MS * 4) || (fix[2] - before[2] < EVERY_MS && step < 2 * STILL_M))) return null;
  return { ...w, fixes: [...w.fixes, fix], last: fix, metres: w.metres + (step >= STILL_M ? step : 0) };
}

export function end(f: Field, note = ""): void {
  const w = walk.value;
  if (!w) return;
  handOver(f, w);
  f.outbox.put("patrol.end", { id: w.key, ...(note && { note }) }, { lane: w.key, ...pressed });
  keep(f, null);
}

/** Follows the phone while a patrol is under way; until the returned function is called. */
export function follow(f: Field): () => void {
  load(f);
  const flush = setInterval(() => {
    if (walk.value?.fixes.length) keep(f, handOver(f, walk.value));
  }, HAND_OVER_MS);
  if (!isSecureContext || !navigator.geolocation) {
    gps.value = false;
    return () => clearInterval(flush);
  }
  let watching = 0;
  const look = () => {
    if (walk.value && !watching)
      watching = navigator.geolocation.watchPosition(
        ({ coords }) => {
          gps.value = true;
          here.value = { lon: +coords.longitude.toFixed(6), lat: +coords.latitude.toFixed(6), acc: Math.round(coords.accuracy) };
          const w = walk.value && addFix(walk.value, [here.value.lon, here.value.lat, Math.round(f.session.link.serverNow())]);
          if (w) keep(f, w.fixes.length >= BATCH ? handOver(f, w) : w);
        },
        () => (gps.value = false),
        { enableHighAccuracy: true, maximumAge: 5000 },
      );
    if (!walk.value && watching) {
      navigator.geolocation.clearWatch(watching);
      watching = 0;
    }
  };
  const timer = setInterval(look, 1000);
  look();
  return () => {
    clearInterval(flush);
    clearInterval(timer);
    if (watching) navigator.geolocation.clearWatch(watching);
    walk.value = null;
  };
}
