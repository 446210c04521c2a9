// The numbers of what was reported from this phone, so that nobody has to remember one.

import { ref } from "vue";
import { keep, keptJson } from "./keep";

export interface Sent {
  number: number;
  code: string;
  category: string;
  at: string;
}

const KEY = "fq.report.sent";
const MOST = 20;
export const sent = ref<Sent[]>(keptJson<Sent[]>(KEY) ?? []);

export function remember(s: Sent): void {
  sent.value = [s, ...sent.value.filter((o) => o.code !== s.code)].slice(0, MOST);
  keep(KEY, sent.value);
}

export function forget(s: Sent): void {
  sent.value = sent.value.filter((o) => o !== s);
  keep(KEY, sent.value.length ? sent.value : null);
}
