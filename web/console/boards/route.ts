// Where the console is: #/queue, #/queue/i1024, #/whistles, #/whistles/i1024. In the hash, so that a reload, a bookmark
// and a second window stay where they are. The second part is the incident whose detail is open.

import { ref } from "vue";

export interface Route {
  board: string;
  id: string;
}

export function parseRoute(hash: string): Route {
  const [board = "", id = ""] = hash.replace(/^#\/?/, "").split("/");
  if (/^i\d+$/.test(board)) return { board: "queue", id: board }; // #i1024, as other pages link to it
  return { board: board || "queue", id };
}

export const hashOf = (board: string, id = ""): string => `#/${board}${id ? `/${id}` : ""}`;

const here = (): Route => parseRoute(typeof location === "undefined" ? "" : location.hash);
export const route = ref<Route>(here());
/** The incident last looked at on each board: coming back finds it again. */
export const lastId = ref<Record<string, string>>({});

function moved(): void {
  route.value = here();
  lastId.value = { ...lastId.value, [route.value.board]: route.value.id };
}
if (typeof addEventListener !== "undefined") addEventListener("hashchange", moved);

/** To another board; Back returns. */
export function go(board: string, id = lastId.value[board] ?? ""): void {
  location.hash = hashOf(board, id);
}

/** Another incident on the same board; Back does not step through everything that was looked at. */
export function look(id: string): void {
  history.replaceState(null, "", hashOf(route.value.board, id));
  moved();
}
