// One 1 Hz ticker for every clock on the page, in server time: a hundred countdowns, one timer.

import { ref, type Ref } from "vue";
import type { Link } from "./link";

const now = ref(Date.now());
let timer: ReturnType<typeof setTimeout> | null = null;

/** The server's time in ms, as of the last full second. */
export const serverNow: Readonly<Ref<number>> = now;

export function startTicker(link: Link): void {
  const tick = () => {
    now.value = link.serverNow();
    // Aim at the next full server second, so that all pages of a room count together.
    timer = setTimeout(tick, 1000 - (Math.floor(now.value) % 1000) + 5);
  };
  if (timer) clearTimeout(timer);
  tick();
}
