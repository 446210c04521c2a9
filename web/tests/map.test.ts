import { describe, expect, it, vi } from "vitest";
import { colour, density, RAMP } from "../map/heat";
import { plotsOf } from "../map/ground";
import { followPeople, peopleOf } from "../map/people";
import { mercatorX, mercatorY, nearest, spotsOf, stageOf, toLat, toLon, type MapIncident } from "../map/points";
import { readAreas } from "../shared/areas";

const incident = (n: number, lon: number, lat: number, level = 4, state = "handling"): MapIncident => ({ id: `i${n}`, number: n, lon, lat, level, state, title: "x" });

describe("places on the map", () => {
  it("go there and back", () => {
    expect(toLon(mercatorX(110.5713))).toBeCloseTo(110.5713, 9);
    expect(toLat(mercatorY(27.0639))).toBeCloseTo(27.0639, 9);
  });
  it("find the nearest within reach", () => {
    const [xs, ys] = [Float64Array.of(0, 10, 10), Float64Array.of(0, 0, 0)];
    expect(nearest(xs, ys, 3, 1, 1, 5)).toBe(0);
    expect(nearest(xs, ys, 3, 10, 1, 5)).toBe(2); // the topmost of two
    expect(nearest(xs, ys, 3, 100, 1, 5)).toBe(-1);
  });
});

describe("spots", () => {
  const crowd = Array.from({ length: 40 }, (_, i) => incident(i, 110.5 + i * 2e-4, 27, i === 7 ? 2 : 4, i === 7 ? "handled" : i === 9 ? "reported" : "handling"));
  it("gather what cannot be told apart, in the worst one's name, and lose nobody", () => {
    const spots = spotsOf(crowd, 200);
    expect(spots.reduce((n, s) => n + s.count, 0)).toBe(40);
    expect(spots.length).toBeLessThan(5);
    const worst = spots.find((s) => s.level === 2)!;
    expect(worst.incident.id).toBe("i7");
    expect(worst.stage).toBe("done");
    expect(worst.ids).toContain("i8");
    expect(worst.box![0]).toBeLessThan(worst.box![2]);
  });
  it("part when one looks closer, and never hide level I", () => {
    expect(spotsOf(crowd, 0.4)).toHaveLength(40);
    const spots = spotsOf([...crowd, incident(99, 110.5001, 27, 1, "reported")], 200);
    expect(spots.at(-1)).toMatchObject({ level: 1, count: 1, incident: { id: "i99" } });
  });
  it("do not rearrange themselves when one more comes elsewhere", () => {
    const before = spotsOf(crowd, 100).map((s) => s.ids?.join() ?? s.incident.id);
    const after = spotsOf([...crowd, incident(100, 111, 28)], 100).map((s) => s.ids?.join() ?? s.incident.id);
    expect(after.filter((s) => s !== "i100")).toEqual(before);
  });
  it("know three stages", () => {
    expect(["reported", "returned", "dispatched", "handling", "handled", "suspended"].map(stageOf)).toEqual(["todo", "todo", "going", "going", "done", "done"]);
  });
});

describe("heat", () => {
  it("spreads, adds up, and stays within the raster", () => {
    const one = density([50], [40], 100, 80);
    const two = density([50, 50], [40, 40], 100, 80);
    expect(one[40 * 100 + 50]).toBe(1);
    expect(two[40 * 100 + 50]).toBe(2);
    expect(one[40 * 100 + 55]).toBeGreaterThan(0);
    expect(one[40 * 100 + 62]).toBe(0);
    expect(density([-3, 102, 5000], [-3, 82, 0], 100, 80).every((v) => Number.isFinite(v))).toBe(true);
  });
  it("shows nothing where nothing is, and red where most is", () => {
    const rgba = new Uint8ClampedArray(3 * 4);
    colour(Float64Array.of(0, 1, 9) as unknown as Float32Array, rgba);
    expect(rgba[3]).toBe(0);
    expect([...rgba.slice(8, 12)]).toEqual([...RAMP.slice(255 * 4)]);
    expect(rgba[7]).toBeLessThan(rgba[11]!);
  });
});

describe("outlines", () => {
  it("carry their name where they are, not in their box's middle", () => {
    const l = [[110, 27], [110.4, 27], [110.4, 27.05], [110.05, 27.05], [110.05, 27.4], [110, 27.4], [110, 27]];
    const [plot] = plotsOf(readAreas({ features: [{ properties: { id: "A", kind: "township", name: "A" }, geometry: { type: "Polygon", coordinates: [l] } }] }).areas);
    expect(toLon(plot!.x)).toBeLessThan(110.17);
    expect(toLat(plot!.y)).toBeLessThan(27.17);
    expect(plot!.rings[0]).toHaveLength(14);
    expect(plot!.rings[0]![0]).toBeCloseTo(mercatorX(110), 6);
  });
});

describe("people", () => {
  const row = (user: string, at: string, tasks = 0) => ({ user, display: user, lon: 110, lat: 27, at, on_duty: true, tasks });
  it("are read by pages, kept by the topic, and who is gone goes", async () => {
    vi.useFakeTimers();
    let pages: Record<string, unknown>[] = [
      { rows: [row("a", "2026-01-01T00:00:00.000Z"), row("b", "2026-01-01T00:00:00.000Z")], next: "b" },
      { rows: [row("c", "2026-01-01T00:00:00.000Z")] },
    ];
    const asked: unknown[] = [];
    let hear: (m: { topic: string; params: unknown }) => void = () => undefined;
    const link = {
      state: "up",
      query: (method: string, params: unknown) => (asked.push([method, params]), Promise.resolve(pages.shift())),
      watchVolatile: (fn: typeof hear) => ((hear = fn), () => undefined),
      watchState: () => () => undefined,
    };
    const people = followPeople({ link } as never);
    let changes = 0;
    people.watch(() => changes++);
    await vi.advanceTimersByTimeAsync(10);
    expect([...people.rows.keys()]).toEqual(["a", "b", "c"]);
    expect(asked).toEqual([["position.list", { limit: 1000 }], ["position.list", { limit: 1000, after: "b" }]]);
    const version = people.version;
    hear({ topic: "positions", params: { key: "b", data: { user: "b", lon: 110.5, lat: 27, at: "2026-01-01T00:00:10.000Z" } } });
    hear({ topic: "other", params: { data: { user: "z", lon: 1, lat: 1, at: "" } } });
    expect(people.version).toBe(version + 1);
    expect(people.rows.get("b")).toMatchObject({ display: "b", lon: 110.5 });
    // Read again: b's page is older than what the topic said, but knows of its task; c is gone.
    pages = [{ rows: [row("a", "2026-01-01T00:00:00.000Z"), row("b", "2026-01-01T00:00:05.000Z", 1)] }];
    await vi.advanceTimersByTimeAsync(60_010);
    expect([...people.rows.keys()]).toEqual(["a", "b"]);
    expect(people.rows.get("b")).toMatchObject({ lon: 110.5, tasks: 1 });
    people.stop();
    vi.useRealTimers();
    expect(changes).toBeGreaterThan(3);
  });
  it("can be brought along", () => {
    const people = peopleOf([row("a", "2026-01-01T00:00:00.000Z")]);
    expect(people.rows.get("a")!.x).toBeCloseTo(mercatorX(110), 6);
    people.drop("a");
    people.drop("a");
    expect(people.version).toBe(1);
  });
});
