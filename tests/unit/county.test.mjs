// Checks the data of scripts/packs/dongkou: that the tree is whole, that shapes nest and agree with "the
// nearest grid centre", that accounts fit the tree and the server's roles. Reads files only; no npm package.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseCsv } from '../../scripts/county/csv.mjs';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const PACK = join(TOP, 'scripts', 'packs', 'dongkou');
const text = (name) => readFileSync(join(PACK, name), 'utf8');
const table = (name) => parseCsv(text(name));

const org = table('org.csv');
const users = table('users.csv');
const categories = table('dictionaries/categories.csv');
const map = JSON.parse(text('map.geojson'));
const unit = new Map(org.map((u) => [u.id, u]));
const shape = new Map(map.features.map((f) => [f.properties.id, f.geometry.coordinates]));
const kind = (k) => org.filter((u) => u.kind === k);
const grids = kind('grid');
const at = (u) => [Number(u.lon), Number(u.lat)];
const townshipOf = (id) => `${id.slice(0, 9)}000`;

function metres([lon1, lat1], [lon2, lat2]) {
  const rad = Math.PI / 180;
  const h =
    Math.sin(((lat2 - lat1) * rad) / 2) ** 2 +
    Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lon2 - lon1) * rad) / 2) ** 2;
  return 2 * 6371008.8 * Math.asin(Math.sqrt(h));
}

function inRing(ring, [x, y]) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [[xi, yi], [xj, yj]] = [ring[i], ring[j]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
/* Even-odd over all rings: holes and several pieces come out right. */
const inside = (id, p) =>
  shape
    .get(id)
    .flat()
    .filter((ring) => inRing(ring, p)).length %
    2 ===
  1;

function ringArea(ring) {
  let sum = 0;
  for (let i = 0; i + 1 < ring.length; i++) {
    sum +=
      (ring[i][0] - ring[0][0]) * (ring[i + 1][1] - ring[0][1]) -
      (ring[i + 1][0] - ring[0][0]) * (ring[i][1] - ring[0][1]);
  }
  return sum / 2;
}
const area = (id) =>
  shape
    .get(id)
    .flat()
    .reduce((sum, ring) => sum + ringArea(ring), 0);

function byDistance(p) {
  let [best, second] = [null, null];
  for (const g of grids) {
    const d = metres(p, at(g));
    if (!best || d < best.d) [best, second] = [{ g, d }, best];
    else if (!second || d < second.d) second = { g, d };
  }
  return { best, second };
}

test('the tables are well formed', () => {
  const columns = {
    'org.csv': 'id,parent,kind,name,lon,lat,valid_from',
    'users.csv': 'name,display,roles,org,skills,capacity',
    'dictionaries/categories.csv': 'code,zh,en,skill,level',
    'dictionaries/closing.csv': 'code,zh,en',
    'demo/reports.csv': 'category,title_zh,text_zh,level',
  };
  for (const [name, header] of Object.entries(columns)) {
    assert.equal(text(name).split('\n')[0], header, name);
    for (const row of table(name))
      for (const cell of Object.values(row)) assert.equal(cell, cell.trim(), name);
  }
});

test('pack.lua names files that exist', () => {
  const named = [...text('pack.lua').matchAll(/"([^"]+\.(?:csv|geojson))"/g)].map((m) => m[1]);
  assert.deepEqual(named.sort(), [
    'dictionaries/categories.csv',
    'dictionaries/closing.csv',
    'map.geojson',
    'org.csv',
    'users.csv',
  ]);
  for (const name of named) assert.ok(existsSync(join(PACK, name)), name);
});

test('the county has its units, each once', () => {
  assert.equal(kind('county').length, 1);
  assert.equal(kind('township').length, 24);
  assert.equal(kind('village').length, 364);
  assert.equal(kind('department').length, 15);
  assert.ok(grids.length >= 650, `${grids.length} grids`);
  assert.equal(unit.size, org.length);
  assert.equal(unit.get('430525103000').name, '高沙镇');
  assert.equal(unit.get('430525203207').name, '崇阳坪村');
});

test('every parent exists, stands before its children and is of the right kind', () => {
  const rules = {
    county: [/^430525$/, null],
    department: [/^430525-D(0[1-9]|1[0-5])$/, 'county'],
    township: [/^430525\d{3}000$/, 'county'],
    village: [/^430525\d{6}$/, 'township'],
    grid: [/^430525\d{6}-0[1-3]$/, 'village'],
  };
  const seen = new Set();
  for (const u of org) {
    const [id, above] = rules[u.kind] ?? assert.fail(`${u.id} is a ${u.kind}`);
    assert.match(u.id, id);
    assert.match(u.valid_from, /^\d{4}-\d\d-\d\d$/);
    assert.ok(u.name.length > 0 && Buffer.byteLength(u.name) < 96, u.name);
    if (above) {
      assert.ok(seen.has(u.parent), `${u.id} before its parent`);
      assert.equal(unit.get(u.parent).kind, above);
    } else assert.equal(u.parent, '');
    if (u.kind === 'village') assert.equal(u.parent, townshipOf(u.id));
    if (u.kind === 'grid') assert.equal(u.parent, u.id.slice(0, 12));
    seen.add(u.id);
  }
  for (const v of kind('village'))
    assert.ok(
      grids.some((g) => g.parent === v.id),
      `${v.id} has no grid`,
    );
  for (const t of kind('township'))
    assert.ok(
      kind('village').some((v) => v.parent === t.id),
      `${t.id} has no village`,
    );
});

test('the map is a labelled sketch with closed, rounded, rightly turned rings', () => {
  assert.ok(Buffer.byteLength(text('map.geojson')) < 1.2e6);
  assert.match(map.notice, /示意图/);
  assert.match(map.attribution, /国家统计局/);
  assert.deepEqual(
    [...shape.keys()].sort(),
    org
      .filter((u) => u.kind !== 'department')
      .map((u) => u.id)
      .sort(),
  );
  for (const f of map.features) {
    const { id, name, kind: k, parent } = f.properties;
    const u = unit.get(id);
    assert.deepEqual([k, name, parent], [u.kind, u.name, u.parent]);
    for (const [outer, ...holes] of f.geometry.coordinates) {
      for (const ring of [outer, ...holes]) {
        assert.ok(ring.length >= 4, id);
        assert.deepEqual(ring[0], ring[ring.length - 1]);
        for (const v of ring.flat()) assert.equal(v, Math.round(v * 1e5) / 1e5);
      }
      assert.ok(ringArea(outer) > 0, `${id} outer ring clockwise`);
      for (const hole of holes) assert.ok(ringArea(hole) < 0, `${id} hole counter-clockwise`);
    }
  }
});

test('shapes nest: a unit is exactly its children, and in one piece but for slivers of the outline', () => {
  for (const k of ['county', 'township', 'village']) {
    for (const u of kind(k)) {
      const sum = org
        .filter((c) => c.parent === u.id && c.kind !== 'department')
        .reduce((s, c) => s + area(c.id), 0);
      assert.ok(Math.abs(area(u.id) - sum) < 1e-9, `${u.id}: ${area(u.id)} is not ${sum}`);
      const largest = Math.max(...shape.get(u.id).map((p) => ringArea(p[0])));
      assert.ok(largest > 0.99 * area(u.id), `${u.id} ${u.name} lies in pieces`);
    }
  }
});

test("every point lies in its own shape and in its parent's", () => {
  for (const u of org) {
    assert.match(u.lon, /^11[01]\.\d{1,5}$/);
    assert.match(u.lat, /^2[67]\.\d{1,5}$/);
    if (u.kind !== 'department') assert.ok(inside(u.id, at(u)), `${u.id} ${u.name} outside itself`);
    if (u.parent) assert.ok(inside(u.parent, at(u)), `${u.id} ${u.name} outside ${u.parent}`);
  }
});

test('every grid centre is nearest to itself', () => {
  for (const g of grids) {
    const { best, second } = byDistance(at(g));
    assert.equal(best.g.id, g.id);
    assert.ok(second.d > 100, `${g.id} and ${second.g.id} are ${second.d} m apart`);
  }
});

test('the shape a point lies in is that of the nearest centre, away from borders', () => {
  const [xs, ys] = [0, 1].map((axis) =>
    shape
      .get('430525')
      .flat(2)
      .map((p) => p[axis]),
  );
  const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  let tried = 0;
  for (let i = 0; i < 60; i++) {
    for (let j = 0; j < 60; j++) {
      const p = [west + ((east - west) * (i + 0.37)) / 60, south + ((north - south) * (j + 0.61)) / 60];
      if (!inside('430525', p)) continue;
      const { best, second } = byDistance(p);
      if (second.d - best.d < 20) continue; /* plane and sphere differ by metres */
      tried++;
      assert.ok(
        inside(best.g.id, p) && inside(best.g.parent, p) && inside(townshipOf(best.g.id), p),
        `${p} is not in ${best.g.id}`,
      );
    }
  }
  assert.ok(tried > 1000, `${tried} points`);
});

test('the ten categories are there', () => {
  assert.deepEqual(
    categories.map((c) => c.code),
    [
      'fire',
      'dispute',
      'traffic',
      'sanitation',
      'illegal_building',
      'flood',
      'elder',
      'security',
      'utility',
      'other',
    ],
  );
  for (const c of categories) {
    assert.match(c.level, /^[1-4]$/);
    assert.ok(c.zh && c.en && c.skill);
  }
  const closing = table('dictionaries/closing.csv');
  assert.equal(new Set(closing.map((c) => c.code)).size, closing.length);
});

test('accounts have unique names, known roles and units of the right kind', () => {
  const header = readFileSync(join(TOP, 'core', 'include', 'fengqiao.h'), 'utf8');
  const catalogue = header.slice(header.indexOf('#define FQ_ROLES(X)'), header.indexOf('enum fq_role_bit'));
  const roles = new Set([...catalogue.matchAll(/X\(\w+, "([a-z.]+)"/g)].map((m) => m[1]));
  assert.ok(roles.has('officer'), 'the role catalogue of fengqiao.h was not found');
  const seat = { director: 'township', department: 'department', officer: 'grid' };
  assert.equal(new Set(users.map((u) => u.name)).size, users.length);
  assert.equal(new Set(users.map((u) => u.display)).size, users.length);
  for (const u of users) {
    assert.match(u.name, /^[a-z]+[a-z0-9-]*$/);
    assert.ok(u.display);
    for (const role of u.roles.split(';')) {
      assert.ok(roles.has(role), `${u.name}: ${role}`);
      assert.equal(unit.get(u.org)?.kind, seat[role] ?? 'county', u.name);
    }
  }
  for (const name of ['admin', 'security', 'auditor', 'commander', 'dispatcher', 'dispatcher2']) {
    assert.ok(
      users.some((u) => u.name === name),
      name,
    );
  }
  for (const t of kind('township')) assert.equal(users.find((u) => u.org === t.id)?.name, `director-${t.id}`);
  for (const d of kind('department'))
    assert.equal(users.find((u) => u.org === d.id)?.name, `department-${d.id.slice(-2)}`);
});

test('every grid has its one officer, and every township every skill', () => {
  const skills = new Set(categories.map((c) => c.skill));
  const officers = users.filter((u) => u.roles === 'officer');
  assert.deepEqual(
    officers.map((u) => u.org),
    grids.map((g) => g.id),
  );
  const held = new Map(kind('township').map((t) => [t.id, new Set()]));
  officers.forEach((u, n) => {
    assert.equal(u.name, `officer-${String(n + 1).padStart(4, '0')}`);
    assert.match(u.capacity, /^[1-9]$/);
    const own = u.skills.split(';');
    assert.ok(own.length >= 1 && own.length <= 4 && new Set(own).size === own.length, u.name);
    for (const s of own) {
      assert.ok(skills.has(s), `${u.name}: ${s}`);
      held.get(townshipOf(u.org)).add(s);
    }
  });
  for (const [township, set] of held) assert.equal(set.size, skills.size, `${township} lacks a skill`);
});

test('demo reports are many, varied and about nobody', () => {
  const reports = table('demo/reports.csv');
  assert.ok(reports.length >= 120);
  assert.equal(new Set(reports.map((r) => r.title_zh)).size, reports.length);
  assert.equal(new Set(reports.map((r) => r.text_zh)).size, reports.length);
  for (const c of categories) assert.ok(reports.filter((r) => r.category === c.code).length >= 10, c.code);
  for (const r of reports) {
    assert.ok(
      categories.some((c) => c.code === r.category),
      r.category,
    );
    assert.match(r.level, /^[1-4]$/);
    assert.ok(r.title_zh.length <= 20 && r.text_zh.length >= 15 && r.text_zh.length <= 200, r.title_zh);
    assert.doesNotMatch(r.text_zh, /\d{7}/);
  }
});
