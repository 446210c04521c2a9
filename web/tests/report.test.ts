import { describe, expect, it } from "vitest";
import { askedHere, emptyDraft, fieldOf, filledForm, isPhone, problems, reportParams } from "../report/draft";
import type { Form } from "../shared/form";
import { fitted } from "../report/photo";

describe("a resident's report", () => {
  it("needs what and where, and one of words or a photo; the rest is optional", () => {
    const d = emptyDraft();
    expect(Object.keys(problems(d, 0)).sort()).toEqual(["category", "place", "text"]);
    Object.assign(d, { category: "fire", address: " 三组 " });
    expect(Object.keys(problems(d, 1))).toEqual([]);
    expect(reportParams({ ...d, text: " x ", name: "  " }, ["a"])).toEqual({ category: "fire", address: "三组", text: "x", attachments: ["a"] });
  });

  it("takes telephone numbers as people write them, as the server does", () => {
    for (const ok of ["13812349876", "138 1234 9876", "+86-138-1234-9876", "0086 13812349876", "0739-7221234", "(0739) 7221234", "7221234", "02112345678"]) expect(isPhone(ok), ok).toBe(true);
    for (const bad of ["", "110", "12345", "1381234987", "12812349876", "138123498765", "abc", "138１234"]) expect(isPhone(bad), bad).toBe(false);
  });

  it("puts the server's complaint beside its question", () => {
    expect(fieldOf("params.phone")).toBe("phone");
    expect(fieldOf("params.attachments[2]")).toBe("photos");
    expect(fieldOf("params.address")).toBe("place");
    expect(fieldOf("")).toBe("");
  });

  it("sends the category's form when something in it is answered, with the report's own pictures and place", () => {
    const form: Form = {
      id: "fire",
      version: 3,
      zh: "火情",
      en: "Fire",
      fields: [
        { id: "spreading", kind: "tick", zh: "蔓延", en: "Spreading" },
        { id: "burning", kind: "choice", zh: "烧的是什么", en: "What burns", required: true, options: [{ value: "house", zh: "房", en: "House" }] },
        { id: "pictures", kind: "photo", zh: "照片", en: "Pictures", required: true, max: 1 },
        { id: "spot", kind: "place", zh: "位置", en: "Place" },
      ],
    };
    const d = { ...emptyDraft(), place: { lon: 110, lat: 27 } };
    expect(askedHere(form).fields.map((f) => f.id)).toEqual(["spreading", "burning"]);
    expect(filledForm(d, null, [])).toBeNull();
    expect(filledForm(d, form, ["a"]), "nothing need be answered").toBeNull();
    d.forms["fire"] = { spreading: false };
    expect(filledForm(d, form, ["a"])).toBeNull();
    d.forms["fire"] = { spreading: true };
    expect(Object.keys(filledForm(d, form, [])!.problems)).toEqual(["burning", "pictures"]);
    d.forms["fire"] = { spreading: true, burning: "house" };
    expect(filledForm(d, form, ["a", "b"])).toEqual({ form: { id: "fire", version: 3, values: { spreading: true, burning: "house", pictures: ["a"], spot: { lon: 110, lat: 27 } } }, problems: {} });
  });

  it("makes photos small and leaves small ones alone", () => {
    expect(fitted(4000, 3000)).toEqual({ width: 1600, height: 1200 });
    expect(fitted(300, 5000)).toEqual({ width: 96, height: 1600 });
    expect(fitted(640, 480)).toEqual({ width: 640, height: 480 });
  });
});
