// The rooms of the house: which views there are, in which group they stand, who may open them. A part adds its own
// list here; the frame (AdminShell.vue) knows no view by name.

import { defineAsyncComponent, type Component } from "vue";
import type { Word } from "../shared/i18n";
import PackHome from "./home/PackHome.vue";
import TrustView from "./home/TrustView.vue";
import { peopleSections } from "./people/sections";
import { dataSections, systemSections } from "./system/sections";

/** In the order of the navigation. */
export const GROUPS = ["people", "data", "rules", "system"] as const;
export type Group = (typeof GROUPS)[number];

/** May the person call this method? */
export type Can = (method: string) => boolean;

export interface Section {
  group: Group;
  /** `#/<view>/<id>`: the component has the prop `id`. */
  view: string;
  /** What the navigation calls it. */
  word: Word;
  /** Asked by methods, so that the server's table of rights is the only one. */
  may(can: Can): boolean;
  component: Component;
  /** A view that has no place of its own in the navigation stands under another. */
  under?: string;
}

/** The workshop, for whoever may read rules: `pack.list` is for desks too, the history of deployments is not. */
const readsRules = (can: Can) => can("pack.history");

export const ruleSections: Section[] = [
  { group: "rules", view: "packs", word: "nav.packs", may: readsRules, component: PackHome },
  { group: "rules", view: "edit", word: "nav.packs", may: readsRules, component: defineAsyncComponent(() => import("./editor/EditorView.vue")), under: "packs" },
  { group: "rules", view: "jobs", word: "nav.jobs", may: readsRules, component: defineAsyncComponent(() => import("./results/JobsView.vue")) },
  { group: "rules", view: "job", word: "nav.jobs", may: readsRules, component: defineAsyncComponent(() => import("./results/JobView.vue")), under: "jobs" },
  { group: "rules", view: "history", word: "nav.history", may: readsRules, component: defineAsyncComponent(() => import("./results/HistoryView.vue")) },
  { group: "rules", view: "shadow", word: "nav.shadow", may: readsRules, component: defineAsyncComponent(() => import("./results/ShadowView.vue")) },
  { group: "rules", view: "why", word: "nav.why", may: readsRules, component: defineAsyncComponent(() => import("./results/WhyView.vue")) },
  { group: "rules", view: "trust", word: "nav.trust", may: (can) => readsRules(can) || can("pack.trust"), component: TrustView },
];

export const sections: Section[] = [...peopleSections, ...dataSections, ...ruleSections, ...systemSections];

/** The group's views that stand in its navigation and that this person may open. */
export function inGroup(group: Group, can: Can): Section[] {
  return sections.filter((s) => s.group === group && !s.under && s.may(can));
}
/** Where somebody begins who named no view: the packs, for whoever may read them, as ever; else the first there is. */
export function firstFor(can: Can): Section | undefined {
  const mine = sections.filter((s) => !s.under && s.may(can));
  return mine.find((s) => s.view === "packs") ?? mine[0];
}
