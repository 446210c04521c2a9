// Tables, weeks and the tree of units, without a browser.

import { describe, expect, it } from "vitest";
import { ref } from "vue";
import type { Leave, Shift, UnitRow } from "../admin/people/api";
import { chunks, guessColumns, parentsFirst, parseCsv, toSheet, TableError } from "../admin/people/parts/table";
import { addDays, beginsOn, dayOf, hourOf, mondayOf, onDay, planCopy, span, startOf, weekOf } from "../admin/people/roster/week";
import { createTree } from "../admin/people/units/tree";

describe("a table", () => {
  it("is read as spreadsheets write it", () => {
    expect(parseCsv('\ufeffa,b\r\n1,"x,""y""\nz"\r\n')).toEqual([["a", "b"], ["1", 'x,"y"\nz']]);
    expect(parseCsv("a;b\n1;2")).toEqual([["a", "b"], ["1", "2"]]);
    expect(parseCsv("a\tb\r1\t")).toEqual([["a", "b"], ["1", ""]]);
  });
  it("keeps the numbers of its lines, whatever is empty", () => {
    const s = toSheet([["id", "name"], ["", ""], ["g1", " one "], ["g2", 2]]);
    expect(s.rows).toEqual([{ line: 3, cells: ["g1", "one"] }, { line: 4, cells: ["g2", "2"] }]);
    expect(() => toSheet([["id"]])).toThrow(TableError);
    expect(() => toSheet([["id"], ...Array.from({ length: 5001 }, () => ["x"])])).toThrow("many");
  });
  it("has its columns found by name in either language, each once", () => {
    const fields = [{ key: "id", names: ["代码"] }, { key: "name", names: ["名称", "name"] }, { key: "kind", names: ["类别"] }];
    expect(guessColumns(["名称 *", "Code", "代码"], fields)).toEqual({ id: 2, name: 0, kind: -1 });
  });
  it("has parents before children and ends in a circle", () => {
    const order = (rows: [string, string][]) => parentsFirst(rows, (r) => r[0], (r) => r[1]).map((r) => r[0]);
    expect(order([["c", "b"], ["b", "a"], ["a", "root"]])).toEqual(["a", "b", "c"]);
    expect(order([["a", "b"], ["b", "a"]])).toEqual(["b", "a"]);
    expect(chunks([1, 2, 3], 2)).toEqual([[1, 2], [3]]);
  });
});

describe("a week of the county", () => {
  it("goes by Beijing time", () => {
    expect(dayOf(Date.parse("2026-11-21T16:30:00Z"))).toBe("2026-11-22");
    expect(hourOf("2026-11-22T00:00:00Z")).toBe("08:00");
    expect(mondayOf("2026-11-22")).toBe("2026-11-16"); // a Sunday
    expect(mondayOf("2026-11-23")).toBe("2026-11-23");
    expect(weekOf("2026-12-28")).toContain("2027-01-03");
    expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
    expect(span("2026-11-22", "20:00", "08:00")).toEqual({ from: "2026-11-22T20:00:00+08:00", until: "2026-11-23T08:00:00+08:00" });
    const night = span("2026-11-22", "20:00", "08:00");
    expect(onDay(night, "2026-11-23")).toBe(true);
    expect(beginsOn({ ...night, id: "", user: "", org: "" }, "2026-11-23")).toBe(false);
  });
  it("is copied without what cannot be", () => {
    const shift = (user: string, day: string, more: Partial<Shift> = {}): Shift => ({ id: `d${day}${user}`, user, org: "o", ...span(day, "08:00", "20:00"), ...more });
    const source = [shift("a", "2026-11-16", { post: "lead" }), shift("b", "2026-11-17"), shift("c", "2026-11-18"), shift("d", "2026-11-19"), shift("x", "2026-11-16", { instead_of: "a" })];
    const leaves: Leave[] = [{ id: "l", user: "b", org: "o", from: "2026-11-23T16:00:00Z", until: "2026-11-25T16:00:00Z" }];
    const plan = planCopy(source, [shift("c", "2026-11-25")], leaves, new Set(["a", "b", "c"]), startOf("2026-11-20"));
    expect(plan.map((p) => [p.user, p.why])).toEqual([["a", undefined], ["b", "leave"], ["c", "taken"], ["d", "gone"]]);
    expect(plan[0]).toMatchObject({ post: "lead", from: "2026-11-23T00:00:00.000Z", until: "2026-11-23T12:00:00.000Z" });
    expect(planCopy(source, [], [], new Set(["a"]), startOf("2026-12-20"))[0]!.why).toBe("past");
  });
});

describe("the tree of units", () => {
  const row = (id: string, parent: string, children = 0): UnitRow => ({ id, parent, kind: "grid", name: id, rev: 1, children, people: 0 });
  it("asks level by level, in pages, and again for what is open", async () => {
    const asked: string[] = [];
    let names = ["g1", "g2"];
    const children = async (p: { parent?: string; after?: string }) => {
      asked.push(`${p.parent ?? ""}${p.after ?? ""}`);
      if (!p.parent) return { rows: [row("c", "", 1)] };
      if (p.parent === "c") return { rows: [row("t", "c", 2)] };
      return p.after ? { rows: [row(names[1]!, "t")] } : { rows: [row(names[0]!, "t")], next: "+" };
    };
    const tree = createTree({ children }, ref(false));
    await tree.start();
    expect(tree.visible.value.map((n) => n.row.id)).toEqual(["c", "t"]);
    await tree.reveal(["c", "t"]);
    expect(tree.visible.value.map((n) => [n.row.id, n.level])).toEqual([["c", 1], ["t", 2], ["g1", 3], ["g2", 3]]);
    expect(asked).toEqual(["", "c", "t", "t+"]);
    tree.collapse("t");
    names = ["g3", "g4"];
    await tree.refresh();
    expect(asked.filter((a) => a === "t")).toHaveLength(1); // closed: not asked
    await tree.expand("t");
    expect(tree.visible.value.map((n) => n.row.id)).toEqual(["c", "t", "g3", "g4"]);
    expect(tree.parentOf("g3")).toBe("t");
  });
  it("says why a level is not there, and is asked again", async () => {
    let down = true;
    const children = async (p: { parent?: string }) => {
      if (p.parent === "c" && down) throw new Error("down");
      return { rows: p.parent === "c" ? [row("t", "c")] : [row("c", "", 1)] };
    };
    const tree = createTree({ children }, ref(false));
    await tree.start();
    expect(tree.visible.value[0]!.error).toBeInstanceOf(Error);
    down = false;
    await tree.expand("c");
    expect(tree.visible.value.map((n) => n.row.id)).toEqual(["c", "t"]);
  });
});
