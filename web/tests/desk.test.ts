import { describe, expect, it } from "vitest";
import { byNeed } from "../console/board";
import { nearText } from "../console/near";
import { orderParams, whomOf } from "../console/order";
import { createSearch, queryOf } from "../console/search";
import { lang } from "../shared/i18n";
import type { Link } from "../shared/link";
import { settle } from "./fakes";

const units = [
  { id: "d1", name: "应急局", kind: "department" },
  { id: "x1", name: "应急分队", kind: "team" },
];

describe("an order", () => {
  it("names people, units and teams, each as the server wants it, nobody twice", () => {
    const to = whomOf({ people: ["a"], byHand: "a, b，c", units: ["d1", "x1", "gone"] }, units);
    expect(to).toEqual([{ user: "a" }, { user: "b" }, { user: "c" }, { unit: "d1" }, { team: "x1" }]);
  });
  it("says who leads and its terms, and nothing that was left out", () => {
    const form = { people: ["a"], byHand: "", units: ["d1"], lead: "unit/d1", note: " 快 ", expires: 60, remind: 5 };
    expect(orderParams("i1", form, units)).toEqual({ id: "i1", to: [{ user: "a" }, { unit: "d1", lead: true }], note: "快", expires_in_ms: 3_600_000, remind_ms: 300_000 });
    expect(orderParams("i1", { ...form, lead: "", note: "", expires: 0, remind: null }, units)).toEqual({ id: "i1", to: [{ user: "a" }, { unit: "d1" }] });
  });
});

describe("what may be the same", () => {
  it("is said in the page's language", () => {
    const near = { id: "i2", number: 2, title: "x", score: 80, distance_m: 63, apart_ms: 360_000, same_category: "same", likeness: 0.8 };
    lang.value = "zh";
    expect(nearText(near)).toBe("相距 63 米，相隔 6 分钟，类别相同，说法相近");
    lang.value = "en";
    expect(nearText({ ...near, same_category: "other", likeness: 0.1 })).toBe("63 m apart, 6 min apart");
    lang.value = "zh";
  });
});

describe("a search", () => {
  it("takes numbers for numbers and everything else for words", () => {
    expect(queryOf(" #1024 ")).toEqual({ number: 1024 });
    expect(queryOf("1024")).toEqual({ number: 1024 });
    expect(queryOf("污水 桥头")).toEqual({ text: "污水 桥头" });
    expect(queryOf("#0")).toEqual({ text: "#0" });
  });

  const answering = (pages: { rows: { id: string }[]; next?: string }[]) => {
    const asked: Record<string, unknown>[] = [];
    const link = {
      query: (_: string, params: Record<string, unknown>) => {
        asked.push(params);
        return Promise.resolve(pages.shift());
      },
    } as unknown as Pick<Link, "query">;
    return { link, asked };
  };
  it("goes on over empty pages, and page by page when asked", async () => {
    const { link, asked } = answering([{ rows: [], next: "a" }, { rows: [{ id: "i1" }], next: "b" }, { rows: [{ id: "i2" }] }]);
    const s = createSearch(link);
    await s.start({ text: "x" });
    expect(s.rows.value?.map((r) => r.id)).toEqual(["i1"]);
    expect(s.next.value).toBe("b");
    await s.more();
    expect(s.rows.value?.map((r) => r.id)).toEqual(["i1", "i2"]);
    expect([s.next.value, s.busy.value]).toEqual(["", false]);
    expect(asked.map((p) => p["after"])).toEqual([undefined, "a", "b"]);
  });
  it("drops an answer that comes after it was left", async () => {
    const { link } = answering([{ rows: [{ id: "i1" }] }]);
    const s = createSearch(link);
    void s.start({ text: "x" });
    s.leave();
    await settle();
    expect([s.rows.value, s.busy.value]).toEqual([null, false]);
  });
});

describe("the board", () => {
  it("puts units that owe answers first", () => {
    const u = (org: string, called: number, silent: number) => ({ org, name: org, called, coming: 0, not_coming: 0, silent });
    expect(byNeed([u("a", 9, 0), u("b", 1, 1), u("c", 5, 3)]).map((x) => x.org)).toEqual(["c", "b", "a"]);
  });
});
