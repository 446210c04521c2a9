// What other parts put into the phone's shell: a tab of their own, something that is in reach on every view, what must be
// answered, and rows of the one inbox. A part registers itself when its module is loaded (main.ts imports it), so that the
// shell knows no part by name. Components get the one prop `field`.

import { shallowReactive, type Component } from "vue";
import type { Word } from "../shared/i18n";
import type { Outbox } from "../shared/outbox";
import type { Session } from "../shared/session";
import type { Place, User } from "../shared/types";
import type { PhoneStore } from "./store";

export type PhoneSession = Session<PhoneStore>;

/** What the shell lends to its parts. */
export interface Field {
  session: PhoneSession;
  user: User;
  outbox: Outbox;
  /** One line at the top of the page, said to screen readers as well. */
  say(text: string): void;
  /** The last position heard, however old; null when the phone gives none. */
  place(): Place | null;
}

export interface TabPart {
  /** Its route: `#/id`, `#/id/whatever` (see route.ts: `route.value.rest`). */
  id: string;
  word: Word;
  view: Component;
  /** Who sees it; everybody when left out. Must not be dear: it is asked with every drawing. */
  may?(f: Field): boolean;
  /** A number beside the word, 0 for none. */
  badge?(f: Field): number;
}

export interface Parts {
  /** Between the inbox and the report, in the order they came. */
  tabs: TabPart[];
  /** In the header that stays in sight: in reach on every view, two rows high at the most. */
  always: Component[];
  /** Above whatever view is open: what must be answered now. They draw nothing when there is nothing. */
  urgent: Component[];
  /** Below what is to be done about a task; they get the prop `task` as well. */
  task: Component[];
}

/** A part may come after the page has been drawn. */
export const parts: Parts = { tabs: [], always: [], urgent: shallowReactive([]), task: shallowReactive([]) };
