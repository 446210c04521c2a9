// The rooms of two groups: what the county's data is made of, and the house itself.

import { defineAsyncComponent } from "vue";
import type { Section } from "../sections";

export const dataSections: Section[] = [
  { group: "data", view: "forms", word: "nav.forms", may: (can) => can("form.check"), component: defineAsyncComponent(() => import("./FormsView.vue")) },
  { group: "data", view: "form", word: "nav.forms", may: (can) => can("form.check"), component: defineAsyncComponent(() => import("./FormEditor.vue")), under: "forms" },
  { group: "data", view: "words", word: "nav.words", may: (can) => can("dictionary.usage"), component: defineAsyncComponent(() => import("./WordsView.vue")) },
];

export const systemSections: Section[] = [
  { group: "system", view: "health", word: "nav.health", may: (can) => can("backup.list"), component: defineAsyncComponent(() => import("./HealthView.vue")) },
  { group: "system", view: "backups", word: "nav.backups", may: (can) => can("backup.list"), component: defineAsyncComponent(() => import("./BackupsView.vue")) },
  { group: "system", view: "channels", word: "nav.channels", may: (can) => can("outbox.list"), component: defineAsyncComponent(() => import("./ChannelsView.vue")) },
  { group: "system", view: "devices", word: "nav.devices", may: (can) => can("device.list"), component: defineAsyncComponent(() => import("./DevicesView.vue")) },
  { group: "system", view: "audit", word: "nav.audit", may: (can) => can("journal.search"), component: defineAsyncComponent(() => import("./AuditView.vue")) },
];
