import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { areasAt, fetchAreas, noticeIn, readAreas } from "../shared/areas";

const square = (west: number, south: number, size: number) => [
  [west, south],
  [west + size, south],
  [west + size, south + size],
  [west, south + size],
  [west, south],
];
const feature = (id: string, kind: string, parent: string, coordinates: number[][][][]) => ({
  type: "Feature",
  properties: { id, kind, name: `n-${id}`, parent },
  geometry: { type: "MultiPolygon", coordinates },
});
// The grid comes first in the file, and the township has a hole.
const county = {
  notice: "schematic",
  features: [
    feature("A1g", "grid", "A1", [[square(1, 1, 1)]]),
    feature("C", "county", "", [[square(0, 0, 10)]]),
    feature("A", "township", "C", [[square(0, 0, 5), square(3, 3, 1)]]),
    feature("A1", "village", "A", [[square(1, 1, 2)]]),
    { type: "Feature", properties: null, geometry: null },
  ],
};

describe("the map's areas", () => {
  const map = readAreas(county);
  it("are sorted from the county down, and what is no area is left out", () => {
    expect(map.areas.map((a) => a.id)).toEqual(["C", "A", "A1", "A1g"]);
    expect(map.areas[1]!.box).toEqual([0, 0, 5, 5]);
    expect(map.notice).toBe("schematic");
  });
  it("say what they are in one language", () => {
    const both = "示意图：界线不是法定界线。Schematic: the borders have no legal meaning.";
    expect(noticeIn(both, "zh")).toBe("示意图：界线不是法定界线。");
    expect(noticeIn(both, "en")).toBe("Schematic: the borders have no legal meaning.");
    expect(noticeIn("only one", "zh")).toBe("only one");
  });
  it("say in which units a place lies", () => {
    const at = (lon: number, lat: number) => areasAt(map, lon, lat).map((a) => a.id);
    expect(at(1.5, 1.5)).toEqual(["C", "A", "A1", "A1g"]);
    expect(at(2.5, 2.5)).toEqual(["C", "A", "A1"]);
    expect(at(3.5, 3.5)).toEqual(["C"]);
    expect(at(11, 1)).toEqual([]);
  });
});

describe("fetching the map", () => {
  const kept = new Map<string, string>();
  const asked: { url: string; headers: Record<string, string> }[] = [];
  let answer: () => Response;
  beforeEach(() => {
    kept.clear();
    asked.length = 0;
    vi.stubGlobal("localStorage", { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => kept.set(k, v) });
    vi.stubGlobal("fetch", (url: string, init: { headers: Record<string, string> }) => {
      asked.push({ url, headers: init.headers });
      return new Promise<Response>((done) => done(answer()));
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("asks for the surroundings with the token, and keeps them for when the link is down", async () => {
    answer = () => new Response(JSON.stringify(county));
    const ask = { headers: { Authorization: "Bearer t" }, around: "A1 g" };
    expect((await fetchAreas(ask))!.areas).toHaveLength(4);
    expect(asked[0]).toEqual({ url: "/api/v1/map?around=A1%20g", headers: { Authorization: "Bearer t" } });
    answer = () => {
      throw new TypeError("offline");
    };
    expect((await fetchAreas(ask))!.areas).toHaveLength(4);
    await expect(fetchAreas({ around: "A1 g" })).rejects.toThrow("offline");
  });
  it("tells a county without a map from one that cannot be reached", async () => {
    answer = () => new Response("{}", { status: 404 });
    expect(await fetchAreas({})).toBeNull();
    answer = () => new Response("{}", { status: 503 });
    await expect(fetchAreas({})).rejects.toThrow("503");
  });
});
