// The phone's position: once on request, and while on duty now and then to the server (volatile).

import type { Link } from "../shared/link";
import type { Place } from "../shared/types";
import type { Word } from "../shared/i18n";

/** A position older than this tells a dispatcher nothing new; more often costs battery. */
const SHARE_EVERY_MS = 30_000;

const toPlace = (p: GeolocationPosition): Place => ({
  lon: Number(p.coords.longitude.toFixed(6)),
  lat: Number(p.coords.latitude.toFixed(6)),
  acc: Math.round(p.coords.accuracy),
});

export class PositionError extends Error {
  constructor(readonly word: Word) {
    super(word);
  }
}

export function locate(): Promise<Place> {
  return new Promise((resolve, reject) => {
    if (!isSecureContext || !navigator.geolocation) {
      reject(new PositionError("gps.insecure"));
      return;
    }
    navigator.geolocation.getCurrentPosition(
      (p) => resolve(toPlace(p)),
      (e) => reject(new PositionError(e.code === e.PERMISSION_DENIED ? "gps.denied" : "gps.failed")),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 10_000 },
    );
  });
}

/** Sends positions until the returned function is called. Says nothing when the phone gives none. */
export function sharePosition(link: Link): () => void {
  if (!isSecureContext || !navigator.geolocation) return () => undefined;
  let last = 0;
  const watch = navigator.geolocation.watchPosition(
    (p) => {
      const now = Date.now();
      if (now - last < SHARE_EVERY_MS) return;
      last = now;
      link.notify("position.update", { ...toPlace(p), at: new Date(link.serverNow()).toISOString() });
    },
    () => undefined,
    { enableHighAccuracy: false, maximumAge: 15_000 },
  );
  return () => navigator.geolocation.clearWatch(watch);
}
