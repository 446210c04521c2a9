// A form being written: taken apart for the editor, put together for the server, kept until it is saved.

import type { FieldKind, Form, FormField, FormOption } from "../../shared/form";

export const KINDS: readonly FieldKind[] = ["tick", "choice", "choices", "number", "text", "date", "photo", "place"];
/** As core/kernel/form.h has it. */
export const TICKS_GOOD = 0.8;

export function tickRatio(fields: readonly Pick<FormField, "kind">[]): number {
  const tapped = fields.filter((f) => ["tick", "choice", "choices"].includes(f.kind)).length;
  const typed = fields.filter((f) => ["number", "text", "date"].includes(f.kind)).length;
  return tapped + typed ? tapped / (tapped + typed) : 1;
}

export const hasOptions = (k: FieldKind) => k === "choice" || k === "choices";
export const hasBounds = (k: FieldKind) => ["choices", "number", "text", "photo"].includes(k);

export interface FormDraft {
  id: string;
  category: string;
  zh: string;
  en: string;
  fields: FormField[];
}

export const emptyForm = (): FormDraft => ({ id: "", category: "", zh: "", en: "", fields: [] });

export function draftOf(f: Form): FormDraft {
  return JSON.parse(JSON.stringify({ id: f.id, category: f.category ?? "", zh: f.zh, en: f.en, fields: f.fields })) as FormDraft;
}

/** A name that no other has: field1, field2 ... */
export function freshId(stem: string, taken: readonly string[]): string {
  for (let n = 1; ; n++) if (!taken.includes(`${stem}${n}`)) return `${stem}${n}`;
}

export function freshField(kind: FieldKind, fields: readonly FormField[]): FormField {
  const field: FormField = { id: freshId("field", fields.map((f) => f.id)), kind, zh: "", en: "" };
  return hasOptions(kind) ? { ...field, options: [freshOption([]), freshOption([{ value: "option1", zh: "", en: "" }])] } : field;
}
export const freshOption = (options: readonly FormOption[]): FormOption => ({ value: freshId("option", options.map((o) => o.value)), zh: "", en: "" });

/** Another kind: what it cannot have goes. */
export function withKind(f: FormField, kind: FieldKind): FormField {
  const { options, min, max, unit, ...rest } = f;
  return {
    ...rest,
    kind,
    ...(hasOptions(kind) && { options: options ?? [freshOption([])] }),
    ...(hasBounds(kind) && { ...(min !== undefined && { min }), ...(max !== undefined && { max }) }),
    ...(kind === "number" && unit !== undefined && { unit }),
  };
}

/** The fields a condition may look at: those before it that are ticked or chosen. */
export function deciders(fields: readonly FormField[], at: number): FormField[] {
  return fields.slice(0, at).filter((f) => ["tick", "choice", "choices"].includes(f.kind));
}

/** A field that moves before the one it depends on would never be asked. */
export function canMove(fields: readonly FormField[], at: number, by: number): boolean {
  const to = at + by;
  if (to < 0 || to >= fields.length) return false;
  const [upper, lower] = by < 0 ? [fields[at]!, fields[to]!] : [fields[to]!, fields[at]!];
  return upper.when?.field !== lower.id;
}

/** What the server takes: members without a value are left out. */
export function toForm(d: FormDraft): Record<string, unknown> {
  return {
    id: d.id,
    ...(d.category && { category: d.category }),
    zh: d.zh,
    en: d.en,
    fields: d.fields.map((f) => Object.fromEntries(Object.entries(f).filter(([k, v]) => v !== undefined && v !== "" && !(k === "required" && v === false)))),
  };
}

/** "fields[2].options[0].zh" is about the field with that place. */
export function fieldAt(path: string): number | null {
  const m = /^fields\[(\d+)\]/.exec(path);
  return m ? Number(m[1]) : null;
}
