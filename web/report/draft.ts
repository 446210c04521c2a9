// The report being written, and what keeps it from being sent. No page in it, so that tests need none.

import { cleaned, formProblems, isBlank, type Answers, type FieldProblem, type FilledForm, type Form, type FormField } from "../shared/form";
import type { Place } from "../shared/types";
import type { Word } from "../shared/i18n";

export interface Draft {
  category: string;
  text: string;
  address: string;
  place: Place | null;
  name: string;
  phone: string;
  photos: string[];
  /** By form: choosing another category and coming back loses nothing. */
  forms: Record<string, Answers>;
}

export const emptyDraft = (): Draft => ({ category: "", text: "", address: "", place: null, name: "", phone: "", photos: [], forms: {} });

/** As the server has it (plugins/public/person.c). */
export function isPhone(given: string): boolean {
  if (!/^[\d\s()+-]+$/.test(given)) return false;
  const digits = given.replace(/\D/g, "").replace(/^(0086|86)(?=\d{10,})/, "");
  return /^1[3-9]\d{9}$/.test(digits) || /^[02-9]\d{6,11}$/.test(digits);
}

export type Field = "category" | "text" | "phone" | "place" | "photos";

export function problems(d: Draft, photos: number): Partial<Record<Field, Word>> {
  const found: Partial<Record<Field, Word>> = {};
  if (!d.category) found.category = "need.category";
  if (!d.text.trim() && !photos) found.text = "need.text";
  if (!d.place && !d.address.trim()) found.place = "need.place";
  if (d.phone.trim() && !isPhone(d.phone.trim())) found.phone = "need.phone";
  return found;
}

/* ---- the category's form. The page asks for pictures and the place itself: one question, one answer ---- */

const elsewhere = (f: FormField): boolean => f.kind === "photo" || f.kind === "place";
export const askedHere = (form: Form): Pick<Form, "fields"> => ({ fields: form.fields.filter((f) => !elsewhere(f)) });

/** Nothing need be answered; but whoever answers answers what has to be. Null: it goes without the form. */
export function filledForm(d: Draft, form: Form | null, photos: string[]): { form: FilledForm; problems: Record<string, FieldProblem> } | null {
  const given = form && d.forms[form.id];
  if (!form || !given || !askedHere(form).fields.some((f) => !isBlank(given[f.id]) && given[f.id] !== false)) return null;
  const all: Answers = { ...given };
  for (const f of form.fields.filter(elsewhere)) all[f.id] = f.kind === "photo" ? photos.slice(0, f.max) : (d.place ?? undefined);
  return { form: { id: form.id, version: form.version, values: cleaned(form, all) }, problems: formProblems(form, all) };
}

export function reportParams(d: Draft, photos: string[]): Record<string, unknown> {
  const params: Record<string, unknown> = { category: d.category };
  for (const k of ["text", "address", "name", "phone"] as const) if (d[k].trim()) params[k] = d[k].trim();
  if (d.place) params["place"] = d.place;
  if (photos.length) params["attachments"] = photos;
  return params;
}

/** Where the server's complaint belongs. */
export function fieldOf(path: string): Field | "" {
  const m = /^params\.(category|text|phone|place|address|attachments)/.exec(path);
  if (!m) return "";
  return m[1] === "attachments" ? "photos" : m[1] === "address" ? "place" : (m[1] as Field);
}
