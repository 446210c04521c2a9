// What this county takes reports of. Kept from the last visit, so that the form stands before the answer has come.

import { computed, ref } from "vue";
import { CATEGORIES } from "../shared/categories";
import type { Form } from "../shared/form";
import { lang, tData } from "../shared/i18n";
import { keep, keptJson } from "./keep";
import { rpc } from "./rpc";

interface County {
  rows: { code: string; zh: string; en: string; form?: Form }[];
  county?: string;
  hotline?: string;
  photos: number;
  photo_bytes: number;
}

const KEY = "fq.report.county";
const known = ref<County | null>(keptJson<County>(KEY));

export const county = computed(() => known.value?.county ?? "");
export const hotline = computed(() => known.value?.hotline ?? "");
export const photosMost = computed(() => known.value?.photos ?? 6);
export const categories = computed(() =>
  known.value?.rows.length
    ? known.value.rows.map((r) => ({ code: r.code, name: lang.value === "zh" ? r.zh : r.en }))
    : CATEGORIES.map((code) => ({ code, name: tData("category", code) })),
);

/** What is asked besides, of this category. */
export const formOf = (code: string): Form | null => known.value?.rows.find((r) => r.code === code)?.form ?? null;

export async function loadCounty(): Promise<void> {
  for (let wait = 3000; ; wait = Math.min(60_000, wait * 2)) {
    try {
      known.value = await rpc<County>("public.categories");
      keep(KEY, known.value);
      return;
    } catch {
      await new Promise((done) => setTimeout(done, wait)); // the form works meanwhile
    }
  }
}
