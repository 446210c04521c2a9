// Where the phone is, or in which words it will not say.

import type { Word } from "../shared/i18n";
import type { Place } from "../shared/types";

export function locate(): Promise<Place | Word> {
  return new Promise((done) => {
    if (!isSecureContext || !navigator.geolocation) return done("gps.none");
    navigator.geolocation.getCurrentPosition(
      (p) => done({ lon: Number(p.coords.longitude.toFixed(6)), lat: Number(p.coords.latitude.toFixed(6)), acc: Math.max(1, Math.round(p.coords.accuracy)) }),
      (e) => done(e.code === e.PERMISSION_DENIED ? "gps.denied" : "gps.failed"),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
    );
  });
}
