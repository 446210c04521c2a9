import { describe, expect, it } from "vitest";
import { coming, lateMs, watching, type PanicAlarm, type Told } from "../shared/alarms";
import { coverageShare, pointsOf, rowOf, toCircles } from "../console/safety/patrol";

const told = (who: string, why: Told["why"], more: Partial<Told> = {}): Told => ({ who, why, step: 0, told_at: "2026-11-22T00:00:00Z", ...more });
const alarm = (more: Partial<PanicAlarm>): PanicAlarm => ({ told: [], by: "grandpa", id: "p1", raised_at: "2026-11-22T00:00:00Z", occurred_at: "2026-11-22T00:00:00Z", ...more }) as PanicAlarm;
const at = "2026-11-22T00:01:00Z";

describe("an alarm", () => {
  it("has those who come and those who watch", () => {
    const a = alarm({
      told: [
        told("user/police", "police", { answered_at: at, coming: true }),
        told("user/neighbour", "village", { answered_at: at, coming: false }),
        told("user/daughter", "relative", { answered_at: at }),
        told("unit/430525", "desk", { answered_at: at }),
        told("user/other", "village"),
      ],
    });
    expect(coming(a).map((w) => w.who)).toEqual(["user/police"]);
    expect(watching(a).map((w) => w.who)).toEqual(["unit/430525"]);
  });
  it("that was pressed without a network says so", () => {
    expect(lateMs(alarm({ occurred_at: "2026-11-21T23:50:00Z" }))).toBe(600_000);
    expect(lateMs(alarm({ occurred_at: "2026-11-21T23:59:30Z" }))).toBe(0);
  });
});

describe("a patrol plan", () => {
  it("has points that keep their ids", () => {
    const rows = [rowOf({ id: "p1", name: "门", lon: 1, lat: 2, radius_m: 30, checks: ["灯", "锁"] }), rowOf()];
    Object.assign(rows[1]!, { name: " 塘 ", lon: "3", lat: "4", checks: "水位, 警示牌" });
    expect(pointsOf(rows)).toEqual([
      { id: "p1", name: "门", lon: 1, lat: 2, radius_m: 30, checks: ["灯", "锁"] },
      { id: "p2", name: "塘", lon: 3, lat: 4, checks: ["水位", "警示牌"] },
    ]);
  });
  it("says how much of the plan was walked", () => {
    expect(coverageShare({ ticked: 5, wanted: 6 })).toBe("83 %");
    expect(coverageShare({ ticked: 0, wanted: 0 })).toBe("–");
    expect(toCircles([{ id: "a", name: "门", lon: 1, lat: 2, radius_m: 30, done: { at, ok: true } }])[0]).toMatchObject({ label: "1 门", done: true });
  });
});
