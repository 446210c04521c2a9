// Dark by default (a duty room at night), light on request; remembered.

import { ref } from "vue";

export type Theme = "dark" | "light";
const KEY = "fq.theme";

export const theme = ref<Theme>(localStorage.getItem(KEY) === "light" ? "light" : "dark");

export function applyTheme(next: Theme = theme.value): void {
  theme.value = next;
  document.documentElement.dataset["theme"] = next;
  localStorage.setItem(KEY, next);
}
