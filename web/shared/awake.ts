// Keeps the screen on while somebody waits for a call or is in one. A browser takes the lock away with the page's
// visibility, so it is asked for again; one that has none leaves it to the phone's own settings.

let holders = 0;
let lock: WakeLockSentinel | null = null;

async function take(): Promise<void> {
  if (!holders || lock || document.visibilityState !== "visible") return;
  try {
    const got = await navigator.wakeLock?.request("screen");
    if (!got) return;
    if (!holders) return void got.release();
    lock = got;
    got.addEventListener("release", () => {
      if (lock === got) lock = null;
    });
  } catch {
    // A low battery, or not allowed: the screen goes dark as it always does.
  }
}

/** Until what is returned is called. */
export function stayAwake(): () => void {
  if (holders++ === 0) document.addEventListener("visibilitychange", take);
  void take();
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    if (--holders) return;
    document.removeEventListener("visibilitychange", take);
    void lock?.release();
    lock = null;
  };
}
