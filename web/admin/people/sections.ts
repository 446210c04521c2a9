// The rooms of the group: units, accounts, the roster, bindings.

import { defineAsyncComponent } from "vue";
import type { Section } from "../sections";

export const peopleSections: Section[] = [
  { group: "people", view: "units", word: "nav.units", may: (can) => can("org.get"), component: defineAsyncComponent(() => import("./units/UnitsView.vue")) },
  { group: "people", view: "accounts", word: "nav.accounts", may: (can) => can("user.get"), component: defineAsyncComponent(() => import("./accounts/AccountsView.vue")) },
  { group: "people", view: "roster", word: "nav.roster", may: (can) => can("roster.list"), component: defineAsyncComponent(() => import("./roster/RosterView.vue")) },
  { group: "people", view: "bindings", word: "nav.bindings", may: (can) => can("binding.list"), component: defineAsyncComponent(() => import("./bindings/BindingsView.vue")) },
];
