import { describe, expect, it } from "vitest";
import { emptyDraft, fieldOf, isPhone, problems, reportParams } from "../report/draft";
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

  it("makes photos small and leaves small ones alone", () => {
    expect(fitted(4000, 3000)).toEqual({ width: 1600, height: 1200 });
    expect(fitted(300, 5000)).toEqual({ width: 96, height: 1600 });
    expect(fitted(640, 480)).toEqual({ width: 640, height: 480 });
  });
});
