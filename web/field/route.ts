// Where the page is: in the hash, so that a phone's Back key works and a reload stays.

import { ref } from "vue";

export interface Route {
  /** `tasks` is home. */
  tab: string;
  task: string;
  /** What follows the tab's name: a part's own way. */
  rest: string[];
}

export function parseRoute(hash: string): Route {
  const [tab = "", ...rest] = hash.replace(/^#\/?/, "").split("/");
  if (tab === "task" && rest[0]) return { tab: "tasks", task: rest[0], rest: [] };
  return { tab: tab || "tasks", task: "", rest };
}

export const route = ref<Route>(parseRoute(location.hash));
addEventListener("hashchange", () => (route.value = parseRoute(location.hash)));

export function go(to: string): void {
  location.hash = `#/${to}`;
}
