import { describe, expect, it } from "vitest";
import { askedFields, cleaned, fieldOfPath, formFor, formProblems, isAsked, type Answers, type Form } from "../shared/form";

const form: Form = {
  id: "fire",
  version: 2,
  category: "fire",
  zh: "火情",
  en: "Fire",
  fields: [
    { id: "injured", kind: "tick", zh: "有人受伤", en: "somebody is hurt" },
    { id: "hurt", kind: "number", zh: "几人", en: "how many", required: true, min: 1, max: 50, when: { field: "injured", is: true } },
    { id: "what", kind: "choice", zh: "烧的什么", en: "what burns", required: true, options: [{ value: "forest", zh: "山林", en: "forest" }, { value: "house", zh: "房屋", en: "a house" }] },
    { id: "water", kind: "choices", zh: "水源", en: "water", max: 1, when: { field: "what", is: ["forest"] }, options: [{ value: "pond", zh: "水塘", en: "a pond" }, { value: "hydrant", zh: "消火栓", en: "a hydrant" }] },
    { id: "far", kind: "text", zh: "多远", en: "how far", min: 2, max: 5, when: { field: "water", is: "pond" } },
    { id: "calm", kind: "text", zh: "现场平稳", en: "calm", when: { field: "injured", is: false } },
  ],
};
const ids = (a: Answers) => askedFields(form, a).map((f) => f.id);

describe("which fields are asked", () => {
  it("follows ticks, an untouched one being no", () => {
    expect(ids({})).toEqual(["injured", "what", "calm"]);
    expect(ids({ injured: true })).toEqual(["injured", "hurt", "what"]);
  });
  it("follows choices, and a field that is not asked asks for nothing either", () => {
    expect(ids({ what: "forest", water: ["pond"] })).toContain("far");
    expect(ids({ what: "house", water: ["pond"] })).not.toContain("far");
    expect(isAsked(form.fields, form.fields[4]!, { what: "forest", water: ["hydrant"] })).toBe(false);
  });
});

describe("answers on their way", () => {
  it("leave out what is not asked and what is blank, and make numbers of what was typed", () => {
    expect(cleaned(form, { injured: true, hurt: "3", what: "house", water: ["pond"], calm: "x" })).toEqual({ injured: true, hurt: 3, what: "house" });
    expect(cleaned(form, { what: "house", calm: "  " })).toEqual({ what: "house" });
  });
  it("name what keeps them back, by field", () => {
    expect(formProblems(form, { injured: true })).toEqual({ hurt: { word: "form.needed" }, what: { word: "form.needed" } });
    const wrong = formProblems(form, { injured: true, hurt: "many", what: "forest", water: ["pond", "hydrant"], far: "一二三四五六" });
    expect(wrong).toEqual({ hurt: { word: "form.noNumber" }, water: { word: "form.tooMany", values: { n: 1 } }, far: { word: "form.longest", values: { n: 5 } } });
    expect(formProblems(form, { injured: true, hurt: "99", what: "forest", water: ["pond"], far: "一" })).toEqual({
      hurt: { word: "form.most", values: { n: 50 } },
      far: { word: "form.shortest", values: { n: 2 } },
    });
    expect(formProblems(form, { injured: true, hurt: "3", what: "house" })).toEqual({});
  });
});

it("finds the form of a category, else the one for any", () => {
  const any = { ...form, id: "any", category: undefined } as unknown as Form;
  expect(formFor([any, form], "fire")?.id).toBe("fire");
  expect(formFor([any, form], "flood")?.id).toBe("any");
  expect(formFor([form], "flood")).toBeNull();
});

it("knows which field a refusal is about", () => {
  expect(fieldOfPath("params.form.values.hurt")).toBe("hurt");
  expect(fieldOfPath("params.form.id")).toBeNull();
  expect(fieldOfPath(undefined)).toBeNull();
});
