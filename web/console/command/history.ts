// What was typed before, the last first; one's own, on this machine.

import { ref, type Ref } from "vue";

const MOST = 50;

export interface History {
  browsing: Ref<boolean>;
  add(line: string): void;
  /** The one before; null when there is none. `now` is kept to come back to. */
  earlier(now: string): string | null;
  later(): string;
  leave(): void;
}

export function createHistory(account: string): History {
  const key = `fq.console.history.${account}`;
  let lines: string[] = [];
  try {
    lines = (JSON.parse(localStorage.getItem(key) ?? "[]") as unknown[]).filter((x) => typeof x === "string") as string[];
  } catch {
    // Unreadable: it begins anew.
  }
  const browsing = ref(false);
  let at = -1;
  let typed = "";
  return {
    browsing,
    add(line) {
      const text = line.trim();
      if (!text) return;
      lines = [text, ...lines.filter((x) => x !== text)].slice(0, MOST);
      this.leave();
      try {
        localStorage.setItem(key, JSON.stringify(lines));
      } catch {
        // A full storage: it lasts as long as the page.
      }
    },
    earlier(now) {
      if (at + 1 >= lines.length) return browsing.value ? lines[at]! : null;
      if (at < 0) typed = now;
      browsing.value = true;
      return lines[++at]!;
    },
    later() {
      at--;
      if (at >= 0) return lines[at]!;
      browsing.value = false;
      at = -1;
      return typed;
    },
    leave() {
      at = -1;
      browsing.value = false;
    },
  };
}
