// A page that nobody touches for weeks: a newer build loads itself at a quiet moment, and a page whose link does not come
// back although the server answers begins anew.

import type { Session } from "../shared/session";

const LOOK_MS = 5 * 60_000;
/** This long without an entry, and nothing raised: nobody minds a blink. */
const QUIET_MS = 60_000;
const STUCK_MS = 3 * 60_000;

let busyAt = 0;
let raised = false;
/** The screen says when something happens, and whether an alarm stands. */
export const stirred = (): void => void (busyAt = Date.now());
export const alarmed = (yes: boolean): void => void (raised = yes);
const quiet = (): boolean => !raised && Date.now() - busyAt > QUIET_MS;

/** The script that an index.html names, by its hash: another one is another build. */
export const buildOf = (html: string): string => /src="([^"]*\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? "";

export function keepAlive(session: Pick<Session, "link" | "user">): () => void {
  const mine = buildOf(document.documentElement.outerHTML);
  let downSince = 0;
  const look = async (): Promise<void> => {
    try {
      const r = await fetch(location.pathname, { cache: "no-store" });
      if (!r.ok) return;
      const theirs = buildOf(await r.text());
      const newer = !!mine && !!theirs && theirs !== mine;
      if ((newer && quiet()) || (downSince && Date.now() - downSince > STUCK_MS)) location.reload();
    } catch {
      /* no server: the link tries by itself */
    }
  };
  const stopState = session.link.watchState((state) => {
    downSince = state === "up" || !session.user.value ? 0 : downSince || Date.now();
  });
  const timer = setInterval(() => void look(), LOOK_MS);
  return () => {
    stopState();
    clearInterval(timer);
  };
}
