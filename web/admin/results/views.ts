// The result views by the route that shows them. Each is a component with the prop `id` (what follows the view's
// name in the address); the query is in router.ts.

import { defineAsyncComponent, type Component } from "vue";
import type { View } from "../router";

export const resultViews: Partial<Record<View, Component>> = {
  jobs: defineAsyncComponent(() => import("./JobsView.vue")),
  job: defineAsyncComponent(() => import("./JobView.vue")),
  history: defineAsyncComponent(() => import("./HistoryView.vue")),
  why: defineAsyncComponent(() => import("./WhyView.vue")),
  shadow: defineAsyncComponent(() => import("./ShadowView.vue")),
};
