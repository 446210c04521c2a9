// Where the page is: `#/<view>/<id>?<query>`. Back and forward are the browser's own.

import { readonly, shallowRef, type DeepReadonly } from "vue";

/** The name of a view, as sections.ts has it; "" is the first that the person may open. */
export type View = string;

export interface Route {
  view: View;
  id: string;
  query: Record<string, string>;
}

export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view = "", ...rest] = path.split("/");
  return {
    view,
    id: decode(rest.join("/")),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** What somebody typed into the address bar may be no valid encoding. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function href(view: View, id = "", query: Record<string, string | number | undefined> = {}): string {
  const asked = new URLSearchParams();
  for (const [k, v] of Object.entries(query)) if (v !== undefined && v !== "") asked.set(k, String(v));
  const tail = asked.toString();
  return `#/${view}${id ? `/${encodeURIComponent(id)}` : ""}${tail ? `?${tail}` : ""}`;
}

const current = shallowRef<Route>(parse(typeof location === "undefined" ? "" : location.hash));
export const route: DeepReadonly<typeof current> = readonly(current);

export function go(view: View, id = "", query: Record<string, string | number | undefined> = {}): void {
  location.hash = href(view, id, query);
}

/** The same place with another query, without a step of history: a filter, the file that is open. */
export function requery(query: Record<string, string | number | undefined>): void {
  const { view, id, query: had } = current.value;
  history.replaceState(null, "", href(view, id, { ...had, ...query }));
  current.value = parse(location.hash);
}

/** Asked before another place is gone to; false stays. One view at a time has something to lose. */
let guard: (() => boolean) | null = null;
export function guardLeaving(fn: (() => boolean) | null): void {
  guard = fn;
}

export function startRouter(): () => void {
  const follow = () => {
    const next = parse(location.hash);
    const { view, id } = current.value;
    if (guard && (next.view !== view || next.id !== id) && !guard()) {
      history.pushState(null, "", href(view, id, current.value.query));
      return;
    }
    current.value = next;
  };
  addEventListener("hashchange", follow);
  follow();
  return () => removeEventListener("hashchange", follow);
}
