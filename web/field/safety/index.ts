// The panic button and patrols, put into the phone's shell.

import { defineAsyncComponent } from "vue";
import { parts } from "../parts";
import PanicButton from "./PanicButton.vue";
import PanicCards from "./PanicCards.vue";
import PatrolLine from "./PatrolLine.vue";
import { walk } from "./walk";
import "./safety.css";

/** Behind the first drawing, but at once: there may be no network when it is opened. */
const patrolTab = () => import("./PatrolTab.vue");
patrolTab().catch(() => undefined);

parts.always.push(PanicButton);
parts.urgent.push(PanicCards, PatrolLine);
parts.tabs.push({
  id: "patrol",
  word: "tab.patrol",
  view: defineAsyncComponent(patrolTab),
  // Who walks: a relative has the button alone.
  may: (f) => f.user.roles.includes("officer") || f.user.roles.includes("department"),
  badge: () => (walk.value ? walk.value.points.filter((p) => !walk.value!.done[p.id]).length : 0),
});
