// Forms as data: which of a form's fields are asked, what is wrong with the answers, and how they travel. The same rules
// as core/kernel/form_values.c, so that the server refuses nothing that this page has let pass.

import type { Word } from "./i18n";
import type { Place } from "./types";

export type FieldKind = "tick" | "choice" | "choices" | "number" | "text" | "date" | "photo" | "place";
export type Answer = boolean | string | number | string[] | Place;
/** By field; while it is being written a number is the text that was typed. */
export type Answers = Record<string, Answer | undefined>;

export interface FormOption {
  value: string;
  zh: string;
  en: string;
}
export interface FormField {
  id: string;
  kind: FieldKind;
  zh: string;
  en: string;
  required?: boolean;
  options?: FormOption[];
  /** Asked when that field, which stands before it, has this value, or one of these. */
  when?: { field: string; is: unknown };
  unit?: string;
  min?: number;
  max?: number;
}
export interface Form {
  id: string;
  version: number;
  category?: string;
  zh: string;
  en: string;
  fields: FormField[];
  pack?: string;
  retired?: boolean;
}
/** As incident.report and incident.fill take it, and incident.get gives it. */
export interface FilledForm {
  id: string;
  version: number;
  values: Answers;
}

export function isBlank(v: Answer | undefined): boolean {
  return v === undefined || v === "" || (typeof v === "string" && !v.trim()) || (Array.isArray(v) && !v.length);
}

/** Is the field asked, as the others are answered? */
export function isAsked(fields: FormField[], field: FormField, answers: Answers): boolean {
  const { when } = field;
  if (!when) return true;
  const other = fields.slice(0, fields.indexOf(field)).find((f) => f.id === when.field);
  if (!other || !isAsked(fields, other, answers)) return false;
  const given = answers[other.id] ?? (other.kind === "tick" ? false : undefined);
  const wanted: unknown[] = Array.isArray(when.is) ? when.is : [when.is];
  return Array.isArray(given) ? given.some((v) => wanted.includes(v)) : given !== undefined && wanted.includes(given);
}

export const askedFields = (form: Pick<Form, "fields">, answers: Answers): FormField[] => form.fields.filter((f) => isAsked(form.fields, f, answers));

/** What is sent: only what is asked and answered, numbers as numbers. */
export function cleaned(form: Pick<Form, "fields">, answers: Answers): Answers {
  const out: Answers = {};
  for (const f of askedFields(form, answers)) {
    const v = answers[f.id];
    if (isBlank(v)) continue;
    out[f.id] = f.kind === "number" ? Number(v) : typeof v === "string" ? v.trim() : v;
  }
  return out;
}

export interface FieldProblem {
  word: Word;
  values?: Record<string, number>;
}

function sizeOf(f: FormField, v: Answer): number | null {
  if (f.kind === "number") return Number(v);
  if (f.kind === "text") return [...String(v).trim()].length;
  return Array.isArray(v) ? v.length : null;
}

const FEWEST: Partial<Record<FieldKind, Word>> = { number: "form.least", text: "form.shortest" };
const MOST: Partial<Record<FieldKind, Word>> = { number: "form.most", text: "form.longest" };
const LONGEST = 2000;

function problemOf(f: FormField, v: Answer | undefined): FieldProblem | null {
  if (v === undefined || isBlank(v)) return f.required ? { word: "form.needed" } : null;
  if (f.kind === "number" && !Number.isFinite(Number(v))) return { word: "form.noNumber" };
  const size = sizeOf(f, v);
  const most = f.kind === "text" ? Math.min(f.max ?? LONGEST, LONGEST) : f.max;
  if (size === null) return null;
  if (f.min !== undefined && size < f.min) return { word: FEWEST[f.kind] ?? "form.fewest", values: { n: f.min } };
  return most !== undefined && size > most ? { word: MOST[f.kind] ?? "form.tooMany", values: { n: most } } : null;
}

/** By field, what keeps the answers from being sent. */
export function formProblems(form: Pick<Form, "fields">, answers: Answers): Record<string, FieldProblem> {
  const out: Record<string, FieldProblem> = {};
  for (const f of askedFields(form, answers)) {
    const p = problemOf(f, answers[f.id]);
    if (p) out[f.id] = p;
  }
  return out;
}

/** The form for a report of this category: one made for it, else one for any. */
export function formFor(forms: Form[], category: string): Form | null {
  return forms.find((f) => f.category === category) ?? forms.find((f) => !f.category) ?? null;
}

/** Which field a refusal of the server is about: "params.form.values.people" names `people`. */
export function fieldOfPath(path: string | undefined): string | null {
  return /(?:^|\.)form\.values\.([^.[]+)/.exec(path ?? "")?.[1] ?? null;
}
