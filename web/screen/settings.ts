// How this wall is set up; kept in its browser.

import { reactive, watch } from "vue";
import { FITTING, type Fitting } from "./stage";

const KEY = "fq.screen.fitting";
function kept(): Partial<Fitting> {
  try {
    return (JSON.parse(localStorage.getItem(KEY) ?? "null") as Partial<Fitting> | null) ?? {};
  } catch {
    return {};
  }
}
export const fitting = reactive<Fitting>({ ...FITTING, ...kept() });
watch(fitting, () => localStorage.setItem(KEY, JSON.stringify(fitting)));
