// Where the page is: in the hash, so that a phone's Back key works and a reload stays.

import { ref } from "vue";

export type Tab = "tasks" | "report" | "mine";

export interface Route {
  tab: Tab;
  task: string;
}

export function parseRoute(hash: string): Route {
  const [tab, id] = hash.replace(/^#\/?/, "").split("/");
  if (tab === "task" && id) return { tab: "tasks", task: id };
  return { tab: tab === "report" || tab === "mine" ? tab : "tasks", task: "" };
}

export const route = ref<Route>(parseRoute(location.hash));
addEventListener("hashchange", () => (route.value = parseRoute(location.hash)));

export function go(to: Tab | `task/${string}`): void {
  location.hash = `#/${to}`;
}
