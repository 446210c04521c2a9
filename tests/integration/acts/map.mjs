// The county's map: a file uploaded and set, seen by everybody in his own measure; what is no map is refused with the
// place of the mistake. Where people are.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";

const square = (lon, lat, size) => [[[lon, lat], [lon + size, lat], [lon + size, lat + size], [lon, lat + size], [lon, lat]]];
const feature = (id, kind, parent, coordinates) => ({ type: "Feature", properties: { id, kind, name: `单位 ${id}`, parent }, geometry: { type: "Polygon", coordinates } });
const map = (...features) => ({ type: "FeatureCollection", notice: "示意图。Schematic.", features });

export async function act({ as, server, AT }) {
  const { url } = server;
  const token = (name) => server.tokens[name];
  const get = async (name, query = "", headers = {}) =>
    fetch(`${url}/api/v1/map${query}`, { headers: { ...(name && { authorization: `Bearer ${token(name)}` }), ...headers } });
  const ids = async (answer) => (await answer.json()).features.map((f) => f.properties.id).sort();
  const upload = async (value) => {
    const text = Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
    const sha256 = createHash("sha256").update(text).digest("hex");
    const put = await fetch(`${url}/api/v1/blobs/${sha256}`, { method: "PUT", body: text, headers: { authorization: `Bearer ${token("admin.system-county")}` } });
    assert.equal(put.status, 201);
    await as("admin.system-county", "blob.commit", { sha256 });
    return sha256;
  };
  const set = (sha256, more) => as("admin.system-county", "map.set", { sha256, ...more });
  const refused = async (value, code, where) =>
    assert.rejects(set(await upload(value)), (e) => {
      assert.equal(e.data.code, code);
      assert.match(e.data.path, where);
      assert.ok(e.data.message_zh && e.data.message_en);
      return true;
    });

  assert.equal((await get()).status, 404);
  await assert.rejects(as("dispatcher-county", "map.get"), (e) => e.data.code === "map.none");
  const county = feature(AT.county, "county", "", square(110, 27, 1));
  const a = feature(AT.A, "township", AT.county, square(110, 27, 0.5));
  const village = feature(AT.A1, "village", AT.A, square(110, 27, 0.25));
  const grid = feature(AT.A1g, "grid", AT.A1, square(110, 27, 0.1));
  const b = feature(AT.B, "township", AT.county, square(110.5, 27, 0.5));

  await refused("{", "map.json", /./);
  await refused({ type: "Feature" }, "map.type", /^type$/);
  await refused(map(county, { ...a, geometry: { type: "Polygon", coordinates: [[[110, 27], [111, 95], [110, 28], [110, 27]]] } }), "map.feature", /^features\[1\]\.geometry\.coordinates\[0\]\[1\]$/);
  await refused(map(county, { ...a, geometry: { type: "Polygon", coordinates: [[[110, 27], [111, 27], [110, 28], [110, 27.5]]] } }), "map.feature", /^features\[1\]\.geometry\.coordinates\[0\]$/);
  await refused(map({ ...county, geometry: { type: "Point", coordinates: [110, 27] } }), "map.feature", /geometry\.type$/);
  await refused(map({ ...county, properties: { id: "no space", kind: "county", name: "x" } }), "map.feature", /properties\.id$/);
  await refused(map(county, county), "map.twice", /features/);
  await refused(map(village), "map.parent", /features/);
  await refused(map(feature("x", "township", "y", square(1, 1, 1)), feature("y", "township", "x", square(1, 1, 1))), "map.circle", /features/);
  await assert.rejects(set("0".repeat(64)), (e) => e.data.code === "blob.unknown");
  assert.equal((await get()).status, 404);

  const first = await upload(map(grid, village, county, a, b));
  assert.equal((await set(first)).areas, 5);
  let answer;
  const until = Date.now() + 10_000;
  do answer = await get();
  while (answer.status !== 200 && Date.now() < until);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type"), /geo\+json/);
  assert.deepEqual(await ids(answer), [AT.county, AT.A, AT.B].sort());
  const all = await get("officer-A1g");
  assert.equal((await all.clone().json()).notice, "示意图。Schematic.");
  assert.equal((await ids(all)).length, 5);
  assert.deepEqual(await ids(await get("officer-A1g", `?around=${encodeURIComponent(AT.A1g)}`)), [AT.A, AT.A1, AT.A1g].sort());
  assert.deepEqual(await ids(await get("", `?around=${AT.A1g}`)), [AT.county, AT.A, AT.B].sort());
  assert.deepEqual(await ids(await get("officer-A1g", "?around=nowhere")), [AT.county, AT.A, AT.B].sort());
  const again = await get("officer-A1g", "", { "if-none-match": all.headers.get("etag") });
  assert.equal(again.status, 304);
  assert.equal(await again.text(), "");
  assert.equal((await get("", "", { "if-none-match": all.headers.get("etag") })).status, 200);
  assert.equal((await fetch(`${url}/api/v1/map`, { method: "POST", body: "" })).status, 405);
  assert.equal((await fetch(`${url}/api/v1/mapped`)).status, 404);

  await set(await upload(map(county, a)), { notice: "新图。Newer." });
  const got = await as("dispatcher-county", "map.get");
  assert.deepEqual([got.n, got.kinds, got.bbox, got.notice], [2, { county: 1, township: 1 }, [110, 27, 111, 28], "新图。Newer."]);

  // Positions: what was said before, in the reader's reach.
  const { rows } = await as("dispatcher-county", "position.list", { limit: 1 });
  assert.ok(rows.length <= 1);
  await assert.rejects(as("officer-A1g", "position.list"), (e) => e.code === -32003);
}
