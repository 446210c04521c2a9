// The phone makes itself heard: vibration and a tone. A browser refuses both before the first touch of the page.

import { playTone, unlockSound } from "../shared/tone";

export function readyToRing(): void {
  addEventListener("pointerdown", unlockSound, { once: true });
}

export function ring(hard: boolean): void {
  if (navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.(hard ? [500, 150, 500, 150, 500] : [200, 100, 200]);
  playTone(hard ? 1 : 3);
}
