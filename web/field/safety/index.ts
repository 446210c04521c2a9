// The panic button and patrols, put into the phone's shell.

import { parts } from "../parts";
import PanicButton from "./PanicButton.vue";
import PanicCards from "./PanicCards.vue";
import PatrolLine from "./PatrolLine.vue";
import PatrolTab from "./PatrolTab.vue";
import { walk } from "./walk";
import "./safety.css";

parts.always.push(PanicButton);
parts.urgent.push(PanicCards, PatrolLine);
parts.tabs.push({
  id: "patrol",
  word: "tab.patrol",
  view: PatrolTab,
  // Who walks: a relative has the button alone.
  may: (f) => f.user.roles.includes("officer") || f.user.roles.includes("department"),
  badge: () => (walk.value ? walk.value.points.filter((p) => !walk.value!.done[p.id]).length : 0),
});
